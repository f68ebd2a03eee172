import { randomUUID } from 'node:crypto'
import { and, asc, desc, eq, gte, isNotNull, lt, sql } from 'drizzle-orm'
import type { Gate } from '../../engine/gate/gate.ts'
import { db, finished, legacy } from './tables.ts'

const { videos, processingJobs } = finished
const { malls, cameraPins, users } = legacy
const some = randomUUID()
const bare = '2025-01-01 14:00:00'
const moment = '2025-01-01 14:00:00+00'

const keys = () => ({ mall: randomUUID(), pin: randomUUID(), user: randomUUID(), video: randomUUID() })

const pin = ({ pin: id, mall }: ReturnType<typeof keys>) => ({
  id,
  mallId: mall,
  name: 'example',
  label: 'example',
  locationLat: 1,
  locationLng: 2,
  pinType: 'entrance',
  cameraFps: 15,
  createdAt: bare,
  updatedAt: bare,
})

/** A video as the application of phase 2 writes it: with no column of the old shape alone. */
const upload = ({ pin: pinId, mall: mallId, video: id }: ReturnType<typeof keys>, more: Record<string, unknown> = {}) =>
  ({
    id,
    mallId,
    pinId,
    filename: 'a.mp4',
    originalPath: 's3://a.mp4',
    fileSizeBytes: 1,
    processingStatus: 'pending',
    uploadedAt: moment,
    updatedAt: moment,
    createdAt: bare,
    ...more,
  }) as unknown as typeof videos.$inferInsert

/** What the design has a person verify after the migration, and the applications' queries. */
export const checklist: Gate = {
  name: '2.1',
  about: 'video management',
  steps: [],
  tables: Object.values(finished),
  examples: () => {
    const own = keys()
    const again = () => ({ ...own, video: randomUUID() })
    const checksum = { checksumSha256: 'e3b0c442' }
    return [
      {
        what: 'a mall, a pin and a user',
        write: async (tx) => {
          await tx.insert(malls).values({ id: own.mall, name: 'example', createdAt: bare, updatedAt: bare })
          await tx.insert(cameraPins).values(pin(own))
          await tx.insert(users).values({
            id: own.user,
            email: own.user,
            username: own.user,
            passwordHash: '',
            role: 'MALL_OPERATOR',
            isActive: true,
            createdAt: bare,
          })
        },
      },
      {
        what: 'a video in the new columns alone',
        write: (tx) => tx.insert(videos).values(upload(own, { ...checksum, uploadedByUserId: own.user })),
      },
      {
        what: 'a video in the old columns alone',
        write: (tx) =>
          tx.execute(sql`
            insert into ${videos} (id, camera_pin_id, file_path, original_filename, file_size_bytes, processed,
              processing_status, upload_timestamp, created_at)
            values (${randomUUID()}, ${own.pin}, '/a.mp4', 'a.mp4', 1, false, 'pending', ${bare}, ${bare})`),
      },
      {
        what: 'the same file twice at one pin',
        write: (tx) => tx.insert(videos).values(upload(again(), checksum)),
        refused: { sqlstate: '23505', constraint: 'ix_videos_unique_checksum_pin' },
      },
      {
        what: 'two files of which no checksum is known',
        write: (tx) => tx.insert(videos).values([upload(again()), upload(again())]),
      },
      {
        what: 'an upload that was aborted: a status is not checked',
        write: (tx) => tx.insert(videos).values(upload(again(), { uploadStatus: 'aborted' })),
      },
      {
        what: 'a video of a mall that is not there',
        write: (tx) => tx.insert(videos).values(upload({ ...again(), mall: randomUUID() })),
        refused: { sqlstate: '23503', constraint: 'fk_videos_mall_id' },
      },
      {
        what: 'a video of an uploader who is not there',
        write: (tx) => tx.insert(videos).values(upload(again(), { uploadedByUserId: randomUUID() })),
        refused: { sqlstate: '23503', constraint: 'fk_videos_uploaded_by' },
      },
      {
        what: 'a video without a name',
        write: (tx) => tx.execute(sql`update ${videos} set filename = null where id = ${own.video}`),
        refused: { sqlstate: '23502' },
      },
      {
        what: 'a job',
        write: (tx) => tx.insert(processingJobs).values({ videoId: own.video, jobType: 'proxy_generation' }),
      },
      {
        what: 'a job of no video',
        write: (tx) => tx.insert(processingJobs).values({ videoId: randomUUID(), jobType: 'proxy_generation' }),
        refused: { sqlstate: '23503', constraint: 'processing_jobs_video_id_fkey' },
      },
      {
        what: 'deleting the uploader, whom the video then forgets',
        write: (tx) => tx.delete(users).where(eq(users.id, own.user)),
      },
      {
        what: 'deleting the pin, and with it its videos and their jobs',
        write: (tx) => tx.delete(cameraPins).where(eq(cameraPins.id, own.pin)),
      },
    ]
  },
  queries: [
    {
      what: 'the duplicate of an upload',
      query: db
        .select()
        .from(videos)
        .where(and(eq(videos.checksumSha256, 'a'), eq(videos.pinId, some), isNotNull(videos.checksumSha256)))
        .limit(1),
      index: ['ix_videos_unique_checksum_pin', 'ix_videos_checksum', 'ix_videos_pin_id'],
    },
    {
      what: 'videos of a mall',
      query: db.select().from(videos).where(eq(videos.mallId, some)),
      index: 'ix_videos_mall_id',
    },
    {
      what: 'videos, latest upload first',
      query: db.select().from(videos).orderBy(desc(videos.uploadedAt)).limit(20),
      index: 'ix_videos_uploaded_at',
    },
    {
      what: 'videos recorded since, latest first',
      query: db.select().from(videos).where(gte(videos.recordedAt, moment)).orderBy(desc(videos.recordedAt)).limit(20),
      index: 'ix_videos_recorded_at',
    },
    {
      what: 'videos by the old reference to their pin',
      query: db.select().from(videos).where(eq(videos.cameraPinId, some)),
      index: 'ix_videos_camera_pin_id',
    },
    {
      what: 'uploads under way',
      query: db.select().from(videos).where(eq(videos.uploadStatus, 'uploading')),
      index: 'ix_videos_upload_status',
    },
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
      what: 'pending jobs, oldest first',
      query: db
        .select()
        .from(processingJobs)
        .where(eq(processingJobs.status, 'pending'))
        .orderBy(asc(processingJobs.queuedAt))
        .limit(10),
      index: ['ix_jobs_status', 'ix_jobs_queued_at'],
    },
    {
      what: 'jobs that are stuck',
      query: db
        .select()
        .from(processingJobs)
        .where(and(eq(processingJobs.status, 'running'), lt(processingJobs.startedAt, moment))),
      index: 'ix_jobs_status',
    },
    {
      what: 'the job of a task',
      query: db.select().from(processingJobs).where(eq(processingJobs.celeryTaskId, 'a')),
      index: 'ix_jobs_celery_task_id',
    },
  ],
}
