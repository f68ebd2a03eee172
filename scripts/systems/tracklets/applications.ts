import { type SQL, sql } from 'drizzle-orm'
import type { Applications } from '../applications.ts'

const some = (table: SQL) =>
  sql`(select id from ${table} offset floor(random() * (select count(*) from ${table})) limit 1)`

const video = sql`public.videos as v join public.camera_pins as p on p.id = v.camera_pin_id where v.id = ${some(sql`public.videos`)}`

/**
 * The application that sees tracklets in videos, with the old definition and with the new one, which it finds by its
 * search_path before a contract and after it.
 */
export const applications: Applications = {
  legacy: {
    writes: [
      (key) => sql`
        insert into public.tracklets (id, mall_id, pin_id, video_id, track_id, t_in, t_out, outfit_vec, outfit_json, physique, box_stats, quality)
        select left(${key}, 32)::uuid, p.mall_id, p.id, v.id, 1, now() at time zone 'UTC', now() at time zone 'UTC',
          array[random(), random()], jsonb_build_object('key', ${key}::text), '{}', '{}', random()
        from ${video}
        returning id`,
      () => sql`
        update public.tracklets
        set t_out = t_out + interval '1 second', outfit_vec = outfit_vec || random()
        where id = ${some(sql`public.tracklets`)}
          and t_out < timestamp '294276-12-31'
          and coalesce(array_ndims(outfit_vec), 1) = 1`,
      () => sql`
        insert into public.associations (id, mall_id, from_tracklet_id, to_tracklet_id, score, decision, scores, components, candidate_count, created_at)
        select gen_random_uuid(), mall_id, id, ${some(sql`public.tracklets`)}, random(), 'matched', '{}', '{}', 1, now() at time zone 'UTC'
        from public.tracklets
        where id = ${some(sql`public.tracklets`)}`,
    ],
  },
  target: {
    path: 'tracklets, public',
    writes: [
      (key) => sql`
        insert into tracklets (id, mall_id, pin_id, video_id, track_id, t_in, t_out, duration_seconds, outfit_vec, outfit_json, physique, box_stats, quality)
        select left(${key}, 32)::uuid, p.mall_id, p.id, v.id, 1, now(), now() + interval '2 seconds', 2,
          float8send(random()) || float8send(0.5), jsonb_build_object('key', ${key}::text), '{}', '{}', 0.75
        from ${video}
        returning id`,
      () => sql`
        update tracklets
        set quality = round(random()::numeric, 4), outfit_vec = float8send(random())
        where id = ${some(sql`tracklets`)}`,
      () => sql`update associations set decision = 'rejected', score = 0 where id = ${some(sql`associations`)}`,
    ],
  },
  keyed: sql`select outfit_json ->> 'key' as key from public.tracklets where outfit_json ? 'key'`,
}
