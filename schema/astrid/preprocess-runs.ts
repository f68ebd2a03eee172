import { boolean, foreignKey, integer, jsonb, numeric, text, uuid, varchar } from 'drizzle-orm/pg-core'
import { observations } from './observations.ts'
import { astrid, id, moment, stamps } from './parts.ts'

/** One row a run that calibrates and aligns an observation. Its status is a text, in lower case. */
export const preprocessRuns = astrid.table(
  'preprocess_runs',
  {
    id: id(),
    observationId: uuid().notNull(),
    status: varchar({ length: 50 })
      .notNull()
      .$default(() => 'pending'),
    calibrationApplied: boolean()
      .notNull()
      .$default(() => false),
    wcsAligned: boolean()
      .notNull()
      .$default(() => false),
    registrationQuality: numeric({ precision: 5, scale: 3 }),
    processedFitsPath: varchar({ length: 500 }),
    wcsInfo: jsonb(),
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
      name: 'preprocess_runs_observation_id_fkey',
      columns: [table.observationId],
      foreignColumns: [observations.id],
    }),
  ],
)
