import { and, desc, eq, getColumns, inArray, isNotNull, type SQLWrapper, sql } from 'drizzle-orm'
import { db, derive, target } from './tables.ts'

const first = (a: SQLWrapper, b: SQLWrapper) => sql`coalesce(${a}, ${b})`
const orFalse = (value: SQLWrapper) => sql`coalesce(${value}, false)`

/**
 * A title is its newest media row, completed column by column from its training row. Of media rows of one age the first
 * by hash is the newest, so that the same rows always give the same title.
 */
export const mediaMetadata = derive(target.mediaMetadata, ({ media, training }, keys) => {
  // the winner is picked by narrow columns, in an order that takes no collation; the wide ones are read of winners alone
  const byTitle = sql`${media.imdbId}::text collate "C"`
  const newest = db
    .selectDistinctOn([byTitle], { hash: media.hash })
    .from(media)
    .where(and(isNotNull(media.imdbId), keys.match(media)))
    .orderBy(byTitle, sql`${desc(media.createdAt)} nulls last`, media.hash)
    .as('newest')
  // not joined: the planner would hash the wide side
  const isNewest = inArray(media.hash, sql`(select ${newest.hash} from ${newest})`)
  const title = db
    .select(getColumns(media))
    .from(media)
    .where(and(keys.match(media), isNewest))
    .as('title')
  const labelled = db
    .select(getColumns(training))
    .from(training)
    .where(and(isNotNull(training.imdbId), keys.match(training)))
    .as('labelled')
  return db
    .select({
      imdbId: first(title.imdbId, labelled.imdbId),
      tmdbId: first(title.tmdbId, labelled.tmdbId),
      mediaType: first(title.mediaType, labelled.mediaType),
      mediaTitle: first(title.mediaTitle, labelled.mediaTitle),
      originalMediaTitle: first(title.originalMediaTitle, labelled.originalMediaTitle),
      season: first(title.season, labelled.season),
      episode: first(title.episode, labelled.episode),
      releaseYear: first(title.releaseYear, labelled.releaseYear),
      runtime: first(title.runtime, labelled.runtime),
      budget: first(title.budget, labelled.budget),
      revenue: first(title.revenue, labelled.revenue),
      productionCompanies: first(title.productionCompanies, labelled.productionCompanies),
      productionCountries: first(title.productionCountries, labelled.productionCountries),
      productionStatus: first(title.productionStatus, labelled.productionStatus),
      originCountry: first(title.originCountry, labelled.originCountry),
      originalLanguage: first(title.originalLanguage, labelled.originalLanguage),
      spokenLanguages: first(title.spokenLanguages, labelled.spokenLanguages),
      genre: first(title.genre, labelled.genre),
      overview: first(title.overview, labelled.overview),
      tagline: first(title.tagline, labelled.tagline),
      tmdbRating: first(title.tmdbRating, labelled.tmdbRating),
      tmdbVotes: first(title.tmdbVotes, labelled.tmdbVotes),
      imdbRating: first(title.imdbRating, labelled.imdbRating),
      imdbVotes: first(title.imdbVotes, labelled.imdbVotes),
      rtScore: first(title.rtScore, labelled.rtScore),
      metascore: first(title.metascore, labelled.metascore),
      label: labelled.label,
      humanLabeled: orFalse(labelled.humanLabeled),
      confirmed: orFalse(labelled.confirmed),
      anomalous: orFalse(labelled.anomalous),
      reviewed: orFalse(labelled.reviewed),
      createdAt: first(title.createdAt, labelled.createdAt),
      updatedAt: first(title.updatedAt, labelled.updatedAt),
    })
    .from(title)
    .fullJoin(labelled, eq(title.imdbId, labelled.imdbId))
})
