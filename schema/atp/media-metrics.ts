import { sql } from 'drizzle-orm'
import { char, check, foreignKey, index, numeric, smallint, varchar } from 'drizzle-orm/pg-core'
import { atp } from './enums.ts'
import { mediaMetadata } from './media-metadata.ts'
import { moment } from './parts.ts'

/** One row a predicted title. */
export const mediaMetrics = atp.table(
  'media_metrics',
  {
    imdbId: varchar({ length: 10 }).primaryKey(),
    prediction: smallint(),
    probability: numeric(),
    cmValue: char({ length: 2 }),
    createdAt: moment(),
  },
  (table) => [
    foreignKey({ name: 'media_metrics_imdb_id_fkey', columns: [table.imdbId], foreignColumns: [mediaMetadata.imdbId] }),
    check('media_metrics_prediction_check', sql`${table.prediction} in (0, 1)`),
    check('media_metrics_probability_check', sql`${table.probability} between 0 and 1`),
    index('idx_media_metrics_created_at').on(table.createdAt),
  ],
)
