import { integer, jsonb, text, uuid, varchar } from 'drizzle-orm/pg-core'
import { processingJobStatus } from './enums.ts'
import { astrid, id, moment, stamps } from './parts.ts'

/** One row a job of the workflow, on an entity of any kind. */
export const processingJobs = astrid.table('processing_jobs', {
  id: id(),
  jobType: varchar({ length: 50 }).notNull(),
  entityId: uuid().notNull(),
  entityType: varchar({ length: 50 }).notNull(),
  status: processingJobStatus()
    .notNull()
    .$default(() => 'PENDING'),
  priority: integer()
    .notNull()
    .$default(() => 0),
  workflowId: varchar({ length: 100 }),
  taskId: varchar({ length: 100 }),
  retryCount: integer()
    .notNull()
    .$default(() => 0),
  maxRetries: integer()
    .notNull()
    .$default(() => 3),
  scheduledAt: moment(),
  startedAt: moment(),
  completedAt: moment(),
  errorMessage: text(),
  errorDetails: jsonb(),
  ...stamps,
})
