import { eq, getColumns, sql } from 'drizzle-orm'
import { atp } from './enums.ts'
import { prediction, training } from './legacy.ts'

const { createdAt, updatedAt, ...labelled } = getColumns(training)

/** Every labelled title with its prediction, in 36 columns. */
export const movies = atp.view('movies').as((query) =>
  query
    .select({
      ...labelled,
      trainingCreatedAt: sql<string>`${createdAt}`.as('training_created_at'),
      trainingUpdatedAt: sql<string>`${updatedAt}`.as('training_updated_at'),
      prediction: prediction.prediction,
      probability: prediction.probability,
      cmValue: prediction.cmValue,
      predictionCreatedAt: sql<string>`${prediction.createdAt}`.as('prediction_created_at'),
    })
    .from(training)
    .innerJoin(prediction, eq(prediction.imdbId, training.imdbId)),
)
