import { type SQL, sql } from 'drizzle-orm'
import type { Applications } from '../applications.ts'

const someDownload = sql`(select hash from atp.downloads offset floor(random() * (select count(*) from atp.downloads)) limit 1)`
const someMedia = sql`(select hash from atp.media offset floor(random() * (select count(*) from atp.media)) limit 1)`
const someLabel = sql`(array['would_watch', 'would_not_watch'])[1 + floor(random() * 2)]::atp.label_type`
const someStatus = sql`(array['parsed', 'downloading', 'downloaded', 'complete'])[1 + floor(random() * 4)]::atp.pipeline_status`

const labelled = (table: SQL) => sql`
  update ${table}
  set label = ${someLabel}, human_labeled = true
  where imdb_id = (select imdb_id from ${table} where label is not null
    offset floor(random() * (select count(*) from ${table} where label is not null)) limit 1)`

/** The pipeline and the person who corrects labels, as they write the old tables and as they may write the new ones. */
export const applications: Applications = {
  legacy: {
    writes: [
      () => sql`update atp.media set pipeline_status = ${someStatus} where hash = ${someMedia}`,
      () => labelled(sql`atp.training`),
      (key) => sql`
        insert into atp.media (hash, media_type, media_title, release_year, original_title, created_at, updated_at)
        values (${key}, 'movie', 'Seen by the old pipeline', 2024, 'Seen.by.the.old.pipeline', now(), now())
        returning hash`,
    ],
  },
  target: {
    writes: [
      () => sql`update atp.downloads set pipeline_status = ${someStatus} where hash = ${someDownload}`,
      () => labelled(sql`atp.media_metadata`),
      (key) => sql`
        insert into atp.downloads (hash, original_title, imdb_id)
        select ${key}, 'Seen.by.the.new.pipeline', imdb_id
        from atp.media_metadata
        offset floor(random() * (select count(*) from atp.media_metadata))
        limit 1
        returning hash`,
    ],
  },
  keyed: sql`select hash as key from atp.media`,
}
