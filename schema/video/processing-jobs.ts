import { sql } from 'drizzle-orm'
import { foreignKey, index, jsonb, primaryKey, text, uuid, varchar } from 'drizzle-orm/pg-core'
import { moment, video } from './parts.ts'
import { videos } from './videos.ts'

/** One row a task that works on a video in the background. */
export const processingJobs = video.table(
  'processing_jobs',
  {
    id: uuid().notNull().default(sql`gen_random_uuid()`),
    videoId: uuid().notNull(),
    jobType: varchar({ length: 50 }).notNull(),
    status: varchar({ length: 20 }).notNull().default('pending'),
    celeryTaskId: varchar({ length: 255 }),
    workerHostname: varchar({ length: 255 }),
    resultData: jsonb(),
    errorMessage: text(),
    queuedAt: moment().notNull().defaultNow(),
    startedAt: moment(),
    completedAt: moment(),
  },
  (table) => [
    primaryKey({ name: 'processing_jobs_pkey', columns: [table.id] }),
    foreignKey({
      name: 'processing_jobs_video_id_fkey',
      columns: [table.videoId],
      foreignColumns: [videos.id],
    }).onDelete('cascade'),
    index('ix_jobs_video_id').on(table.videoId),
    index('ix_jobs_status').on(table.status),
    index('ix_jobs_celery_task_id').on(table.celeryTaskId),
    index('ix_jobs_queued_at').on(table.queuedAt.desc().nullsFirst()),
  ],
)
