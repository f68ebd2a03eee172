import { boolean, foreignKey, jsonb, text, uuid, varchar } from 'drizzle-orm/pg-core'
import { detections } from './detections.ts'
import { confidenceLevel, detectionQuality, imageQuality } from './enums.ts'
import { astrid, id, stamps } from './parts.ts'

/** One row a person's judgement of a detection. */
export const validationEvents = astrid.table(
  'validation_events',
  {
    id: id(),
    detectionId: uuid().notNull(),
    validatorId: varchar({ length: 100 }).notNull(),
    isValid: boolean().notNull(),
    label: varchar({ length: 50 }),
    confidenceLevel: confidenceLevel(),
    notes: text(),
    tags: jsonb().$type<string[]>(),
    imageQuality: imageQuality(),
    detectionQuality: detectionQuality(),
    ...stamps,
  },
  (table) => [
    foreignKey({
      name: 'validation_events_detection_id_fkey',
      columns: [table.detectionId],
      foreignColumns: [detections.id],
    }),
  ],
)
