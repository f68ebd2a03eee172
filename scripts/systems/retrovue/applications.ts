import { type SQL, sql } from 'drizzle-orm'
import type { Applications } from '../applications.ts'

const some = (table: SQL, of: SQL = sql`true`) =>
  sql`(select id from ${table} where ${of} offset floor(random() * (select count(*) from ${table} where ${of})) limit 1)`

/**
 * The application with the old models, and one with the document's: it writes the same names, and finds the new tables by
 * its search_path before a contract and after it.
 */
export const applications: Applications = {
  legacy: {
    writes: [
      () => sql`update public.assets set canonical = not canonical where id = ${some(sql`public.assets`)}`,
      () => sql`
        update public.review_queue
        set status = 'RESOLVED', resolved_at = now()
        where id = ${some(sql`public.review_queue`, sql`status = 'PENDING'`)}`,
      (key) => sql`
        insert into public.assets (id, uri, size, canonical)
        values (left(${key}, 32)::uuid, 'file:///' || ${key}::text, 0, false)
        returning id`,
      () => sql`
        update public.titles
        set external_ids = '{"tmdb": 1, "imdb": "tt0000001"}', year = 2024
        where id = ${some(sql`public.titles`)}`,
    ],
  },
  target: {
    path: 'retrovue, public',
    writes: [
      () => sql`update assets set size = size + 1, canonical = true where id = ${some(sql`assets`)}`,
      () => sql`update review_queue set status = 'rejected' where id = ${some(sql`review_queue`)}`,
      (key) => sql`insert into assets (uri, size) values ('file:///' || ${key}::text, 5000000) returning id`,
      () => sql`
        insert into markers (asset_id, kind, start_ms, end_ms, payload)
        values (${some(sql`assets`)}, 'ad_break', 0, 30000, '{"seen": "by the new application"}')`,
    ],
  },
  keyed: sql`select substr(uri, 9) as key from public.assets where uri ~ '^file:///[0-9a-f]{40}$'`,
}
