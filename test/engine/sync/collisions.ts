import { legacyTables } from '../copying.ts'

/** A statement of an application, and the side that it writes to. */
export interface Statement {
  side: 'legacy' | 'target'
  text: string
}

/** Values to choose from, so few that everything collides. */
export interface Pools {
  hashes: string[]
  titles: string[]
}

const literal = (value: unknown) =>
  value === null ? 'null' : typeof value === 'number' ? String(value) : `'${String(value)}'`

/** An endless row of statements of applications on both sides; the same for the same numbers. */
export function collisions({ hashes, titles }: Pools, random: () => number): () => Statement {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const one = (...from: unknown[]) => literal(pick(from))
  const hash = () => literal(pick(hashes))
  const title = () => literal(pick(titles))
  const noTitle = () => (random() < 0.15 ? 'null' : title())
  const tmdb = () => one(null, 1, 2, 3, 4, 5, 6)
  const status = () => one('ingested', 'paused', 'complete', 'rejected')
  const label = () => one('would_watch', 'would_not_watch')
  const time = () => `timestamptz '20${20 + Math.floor(random() * 5)}-01-01'`

  const legacy: (() => string)[] = [
    () => `update media set pipeline_status = ${status()} where hash = ${hash()}`,
    () =>
      `update media set rejection_status = ${one('rejected', 'override')}, rejection_reason = 'so' where hash in (${hash()}, ${hash()})`,
    () => `update media set error_status = ${one(true, false)}, error_condition = 'such' where hash = ${hash()}`,
    () =>
      `update media set media_title = ${one('A', 'B', null)}, season = ${one(1, 2, null, 99999)} where hash = ${hash()}`,
    () => `update media set release_year = ${one(2000, 2024, null, 1700)} where hash = ${hash()}`,
    () => `update media set tmdb_id = ${tmdb()} where hash = ${hash()}`,
    () => `update media set imdb_id = ${noTitle()} where hash in (${hash()}, ${hash()})`,
    () => `update media set hash = ${hash()} where hash = ${hash()}`,
    () => `update media set created_at = ${time()} where hash = ${hash()}`,
    () => `update media set parent_path = ${one('/a', null)}, target_path = ${one('x', null)} where hash = ${hash()}`,
    () =>
      `update media set imdb_id = t.imdb_id from training as t where t.tmdb_id = ${tmdb()} and media.hash = ${hash()}`,
    () => `delete from media where hash in (${hash()}, ${hash()})`,
    () => `insert into media (hash, media_type, media_title, release_year, original_title, imdb_id, tmdb_id, created_at)
      values (${hash()}, 'movie', ${one('A', null)}, ${one(2000, null)}, 'o', ${noTitle()}, ${tmdb()}, ${time()})
      on conflict (hash) do update set imdb_id = excluded.imdb_id, tmdb_id = excluded.tmdb_id, media_title = excluded.media_title`,
    () => `insert into media (hash, media_type, original_title, imdb_id, created_at) values
      (${hash()}, 'unknown', 'o', ${noTitle()}, ${time()}), (${hash()}, 'tv_show', 'p', ${noTitle()}, ${time()})
      on conflict (hash) do nothing`,
    () => `insert into training (imdb_id, tmdb_id, label, media_type, media_title, release_year, created_at)
      values (${title()}, ${tmdb()}, ${label()}, 'movie', 'T', ${one(2000, 2001)}, ${time()})
      on conflict (imdb_id) do update set label = excluded.label, tmdb_id = excluded.tmdb_id where training.human_labeled = false`,
    () =>
      `update training set label = ${label()}, human_labeled = true, reviewed = ${one(true, false, null)} where imdb_id = ${title()}`,
    () => `update training set tmdb_id = ${tmdb()} where imdb_id = ${title()}`,
    () => `update training set imdb_id = ${title()} where imdb_id = ${title()}`,
    () => `delete from training where imdb_id = ${title()}`,
    () => `insert into prediction (imdb_id, prediction, probability, cm_value, created_at)
      values (${title()}, 1, ${one('0.5', '0.50', '7')}, 'tp', ${time()})
      on conflict (imdb_id) do update set probability = excluded.probability`,
    () => `update prediction set imdb_id = ${title()} where imdb_id = ${title()}`,
    () => `delete from prediction where imdb_id = ${title()}`,
  ]
  const target: (() => string)[] = [
    () => `update downloads set pipeline_status = ${status()} where hash = ${hash()}`,
    () => `update downloads set imdb_id = ${noTitle()} where hash = ${hash()}`,
    () => `update downloads set resolution = ${one('720p', '1080p', null)} where hash in (${hash()}, ${hash()})`,
    () => `update downloads set hash = ${hash()} where hash = ${hash()}`,
    () => `insert into downloads (hash, original_title, imdb_id, created_at) values (${hash()}, 'd', ${noTitle()}, ${time()})
      on conflict (hash) do update set imdb_id = excluded.imdb_id`,
    () => `delete from downloads where hash = ${hash()}`,
    () => `update files set resolution = ${one('4k', null)}, parent_path = ${one('/f', null)} where hash = ${hash()}`,
    () => `update files set imdb_id = ${noTitle()} where hash = ${hash()}`,
    () =>
      `insert into files (hash, parent_path, target_path, imdb_id) values (${hash()}, '/n', 't', ${noTitle()}) on conflict do nothing`,
    () => `delete from files where hash = ${hash()}`,
    () => `insert into media_metadata (imdb_id, tmdb_id, media_type, media_title, release_year, label)
      values (${title()}, ${tmdb()}, 'movie', 'M', 2010, ${one(null, 'would_watch')})
      on conflict (imdb_id) do update set tmdb_id = excluded.tmdb_id, label = excluded.label`,
    () => `update media_metadata set media_title = 'Z', season = ${one(null, 3)} where imdb_id = ${title()}`,
    () =>
      `update media_metadata set label = ${one(null, 'would_watch')}, confirmed = ${one(true, false)} where imdb_id = ${title()}`,
    () => `update media_metadata set tmdb_id = ${tmdb()} where imdb_id = ${title()}`,
    () => `delete from media_metadata where imdb_id = ${title()}`,
    () => `insert into media_metrics (imdb_id, prediction, probability, cm_value) values (${title()}, 0, 0.25, 'tn')
      on conflict (imdb_id) do update set probability = 0.75`,
    () => `update media_metrics set probability = ${one(null, '0.5', '0.50')} where imdb_id = ${title()}`,
    () => `delete from media_metrics where imdb_id = ${title()}`,
  ]
  return () => {
    const side = random() < 0.55 ? 'legacy' : 'target'
    return { side, text: pick(side === 'legacy' ? legacy : target)() }
  }
}

/**
 * Whether an error of a statement is its own: what the constraints of the side refuse that it writes to, or lack for ON
 * CONFLICT.
 */
export function isOwnError({ side }: Statement, error: { code?: string; table_name?: string }): boolean {
  const ofLegacy = (legacyTables as readonly string[]).includes(error.table_name ?? '')
  return error.code === '42P10' || (/^23/.test(error.code ?? '') && (side === 'target' || ofLegacy))
}
