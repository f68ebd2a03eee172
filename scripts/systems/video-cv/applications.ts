import { type SQL, sql } from 'drizzle-orm'
import type { Applications } from '../applications.ts'

const someVideo = sql`(select id from public.videos offset floor(random() * (select count(*) from public.videos)) limit 1)`
const somePin = sql`(select id from public.camera_pins offset floor(random() * (select count(*) from public.camera_pins)) limit 1)`

/** A video with all that phase 2.1 demands, and with what is given of the new columns. */
const upload = (key: string, more: { names: SQL; values: SQL } = { names: sql``, values: sql`` }) => sql`
  insert into public.videos (id, camera_pin_id, file_path, original_filename, file_size_bytes, processed, processing_status,
    upload_timestamp, created_at, mall_id, pin_id, filename, original_path, uploaded_at, updated_at ${more.names})
  select substr(${key}::text, 1, 32)::uuid, id, '/data/' || ${key}::text, 'a.mp4', 1, false, 'pending', now() at time zone 'UTC',
    now() at time zone 'UTC', mall_id, id, 'a.mp4', '/data/' || ${key}::text, now(), now() ${more.values}
  from public.camera_pins
  where id = ${somePin}
  returning id`

/** The application of phase 2.1, which knows thirty columns, and the one whose machine looks at videos. */
export const applications: Applications = {
  legacy: {
    writes: [
      () =>
        sql`update public.videos set upload_status = 'uploaded', checksum_sha256 = md5(random()::text), updated_at = now() where id = ${someVideo}`,
      () => sql`insert into public.processing_jobs (video_id, job_type) select ${someVideo}, 'proxy_generation'`,
      // not one that a video refers to: the contract would refuse to make the reference's foreign key
      () =>
        sql`delete from public.processing_jobs where id = (select id from public.processing_jobs where job_type = 'proxy_generation' limit 1)`,
      (key) => upload(key),
    ],
  },
  target: {
    writes: [
      () => sql`
        with job as (
          insert into public.processing_jobs (video_id, job_type, status)
          select ${someVideo}, 'cv_analysis', 'completed'
          returning id, video_id)
        update public.videos as v
        set cv_processed = true,
          tracklet_count = floor(random() * 9),
          cv_job_id = job.id
        from job
        where v.id = job.video_id`,
      (key) => upload(key, { names: sql`, cv_processed, tracklet_count`, values: sql`, true, 2` }),
    ],
  },
  keyed: sql`select right(file_path, 40) as key from public.videos`,
}
