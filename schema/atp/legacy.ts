import { sql } from 'drizzle-orm'
import {
  type AnyPgColumn,
  boolean,
  char,
  check,
  index,
  integer,
  numeric,
  smallint,
  text,
  unique,
  varchar,
} from 'drizzle-orm/pg-core'
import { atp, labelType, mediaType, pipelineStatus, rejectionStatus, rssSource } from './enums.ts'
import { hashCheck, imdbIdCheck, metadata, moment, titleChecks } from './parts.ts'

const mediaColumns = {
  hash: char({ length: 40 }).primaryKey(),
  mediaType: mediaType().notNull(),
  mediaTitle: varchar({ length: 255 }),
  season: integer(),
  episode: integer(),
  releaseYear: integer(),
  pipelineStatus: pipelineStatus().notNull().default('ingested'),
  errorStatus: boolean().notNull().default(false),
  errorCondition: text(),
  rejectionStatus: rejectionStatus().notNull().default('unfiltered'),
  rejectionReason: text(),
  parentPath: text(),
  targetPath: text(),
  originalTitle: text().notNull(),
  originalPath: text(),
  originalLink: text(),
  rssSource: rssSource(),
  uploader: varchar({ length: 25 }),
  imdbId: varchar({ length: 10 }),
  tmdbId: integer(),
  ...metadata,
  resolution: varchar({ length: 10 }),
  videoCodec: varchar({ length: 10 }),
  uploadType: varchar({ length: 10 }),
  audioCodec: varchar({ length: 10 }),
  createdAt: moment(),
  updatedAt: moment(),
}

const trainingColumns = {
  imdbId: varchar({ length: 10 }).primaryKey(),
  tmdbId: integer(),
  label: labelType().notNull(),
  humanLabeled: boolean().notNull().default(false),
  anomalous: boolean().notNull().default(false),
  reviewed: boolean().default(false),
  mediaType: mediaType().notNull(),
  mediaTitle: varchar({ length: 255 }).notNull(),
  season: smallint(),
  episode: smallint(),
  releaseYear: smallint().notNull(),
  ...metadata,
  createdAt: moment(),
  updatedAt: moment(),
}

const predictionColumns = {
  imdbId: varchar({ length: 10 }).primaryKey(),
  prediction: smallint().notNull(),
  probability: numeric().notNull(),
  cmValue: char({ length: 2 }).notNull(),
  createdAt: moment(),
}

type Columns<T> = { [K in keyof T]: AnyPgColumn }

const mediaConstraints = (table: Columns<typeof mediaColumns>) => [
  hashCheck('media', table),
  ...titleChecks('media', table),
  index('idx_media_imdb_id').on(table.imdbId),
  index('idx_media_tmdb_id').on(table.tmdbId),
  index('idx_media_pipeline_status').on(table.pipelineStatus),
]

const trainingConstraints = (table: Columns<typeof trainingColumns>) => [
  unique('training_tmdb_id_key').on(table.tmdbId),
  ...titleChecks('training', table),
  index('idx_training_tmdb_id').on(table.tmdbId),
]

const predictionConstraints = (table: Columns<typeof predictionColumns>) => [
  imdbIdCheck('prediction', table),
  check('prediction_prediction_check', sql`${table.prediction} in (0, 1)`),
]

/** One row a torrent: its source, its way through the pipeline, and its title's metadata, at Flyway V23. */
export const media = atp.table('media', mediaColumns, mediaConstraints)

/** One row a labelled title, at Flyway V23. */
export const training = atp.table('training', trainingColumns, trainingConstraints)

/** One row a predicted title, at Flyway V23. */
export const prediction = atp.table('prediction', predictionColumns, predictionConstraints)

/**
 * The same tables for queries that may meet any version of V9 to V32: every column that one of them has, as
 * nullable as its loosest version. For queries alone; no database has this shape, so it is never exported to drizzle-kit.
 */
export const legacyRange = {
  media: atp.table('media', mediaColumns, mediaConstraints),
  // confirmed gave way to reviewed in V10, and label became nullable in V27.
  training: atp.table(
    'training',
    { ...trainingColumns, label: labelType(), confirmed: boolean() },
    trainingConstraints,
  ),
  prediction: atp.table('prediction', predictionColumns, predictionConstraints),
}
