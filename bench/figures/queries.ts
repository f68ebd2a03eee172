/** A query of the application on the old tables, and what it becomes on the new ones. `$1` is an array of keys. */
export interface Query {
  name: string
  legacy: string
  target: string
  keys?: 'hash' | 'imdb_id' | 'tmdb_id'
}

/** A torrent with all that one media row says, for readers that want the whole row. */
const whole = `
  select d.*, f.parent_path, f.target_path, m.*
  from atp.downloads d
  left join atp.files f on f.hash = d.hash
  left join atp.media_metadata m on m.imdb_id = d.imdb_id`

/** Spec §1: selects with filters, order by created_at, limit and offset, count(*), left joins on hash, lists of tmdb_id. */
export const queries: readonly Query[] = [
  {
    name: 'torrents by hash, whole rows',
    keys: 'hash',
    legacy: 'select * from atp.media where hash = any ($1)',
    target: `${whole} where d.hash = any ($1)`,
  },
  {
    name: 'pipeline state by hash',
    keys: 'hash',
    legacy: 'select hash, pipeline_status, rejection_status from atp.media where hash = any ($1)',
    target: 'select hash, pipeline_status, rejection_status from atp.downloads where hash = any ($1)',
  },
  {
    name: 'left join on hash',
    keys: 'hash',
    legacy: `select w.hash, m.target_path from unnest($1::bpchar[]) as w(hash) left join atp.media m on m.hash = w.hash`,
    target: `select w.hash, f.target_path from unnest($1::bpchar[]) as w(hash) left join atp.files f on f.hash = w.hash`,
  },
  {
    name: 'queue of a pipeline step',
    legacy: `select hash, original_title, original_path, original_link from atp.media
      where pipeline_status = 'paused' order by created_at limit 100`,
    target: `select hash, original_title, original_path, original_link from atp.downloads
      where pipeline_status = 'paused' order by created_at limit 100`,
  },
  {
    name: 'newest torrents, page 11, whole rows',
    legacy: 'select * from atp.media order by created_at desc limit 100 offset 1000',
    target: `${whole} order by d.created_at desc limit 100 offset 1000`,
  },
  {
    name: 'count of torrents',
    legacy: 'select count(*) from atp.media',
    target: 'select count(*) from atp.downloads',
  },
  {
    name: 'count by pipeline status',
    legacy: 'select pipeline_status, count(*) from atp.media group by 1',
    target: 'select pipeline_status, count(*) from atp.downloads group by 1',
  },
  {
    name: 'torrents of tmdb ids, whole rows',
    keys: 'tmdb_id',
    legacy: 'select * from atp.media where tmdb_id = any ($1)',
    target: `${whole} where m.tmdb_id = any ($1)`,
  },
  {
    name: 'labelled titles by imdb id',
    keys: 'imdb_id',
    legacy: 'select * from atp.training where imdb_id = any ($1)',
    target: 'select * from atp.media_metadata where imdb_id = any ($1)',
  },
  {
    name: 'titles of tmdb ids',
    keys: 'tmdb_id',
    legacy: 'select * from atp.training where tmdb_id = any ($1)',
    target: 'select * from atp.media_metadata where tmdb_id = any ($1) and label is not null',
  },
  {
    name: 'labelled by a person, page 1',
    legacy: `select * from atp.training where label = 'would_watch' and human_labeled order by created_at limit 100`,
    target: `select * from atp.media_metadata where label = 'would_watch' and human_labeled order by created_at limit 100`,
  },
  {
    name: 'count of what waits for review',
    legacy: 'select count(*) from atp.training where not reviewed',
    target: 'select count(*) from atp.media_metadata where label is not null and not reviewed',
  },
  {
    name: 'predictions by imdb id',
    keys: 'imdb_id',
    legacy: 'select * from atp.prediction where imdb_id = any ($1)',
    target: 'select * from atp.media_metrics where imdb_id = any ($1)',
  },
  {
    name: 'view movies by imdb id',
    keys: 'imdb_id',
    legacy: 'select * from atp.movies where imdb_id = any ($1)',
    target: `select m.*, p.prediction, p.probability, p.cm_value, p.created_at as prediction_created_at
      from atp.media_metadata m join atp.media_metrics p on p.imdb_id = m.imdb_id
      where m.imdb_id = any ($1) and m.label is not null`,
  },
]
