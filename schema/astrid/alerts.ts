import { foreignKey, integer, jsonb, text, uuid, varchar } from 'drizzle-orm/pg-core'
import { detections } from './detections.ts'
import { alertPriority, alertStatus } from './enums.ts'
import { astrid, id, moment, stamps } from './parts.ts'

/** One row a notification of a detection. */
export const alerts = astrid.table(
  'alerts',
  {
    id: id(),
    detectionId: uuid().notNull(),
    alertType: varchar({ length: 50 }).notNull(),
    priority: alertPriority()
      .notNull()
      .$default(() => 'MEDIUM'),
    title: varchar({ length: 200 }).notNull(),
    message: text().notNull(),
    alertMetadata: jsonb(),
    status: alertStatus()
      .notNull()
      .$default(() => 'PENDING'),
    sentAt: moment(),
    deliveryAttempts: integer()
      .notNull()
      .$default(() => 0),
    errorMessage: text(),
    ...stamps,
  },
  (table) => [
    foreignKey({ name: 'alerts_detection_id_fkey', columns: [table.detectionId], foreignColumns: [detections.id] }),
  ],
)
