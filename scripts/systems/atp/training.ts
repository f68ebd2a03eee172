import { and, isNotNull } from 'drizzle-orm'
import { db, legacy, restore } from './tables.ts'

/** A title with a label is a training row again; one whose label was NULL lives in the complement. */
export const training = restore(legacy.training, ({ mediaMetadata: title }, keys) =>
  db
    .select({
      imdbId: title.imdbId,
      tmdbId: title.tmdbId,
      label: title.label,
      humanLabeled: title.humanLabeled,
      anomalous: title.anomalous,
      reviewed: title.reviewed,
      mediaType: title.mediaType,
      mediaTitle: title.mediaTitle,
      season: title.season,
      episode: title.episode,
      releaseYear: title.releaseYear,
      budget: title.budget,
      revenue: title.revenue,
      runtime: title.runtime,
      originCountry: title.originCountry,
      productionCompanies: title.productionCompanies,
      productionCountries: title.productionCountries,
      productionStatus: title.productionStatus,
      originalLanguage: title.originalLanguage,
      spokenLanguages: title.spokenLanguages,
      genre: title.genre,
      originalMediaTitle: title.originalMediaTitle,
      tagline: title.tagline,
      overview: title.overview,
      tmdbRating: title.tmdbRating,
      tmdbVotes: title.tmdbVotes,
      rtScore: title.rtScore,
      metascore: title.metascore,
      imdbRating: title.imdbRating,
      imdbVotes: title.imdbVotes,
      createdAt: title.createdAt,
      updatedAt: title.updatedAt,
      confirmed: title.confirmed,
    })
    .from(title)
    .where(and(isNotNull(title.label), keys.match(title))),
)
