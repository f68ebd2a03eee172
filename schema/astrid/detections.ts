import { sql } from 'drizzle-orm'
import { boolean, check, foreignKey, index, integer, jsonb, numeric, uuid, varchar } from 'drizzle-orm/pg-core'
import { detectionStatus, detectionType } from './enums.ts'
import { modelRuns } from './model-runs.ts'
import { observations } from './observations.ts'
import { astrid, id, place, stamps } from './parts.ts'

/** One row an anomaly that a model has found. */
export const detections = astrid.table(
  'detections',
  {
    id: id(),
    modelRunId: uuid().notNull(),
    observationId: uuid().notNull(),
    ...place,
    pixelX: integer().notNull(),
    pixelY: integer().notNull(),
    confidenceScore: numeric({ precision: 5, scale: 4 }).notNull(),
    detectionType: detectionType().notNull(),
    modelVersion: varchar({ length: 50 }).notNull(),
    inferenceTimeMs: integer(),
    predictionMetadata: jsonb(),
    status: detectionStatus()
      .notNull()
      .$default(() => 'PENDING'),
    isValidated: boolean()
      .notNull()
      .$default(() => false),
    validationConfidence: numeric({ precision: 5, scale: 4 }),
    humanLabel: varchar({ length: 50 }),
    ...stamps,
  },
  (table) => [
    foreignKey({ name: 'detections_model_run_id_fkey', columns: [table.modelRunId], foreignColumns: [modelRuns.id] }),
    foreignKey({
      name: 'detections_observation_id_fkey',
      columns: [table.observationId],
      foreignColumns: [observations.id],
    }),
    check('detections_confidence_score_check', sql`${table.confidenceScore} >= 0 and ${table.confidenceScore} <= 1`),
    index('idx_detections_ra_dec').on(table.ra, table.dec),
    index('idx_detections_confidence_score').on(table.confidenceScore),
    index('idx_detections_status').on(table.status),
    index('idx_detections_detection_type').on(table.detectionType),
    index('idx_detections_observation_id').on(table.observationId),
  ],
)
