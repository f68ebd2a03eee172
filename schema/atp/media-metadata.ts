import { bigint, boolean, char, index, integer, numeric, smallint, text, unique, varchar } from 'drizzle-orm/pg-core'
import { atp, labelType, mediaType } from './enums.ts'
import { moment, titleChecks } from './parts.ts'

/** One row a title: what it is, how it is rated, and its training label. */
export const mediaMetadata = atp.table(
  'media_metadata',
  {
    imdbId: varchar({ length: 10 }).primaryKey(),
    tmdbId: integer(),
    mediaType: mediaType().notNull(),
    mediaTitle: varchar({ length: 255 }).notNull(),
    originalMediaTitle: varchar({ length: 255 }),
    season: smallint(),
    episode: smallint(),
    releaseYear: smallint().notNull(),
    runtime: integer(),
    budget: bigint({ mode: 'bigint' }),
    revenue: bigint({ mode: 'bigint' }),
    productionCompanies: varchar({ length: 255 }).array(),
    productionCountries: char({ length: 2 }).array(),
    productionStatus: varchar({ length: 25 }),
    originCountry: char({ length: 2 }).array(),
    originalLanguage: char({ length: 2 }),
    spokenLanguages: char({ length: 2 }).array(),
    genre: varchar({ length: 20 }).array(),
    overview: text(),
    tagline: varchar({ length: 255 }),
    tmdbRating: numeric({ precision: 5, scale: 3 }),
    tmdbVotes: integer(),
    imdbRating: numeric({ precision: 4, scale: 1 }),
    imdbVotes: integer(),
    rtScore: integer(),
    metascore: integer(),
    label: labelType(),
    humanLabeled: boolean().notNull().default(false),
    confirmed: boolean().notNull().default(false),
    anomalous: boolean().notNull().default(false),
    reviewed: boolean().notNull().default(false),
    createdAt: moment(),
    updatedAt: moment(),
  },
  (table) => [
    unique('media_metadata_tmdb_id_key').on(table.tmdbId),
    ...titleChecks('media_metadata', table),
    // Besides the unique constraint's own index, because the plan names both.
    index('idx_media_metadata_tmdb_id').on(table.tmdbId),
    index('idx_media_metadata_media_type').on(table.mediaType),
    index('idx_media_metadata_release_year').on(table.releaseYear),
    index('idx_media_metadata_label').on(table.label),
  ],
)
