import { randomUUID } from 'node:crypto'
import { desc, eq, sql } from 'drizzle-orm'
import type { Gate } from '../../engine/gate/gate.ts'
import { db, finished } from './tables.ts'

const { videos, processingJobs } = finished
const some = randomUUID()

/** What must be so once every video says whether it was looked at; tried on a video that is there. */
export const checklist: Gate = {
  name: '2.2',
  about: 'what a machine has seen in a video',
  steps: [],
  tables: Object.values(finished),
  examples: () => {
    const [own, job, again] = [randomUUID(), randomUUID(), randomUUID()]
    const [pin, mall, bare, moment] = [randomUUID(), randomUUID(), '2025-01-01 14:00:00', '2025-01-01 14:00:00+00']
    /** As the application of phase 2.1 writes it, which knows none of the new columns. */
    const upload = (id: string) => sql`
      insert into public.videos (id, camera_pin_id, file_path, original_filename, file_size_bytes, processed, processing_status,
        upload_timestamp, created_at, mall_id, pin_id, filename, uploaded_at, updated_at)
      values (${id}, ${pin}, '/a.mp4', 'a.mp4', 1, false, 'pending', ${bare}, ${bare}, ${mall}, ${pin}, 'a.mp4', ${moment}, ${moment})`
    const setTo = (column: string, value: string | null) =>
      sql`update public.videos set ${sql.identifier(column)} = ${value} where id = ${own}`
    return [
      {
        what: 'a mall and a pin',
        write: async (tx) => {
          await tx.execute(
            sql`insert into public.malls (id, name, created_at, updated_at) values (${mall}, 'example', ${bare}, ${bare})`,
          )
          await tx.execute(sql`
            insert into public.camera_pins (id, mall_id, name, label, location_lat, location_lng, pin_type, camera_fps, created_at, updated_at)
            values (${pin}, ${mall}, 'example', 'example', 1, 2, 'entrance', 15, ${bare}, ${bare})`)
        },
      },
      { what: 'a video of an application that knows none of the new columns', write: (tx) => tx.execute(upload(own)) },
      {
        what: 'a job of the video',
        write: (tx) => tx.insert(processingJobs).values({ id: job, videoId: own, jobType: 'cv_analysis' }),
      },
      {
        what: 'a video that the job has looked at: each refers to the other',
        write: (tx) =>
          tx.update(videos).set({ cvProcessed: true, trackletCount: 3, cvJobId: job }).where(eq(videos.id, own)),
      },
      {
        what: 'a video that a job which is not there has looked at',
        write: (tx) => tx.execute(setTo('cv_job_id', again)),
        refused: { sqlstate: '23503', constraint: 'fk_videos_cv_job_id' },
      },
      {
        what: 'a video of which it is not known whether it was looked at',
        write: (tx) => tx.execute(setTo('cv_processed', null)),
        refused: { sqlstate: '23502' },
      },
      {
        what: 'a video without a count of its tracklets',
        write: (tx) => tx.execute(setTo('tracklet_count', null)),
        refused: { sqlstate: '23502' },
      },
      {
        what: 'deleting the job, which the video then forgets',
        write: (tx) => tx.delete(processingJobs).where(eq(processingJobs.id, job)),
      },
      {
        what: 'deleting a video that refers to its job, and with it the job',
        write: async (tx) => {
          await tx.insert(processingJobs).values({ id: again, videoId: own, jobType: 'cv_analysis' })
          await tx.update(videos).set({ cvJobId: again }).where(eq(videos.id, own))
          await tx.delete(videos).where(eq(videos.id, own))
        },
      },
    ]
  },
  queries: [
    {
      what: 'jobs of a video, latest first',
      query: db
        .select()
        .from(processingJobs)
        .where(eq(processingJobs.videoId, some))
        .orderBy(desc(processingJobs.queuedAt)),
      index: 'ix_jobs_video_id',
    },
    {
      what: 'the job that has looked at a video',
      query: db
        .select({ id: processingJobs.id })
        .from(videos)
        .innerJoin(processingJobs, eq(processingJobs.id, videos.cvJobId))
        .where(eq(videos.id, some)),
      index: 'videos_pkey',
    },
  ],
}
