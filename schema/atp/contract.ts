import { eq, getColumns, isNotNull, sql } from 'drizzle-orm'
import { atp } from './enums.ts'
import { mediaMetadata } from './media-metadata.ts'
import { mediaMetrics } from './media-metrics.ts'
import { metadataOf } from './parts.ts'

/** What exists at stage contract: the target alone, with the view that the old applications read, and the ledger. */
export * from '../ledger.ts'
export * from './downloads.ts'
export * from './enums.ts'
export * from './files.ts'
export * from './media-metadata.ts'
export * from './media-metrics.ts'

const title = getColumns(mediaMetadata)
const metrics = getColumns(mediaMetrics)

/** Every labelled title with its prediction, in the 36 columns that it has always had: a title with a label is what training was. */
export const movies = atp.view('movies').as((query) =>
  query
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
      ...metadataOf(title),
      trainingCreatedAt: sql<string>`${title.createdAt}`.as('training_created_at'),
      trainingUpdatedAt: sql<string>`${title.updatedAt}`.as('training_updated_at'),
      prediction: metrics.prediction,
      probability: metrics.probability,
      cmValue: metrics.cmValue,
      predictionCreatedAt: sql<string>`${metrics.createdAt}`.as('prediction_created_at'),
    })
    .from(mediaMetadata)
    .innerJoin(mediaMetrics, eq(mediaMetrics.imdbId, mediaMetadata.imdbId))
    .where(isNotNull(title.label)),
)
