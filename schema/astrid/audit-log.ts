import { jsonb, text, uuid, varchar } from 'drizzle-orm/pg-core'
import { astrid, createdAt, id } from './parts.ts'

/** One row something that somebody did to an entity of any kind. Never changed, so it has no updated_at. */
export const auditLog = astrid.table('audit_log', {
  id: id(),
  entityType: varchar({ length: 50 }).notNull(),
  entityId: uuid().notNull(),
  action: varchar({ length: 50 }).notNull(),
  userId: varchar({ length: 100 }),
  oldValues: jsonb(),
  newValues: jsonb(),
  changeSummary: text(),
  ipAddress: varchar({ length: 45 }),
  userAgent: text(),
  createdAt: createdAt(),
})
