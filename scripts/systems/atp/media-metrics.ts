import { db, derive, target } from './tables.ts'

/** A prediction is its title's metrics. */
export const mediaMetrics = derive(target.mediaMetrics, ({ prediction }, keys) =>
  db
    .select({
      imdbId: prediction.imdbId,
      prediction: prediction.prediction,
      probability: prediction.probability,
      cmValue: prediction.cmValue,
      createdAt: prediction.createdAt,
    })
    .from(prediction)
    .where(keys.match(prediction)),
)
