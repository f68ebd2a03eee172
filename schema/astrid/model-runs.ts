import { foreignKey, integer, text, uuid, varchar } from 'drizzle-orm/pg-core'
import { modelRunStatus } from './enums.ts'
import { models } from './models.ts'
import { observations } from './observations.ts'
import { astrid, id, moment, stamps } from './parts.ts'

/** One row an inference of a model, on an observation or on an image of another origin. */
export const modelRuns = astrid.table(
  'model_runs',
  {
    id: id(),
    modelId: uuid().notNull(),
    observationId: uuid(),
    inputImagePath: varchar({ length: 500 }),
    outputMaskPath: varchar({ length: 500 }),
    confidenceMapPath: varchar({ length: 500 }),
    inferenceTimeMs: integer(),
    memoryUsageMb: integer(),
    totalPredictions: integer(),
    highConfidencePredictions: integer(),
    status: modelRunStatus()
      .notNull()
      .$default(() => 'PENDING'),
    startedAt: moment(),
    completedAt: moment(),
    errorMessage: text(),
    ...stamps,
  },
  (table) => [
    foreignKey({ name: 'model_runs_model_id_fkey', columns: [table.modelId], foreignColumns: [models.id] }),
    foreignKey({
      name: 'model_runs_observation_id_fkey',
      columns: [table.observationId],
      foreignColumns: [observations.id],
    }),
  ],
)
