import { boolean, foreignKey, integer, uuid } from 'drizzle-orm/pg-core'
import { video } from '../video/parts.ts'
import { processingJobs } from '../video/processing-jobs.ts'
import { finishedColumns, finishedConstraints } from '../video/videos.ts'

/** What is known of a video once it was looked at by a machine, as it is while it is being filled. */
const added = () => ({ cvProcessed: boolean(), trackletCount: integer(), cvJobId: uuid() })

/** The same when every row has it. */
const filled = () => ({
  ...added(),
  cvProcessed: boolean().notNull().default(false),
  trackletCount: integer().notNull().default(0),
})

/** The table of phase 2.1 with the new columns beside its thirty. */
export const videos = video.table('videos', { ...finishedColumns(), ...added() }, (table) =>
  finishedConstraints(table as never),
)

/** The same table when it is done. A video refers to the job that looked at it, and each job to its video. */
export const finishedVideos = video.table('videos', { ...finishedColumns(), ...filled() }, (table) => [
  ...finishedConstraints(table as never),
  foreignKey({
    name: 'fk_videos_cv_job_id',
    columns: [table.cvJobId],
    foreignColumns: [processingJobs.id],
  }).onDelete('set null'),
])
