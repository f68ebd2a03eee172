import { db, legacy, restore } from './tables.ts'

/** A title's metrics are its prediction again. */
export const prediction = restore(legacy.prediction, ({ mediaMetrics }, keys) =>
  db
    .select({
      imdbId: mediaMetrics.imdbId,
      prediction: mediaMetrics.prediction,
      probability: mediaMetrics.probability,
      cmValue: mediaMetrics.cmValue,
      createdAt: mediaMetrics.createdAt,
    })
    .from(mediaMetrics)
    .where(keys.match(mediaMetrics)),
)
