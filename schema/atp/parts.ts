import { type SQLWrapper, sql } from 'drizzle-orm'
import { bigint, char, check, integer, numeric, text, timestamp, varchar } from 'drizzle-orm/pg-core'

/**
 * A moment, defaulting to the current one as the plan writes it. That default is right only in a session whose
 * TimeZone is UTC. It is spelled as Postgres prints it, or every diff would see a change.
 */
export const moment = () =>
  timestamp({ withTimezone: true, mode: 'string' }).notNull().default(sql`(CURRENT_TIMESTAMP AT TIME ZONE 'UTC'::text)`)

/** What describes a title: the same 19 columns in media and in training. */
export const metadata = {
  budget: bigint({ mode: 'bigint' }),
  revenue: bigint({ mode: 'bigint' }),
  runtime: integer(),
  originCountry: char({ length: 2 }).array(),
  productionCompanies: varchar({ length: 255 }).array(),
  productionCountries: char({ length: 2 }).array(),
  productionStatus: varchar({ length: 25 }),
  originalLanguage: char({ length: 2 }),
  spokenLanguages: char({ length: 2 }).array(),
  genre: varchar({ length: 20 }).array(),
  originalMediaTitle: varchar({ length: 255 }),
  tagline: varchar({ length: 255 }),
  overview: text(),
  tmdbRating: numeric({ precision: 5, scale: 3 }),
  tmdbVotes: integer(),
  rtScore: integer(),
  metascore: integer(),
  imdbRating: numeric({ precision: 4, scale: 1 }),
  imdbVotes: integer(),
}

/** The columns that describe a title, of a table that has them, in their order. */
export function metadataOf<T extends Record<keyof typeof metadata, unknown>>(table: T): Pick<T, keyof typeof metadata> {
  const names = Object.keys(metadata) as (keyof typeof metadata)[]
  return Object.fromEntries(names.map((name) => [name, table[name]])) as Pick<T, keyof typeof metadata>
}

type Checked<Name extends string> = Readonly<Record<Name, SQLWrapper>>

/** The check on a SHA-1 hash. */
export const hashCheck = (table: string, { hash }: Checked<'hash'>) =>
  check(`${table}_hash_check`, sql`${hash} ~ '^[a-f0-9]+$' and length(${hash}) = 40`)

/** The check on an IMDb id. */
export const imdbIdCheck = (table: string, { imdbId }: Checked<'imdbId'>) =>
  check(`${table}_imdb_id_check`, sql`${imdbId} ~ '^tt[0-9]{7,8}$'`)

/** The checks on a title and its metadata, named as Postgres names them: media, training and media_metadata have them all. */
export const titleChecks = (
  table: string,
  title: Checked<
    | 'imdbId'
    | 'tmdbId'
    | 'releaseYear'
    | 'budget'
    | 'revenue'
    | 'runtime'
    | 'tmdbRating'
    | 'tmdbVotes'
    | 'rtScore'
    | 'metascore'
    | 'imdbRating'
    | 'imdbVotes'
  >,
) => [
  imdbIdCheck(table, title),
  check(`${table}_tmdb_id_check`, sql`${title.tmdbId} > 0`),
  check(`${table}_release_year_check`, sql`${title.releaseYear} between 1850 and 2100`),
  check(`${table}_budget_check`, sql`${title.budget} >= 0`),
  check(`${table}_revenue_check`, sql`${title.revenue} >= 0`),
  check(`${table}_runtime_check`, sql`${title.runtime} >= 0`),
  check(`${table}_tmdb_rating_check`, sql`${title.tmdbRating} between 0 and 10`),
  check(`${table}_tmdb_votes_check`, sql`${title.tmdbVotes} >= 0`),
  check(`${table}_rt_score_check`, sql`${title.rtScore} is null or (${title.rtScore} between 0 and 100)`),
  check(`${table}_metascore_check`, sql`${title.metascore} is null or (${title.metascore} between 0 and 100)`),
  check(`${table}_imdb_rating_check`, sql`${title.imdbRating} is null or (${title.imdbRating} between 0 and 100)`),
  check(`${table}_imdb_votes_check`, sql`${title.imdbVotes} >= 0`),
]
