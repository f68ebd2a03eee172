/** The nineteen columns that media and training share word for word, and that V28 drops from media. */
export const metadata = [
  ['budget', 'bigint', 'production budget in dollars'],
  ['revenue', 'bigint', 'revenue so far in dollars'],
  ['runtime', 'integer', 'running time in minutes'],
  ['origin_country', 'char(2)[]', 'countries of origin, ISO 3166-1'],
  ['production_companies', 'varchar(255)[]', 'companies that produced it'],
  ['production_countries', 'char(2)[]', 'countries where it was produced, ISO 3166-1'],
  ['production_status', 'varchar(25)', 'released, ended, in production and the like'],
  ['original_language', 'char(2)', 'main language, ISO 639'],
  ['spoken_languages', 'char(2)[]', 'languages spoken, ISO 639'],
  ['genre', 'varchar(20)[]', 'genres'],
  ['original_media_title', 'varchar(255)', 'title in the original language'],
  ['tagline', 'varchar(255)', 'advertising line'],
  ['overview', 'text', 'short description of the plot'],
  ['tmdb_rating', 'numeric(5,3)', 'rating by TMDB users, 0 to 10'],
  ['tmdb_votes', 'integer', 'number of TMDB votes'],
  ['rt_score', 'integer', 'Rotten Tomatoes score, 0 to 100'],
  ['metascore', 'integer', 'Metacritic score, 0 to 100'],
  ['imdb_rating', 'numeric(4,1)', 'IMDB rating, 0 to 100'],
  ['imdb_votes', 'integer', 'number of IMDB votes'],
] as const

/** Checks that media and training share, as `column: condition`. */
export const sharedChecks: Record<string, string> = {
  imdb_id: `imdb_id ~ '^tt[0-9]{7,8}$'`,
  tmdb_id: 'tmdb_id > 0',
  release_year: 'release_year between 1850 and 2100',
  budget: 'budget >= 0',
  revenue: 'revenue >= 0',
  runtime: 'runtime >= 0',
  tmdb_rating: 'tmdb_rating between 0 and 10',
  tmdb_votes: 'tmdb_votes >= 0',
  rt_score: 'rt_score is null or (rt_score between 0 and 100)',
  metascore: 'metascore is null or (metascore between 0 and 100)',
  imdb_rating: 'imdb_rating is null or (imdb_rating between 0 and 100)',
  imdb_votes: 'imdb_votes >= 0',
}

/** What production was found without, and V30 adds back: a key, a unique constraint, and the checks of these seven. */
export const missingChecks = [
  'imdb_id',
  'tmdb_id',
  'release_year',
  'rt_score',
  'metascore',
  'imdb_rating',
  'imdb_votes',
]

/** The two timestamps as every table of the time has them. */
export const timestamps = `
  created_at timestamptz default (current_timestamp at time zone 'UTC') not null,
  updated_at timestamptz default (current_timestamp at time zone 'UTC') not null`

/** `alter table … add constraint` for the given columns' shared checks, in one statement: one scan of the table. */
export function addChecks(table: string, columns: readonly string[]): string {
  const adds = columns.map((column) => `add constraint ${table}_${column}_check check (${sharedChecks[column]})`)
  return `alter table atp.${table}\n  ${adds.join(',\n  ')};`
}
