import type { Case } from './dirt/case.ts'
import { bytes, draw, pick, some, wide } from './draw.ts'
import type { Options } from './options.ts'
import type { Size } from './size.ts'
import { metadata } from './steps/columns.ts'
import * as words from './words.ts'

/** A rare draw: true for about `percent` of the titles. */
const rare = (at: number, percent: number) => `${draw('h', at, 100)} < ${percent}`

/**
 * SQL that makes pg_temp.title: one row a title with everything that its media, training and prediction rows share.
 * Dirty titles are spread evenly; `dirt` is the number of their case.
 *
 * `offset 0` keeps the planner from pulling the subquery up, which would compute the hash again for every column.
 */
export function createTitles(options: Options, size: Size, cases: Case[]): string {
  return `
    create temp table title as
    select
      n, h, dirt, media_rows, in_training, in_prediction, imdb_id::varchar(10), tmdb_id, media_type,
      media_title::varchar(255), season, episode, release_year,
      ${metadata.map(([name, type]) => `${name}::${type}`).join(', ')},
      seen_at
    from (${titles(options, size, cases)}) made;
    create unique index on title (n);
    analyze title`
}

function titles({ seed, version }: Options, size: Size, cases: Case[]): string {
  const twoRows = cases.flatMap((one, index) => (one.rows === 2 ? [index] : []))
  const types = `array['movie', 'movie', 'movie', 'movie', 'movie', 'movie', 'movie', 'tv_show', 'tv_show', 'tv_season',
      'movie', 'movie', 'movie', 'tv_show', 'movie', '${version >= 25 ? 'tv_episode_pack' : 'tv_season'}']`
  return `
    with numbered as (
      select
        n,
        ${bytes(seed, 'title', 'n')} as h,
        ${bytes(seed, 'facts', 'n')} as f,
        ${dirtOf(size, cases.length)} as dirt
      from generate_series(1, ${size.titles + size.trainingOnly}) n
      offset 0
    ), weighed as (
      select *,
        case when n > ${size.titles} then 0 when dirt = any ('{${twoRows.join(',')}}') then 2 else 1 end as base,
        -- Zipf: one title in k weighs k or more, up to 20; titles that training alone knows get no rows
        case when n > ${size.titles} then 0 else 1 + 100 * ((65536 / (1 + ${draw('h', 0, 65536)}) - 1) % 20) end as weight
      from numbered
    ), shared as (
      select *,
        sum(weight) over (order by n) as upto,
        sum(weight) over () as total,
        ${size.identified} - sum(base) over () as extra
      from weighed
    ), typed as (
      select *,
        (base + coalesce(upto * extra / nullif(total, 0), 0)::bigint
          - coalesce((upto - weight) * extra / nullif(total, 0), 0)::bigint)::integer as media_rows,
        (${types})[1 + ${draw('h', 2, 16)}] as media_type,
        ${pick(words.adjectives, 'h', 4)} || ' ' || ${pick(words.nouns, 'h', 6)} || ${pick(words.endings, 'h', 8)} as media_title
      from shared
      offset 0
    )
    select
      n, h, dirt, media_rows,
      ${forced(cases, 'training')} n > ${size.titles} or n * 37 % 50 >= 11 end as in_training,
      ${forced(cases, 'prediction')} (n * 37 + 7) % 50 >= 11 end as in_prediction,
      ${imdbId('n', seed)} as imdb_id,
      case when not ${rare(10, 1)} then n * 7 + ${draw('h', 10, 7)} end as tmdb_id,
      media_type::atp.media_type as media_type,
      media_title,
      case when media_type <> 'movie' then 1 + ${draw('h', 12, 12)} end as season,
      case when media_type = 'tv_show' then 1 + ${draw('h', 14, 24)} end as episode,
      2025 - ${draw('h', 16, 45)} * ${draw('h', 17, 45)} / 20 as release_year,
      case when not ${rare(18, 30)} then ${wide('f', 0)}::bigint % 400000000 end as budget,
      case when not ${rare(18, 35)} then ${wide('f', 4)}::bigint * ${draw('f', 2, 100)} / 60 end as revenue,
      case when not ${rare(19, 4)} then 20 + ${draw('f', 8, 180)} end as runtime,
      ${some(words.countries, 'f', 9, 2)} as origin_country,
      case when not ${rare(20, 6)} then ${some(words.companies, 'f', 10, 4)} end as production_companies,
      case when not ${rare(20, 5)} then ${some(words.countries, 'f', 11, 3)} end as production_countries,
      ${pick(words.productions, 'f', 12)} as production_status,
      ${pick(words.languages, 'f', 13)} as original_language,
      ${some(words.languages, 'f', 13, 3)} as spoken_languages,
      case when not ${rare(21, 3)} then ${some(words.genres, 'f', 14, 4)} end as genre,
      case when ${rare(22, 15)} then ${pick(words.nouns, 'f', 15)} || ' ' || media_title else media_title end as original_media_title,
      case when not ${rare(23, 40)} then ${pick(words.taglines, 'f', 16)} end as tagline,
      ${pick(words.sentences, 'f', 17)} || ' ' || ${pick(words.sentences, 'f', 19)}
        || case when ${draw('f', 21, 3)} > 0 then ' ' || ${pick(words.sentences, 'f', 22)} else '' end
        || case when ${draw('f', 21, 5)} > 1 then ' ' || ${pick(words.sentences, 'f', 24)} else '' end
        || case when ${draw('f', 21, 7)} > 3 then ' ' || ${pick(words.sentences, 'f', 26)} else '' end as overview,
      ${draw('f', 28, 10001)} / 1000.0 as tmdb_rating,
      ${draw('f', 29, 60000)} as tmdb_votes,
      case when not ${rare(24, 45)} then ${draw('f', 30, 101)} end as rt_score,
      case when not ${rare(25, 50)} then ${draw('h', 26, 101)} end as metascore,
      case when not ${rare(26, 8)} then ${draw('h', 27, 1001)} / 10.0 end as imdb_rating,
      case when not ${rare(26, 8)} then ${draw('h', 28, 65536)} * 31 end as imdb_votes,
      timestamptz '2019-03-01 06:00:00+00'
        + ${wide('h', 28)} % 189000000 * interval '1 second'
        + ${wide('h', 24)} % 1000000 * interval '1 microsecond' as seen_at
    from typed`
}

/** The nth of nearly a hundred million identifiers of seven or eight digits; no two are the same, and no order shows. */
export function imdbId(n: string, seed: number): string {
  const number = `1 + ((${n})::bigint * 61803399 + ${Math.abs(seed) % 99_999_988}) % 99999988`
  return `('tt' || to_char(${number}, 'FM90000000'))`
}

/** Start of a `case` that decides for the dirt cases which need a row in `table`, or none. */
function forced(cases: Case[], table: 'training' | 'prediction'): string {
  const numbers = (wanted: boolean) => cases.flatMap((one, index) => (one[table] === wanted ? [index] : [])).join(',')
  return `case when dirt = any ('{${numbers(true)}}') then true when dirt = any ('{${numbers(false)}}') then false else`
}

/** Every titles/dirty-th title is dirty, and the cases take turns. */
function dirtOf({ titles, dirty }: Size, cases: number): string {
  if (dirty === 0) return 'null::integer'
  const index = (n: string) => `((${n})::bigint * ${dirty} / ${titles})`
  return `case
          when n <= ${titles} and ${index('n')} > ${index('n - 1')}
            then (${index('n - 1')} % ${cases})::integer
        end`
}
