import { byte, type Fill, ids, oneOf, upTo } from '../../fill.ts'
import { odd } from './json.ts'

const words = ['Deep', 'Wide', 'Silent', 'Dark', 'Northern', 'Golden', 'Last', 'Second']
const moment = `timestamptz '2024-01-01 00:00:00.000001+00' + (${byte(10)} * 65536 + ${byte(11)} * 256 + ${byte(12)}) * interval '1 second'`
const oddTimes = (column: string): Fill['dirt'] => [
  { [column]: `timestamptz '-infinity'` },
  { [column]: `timestamptz '0044-03-15 12:00:00.000001+00 BC'` },
]

/** Ten episodes a title; every third title is a movie, which has one and no season. */
const title = '1 + (n - 1) / 10'
const isMovie = `(${title}) % 3 = 0`

/** Titles, seasons and episodes of a database of so many assets. */
export function titles(rows: number, seed: number): Fill[] {
  const id = ids(seed)
  const count = Math.ceil(rows / 10)
  return [
    {
      table: 'titles',
      numbers: upTo(count),
      clean: {
        id: id('titles', 'n'),
        kind: `(case when n % 3 = 0 then 'MOVIE' else 'SHOW' end)::public.titlekind`,
        name: `${oneOf(1, words)} || ' ' || ${oneOf(2, words)} || ' ' || n`,
        year: `1950 + ${byte(3)} % 75`,
        external_ids: `('{"imdb": "tt' || (1000000 + n) || '", "tmdb": ' || n || '}')::json`,
        created_at: moment,
      },
      dirt: [
        ...odd('external_ids'),
        ...oddTimes('created_at'),
        // of one name and year: nothing says that they are one
        { name: `'Twice'`, year: '1999' },
        { name: `rpad(n || 'äß✓', 255, '天')`, year: 'null' },
        { name: `''`, year: '-1', external_ids: 'null' },
      ],
    },
    {
      table: 'seasons',
      numbers: `select n from generate_series(1, ${count * 2}) as n where (1 + (n - 1) / 2) % 3 <> 0`,
      clean: {
        id: id('seasons', 'n'),
        title_id: id('titles', '1 + (n - 1) / 2'),
        number: '1 + (n - 1) % 2',
        created_at: moment,
      },
      dirt: [
        // a second run of an import: nothing says that a season is there once
        { number: '1' },
        { number: '2' },
        { number: '-1' },
        ...oddTimes('created_at'),
      ],
    },
    {
      table: 'episodes',
      numbers: `select n from generate_series(1, ${rows}) as n where ${isMovie} is false or (n - 1) % 10 = 0`,
      clean: {
        id: id('episodes', 'n'),
        title_id: id('titles', title),
        season_id: `case when not ${isMovie} then ${id('seasons', `2 * (${title}) - 1 + (n - 1) % 10 / 5`)} end`,
        number: `case when not ${isMovie} then 1 + (n - 1) % 5 end`,
        name: `case when ${byte(3)} % 9 > 0 then ${oneOf(1, words)} || ' Episode ' || n end`,
        external_ids: `case when ${byte(4)} % 2 > 0 then ('{"tvdb": ' || n || '}')::json end`,
        created_at: moment,
      },
      dirt: [
        ...odd('external_ids'),
        ...oddTimes('created_at'),
        // the same number of one season again
        { number: '1' },
        { number: '1' },
        { number: 'null', name: `''` },
        // a season of another title than the episode's
        { season_id: id('seasons', '1'), number: '1000 + n' },
        { season_id: 'null' },
      ],
    },
  ]
}

/** Assets, and of which episodes they are. */
export function assets(rows: number, seed: number): Fill[] {
  const id = ids(seed)
  const linked = `select n from generate_series(1, ${rows}) as n where ${isMovie} is false or (n - 1) % 10 = 0`
  return [
    {
      table: 'assets',
      numbers: upTo(rows),
      clean: {
        id: id('assets', 'n'),
        uri: `'file:///media/' || ${oneOf(1, words)} || '/' || n || '.mkv'`,
        size: `1000000 + ${byte(2)} * 65536 + ${byte(3)} * 256`,
        duration_ms: `case when ${byte(4)} % 10 > 0 then 1000 * (60 + ${byte(5)} * 20) end`,
        video_codec: oneOf(6, ['h264', 'hevc', 'av1', 'mpeg2']),
        audio_codec: oneOf(7, ['aac', 'ac3', 'opus']),
        container: oneOf(8, ['mkv', 'mp4']),
        hash_sha256: `case when ${byte(9)} % 2 > 0 then encode(h, 'hex') end`,
        discovered_at: moment,
        canonical: `${byte(13)} % 2 > 0`,
      },
      dirt: [
        ...oddTimes('discovered_at'),
        { discovered_at: `timestamptz 'infinity'` },
        { size: '0', duration_ms: 'null', video_codec: 'null', audio_codec: 'null', container: 'null' },
        { size: '2147483647', duration_ms: '2147483647' },
        { size: '-2147483648', duration_ms: '-1' },
        // one file under two paths
        { hash_sha256: `repeat('a', 64)` },
        { uri: `'file:///' || n || '/' || repeat('lang/', 500) || 'ü ✓''"\\'` },
        { video_codec: `rpad('codec ', 50, '天')`, container: `''` },
      ],
    },
    {
      table: 'episode_assets',
      numbers: linked,
      clean: { episode_id: id('episodes', 'n'), asset_id: id('assets', 'n') },
      dirt: [],
    },
    {
      // a second version of the same episode
      table: 'episode_assets',
      numbers: `select n from (${linked}) as linked where n % 20 = 1 and n > 1`,
      clean: { episode_id: id('episodes', 'n'), asset_id: id('assets', 'n - 1') },
      dirt: [],
    },
  ]
}
