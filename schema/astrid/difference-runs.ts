import { foreignKey, integer, jsonb, numeric, text, uuid, varchar } from 'drizzle-orm/pg-core'
import { differenceRunStatus } from './enums.ts'
import { observations } from './observations.ts'
import { astrid, id, moment, stamps } from './parts.ts'

/** One row a run that subtracts a reference from an observation. */
export const differenceRuns = astrid.table(
  'difference_runs',
  {
    id: id(),
    observationId: uuid().notNull(),
    referenceObservationId: uuid(),
    status: differenceRunStatus()
      .notNull()
      .$default(() => 'PENDING'),
    algorithm: varchar({ length: 50 })
      .notNull()
      .$default(() => 'zogy'),
    parameters: jsonb(),
    differenceImagePath: varchar({ length: 500 }),
    significanceMapPath: varchar({ length: 500 }),
    noiseLevel: numeric({ precision: 10, scale: 6 }),
    detectionThreshold: numeric({ precision: 10, scale: 6 }),
    candidatesFound: integer()
      .notNull()
      .$default(() => 0),
    startedAt: moment(),
    completedAt: moment(),
    processingTimeSeconds: integer(),
    errorMessage: text(),
    retryCount: integer()
      .notNull()
      .$default(() => 0),
    ...stamps,
  },
  (table) => [
    foreignKey({
      name: 'difference_runs_observation_id_fkey',
      columns: [table.observationId],
      foreignColumns: [observations.id],
    }),
    foreignKey({
      name: 'difference_runs_reference_observation_id_fkey',
      columns: [table.referenceObservationId],
      foreignColumns: [observations.id],
    }),
  ],
)
