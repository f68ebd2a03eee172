import { type SQL, sql } from 'drizzle-orm'
import type { Applications } from '../applications.ts'

const some = (table: SQL): SQL =>
  sql`(select id from ${table} offset floor(random() * (select count(*) from ${table})) limit 1)`
const someVideo = some(sql`public.videos`)
const somePin = some(sql`public.camera_pins`)
const someStatus = sql`(array['pending', 'processing', 'completed', 'failed'])[1 + floor(random() * 4)]`

/** A key of forty hexadecimal digits as an id; the path of the file has it whole. */
const asId = (key: string): SQL => sql`substr(${key}::text, 1, 32)::uuid`

/** The application before phase 2, which knows ten columns, and the one that uploads in parts and knows the new ones. */
export const applications: Applications = {
  legacy: {
    writes: [
      () => sql`update public.videos set processing_status = ${someStatus}, processed = false where id = ${someVideo}`,
      () => sql`update public.videos set original_filename = 'renamed ' || random() where id = ${someVideo}`,
      () => sql`update public.videos set camera_pin_id = ${somePin} where id = ${someVideo}`,
      (key) => sql`
        insert into public.videos (id, camera_pin_id, file_path, original_filename, file_size_bytes, processed,
          processing_status, upload_timestamp, created_at)
        select ${asId(key)}, ${somePin}, '/data/' || ${key}::text, 'old.mp4', 1, false, 'pending', now() at time zone 'UTC',
          now() at time zone 'UTC'
        returning id`,
    ],
  },
  target: {
    writes: [
      () => sql`
        update public.videos
        set upload_status = 'uploaded', checksum_sha256 = md5(random()::text), uploaded_at = now(), updated_at = now()
        where id = ${someVideo}`,
      () => sql`update public.videos set processing_status = ${someStatus}, updated_at = now() where id = ${someVideo}`,
      () => sql`
        insert into public.processing_jobs (video_id, job_type)
        select id, 'proxy_generation'
        from public.videos
        where id = ${someVideo}`,
      (key) => sql`
        insert into public.videos (id, mall_id, pin_id, filename, original_path, file_size_bytes, processing_status,
          upload_status, uploaded_at, updated_at, created_at)
        select ${asId(key)}, mall_id, id, 'new.mp4', 's3://videos/' || ${key}::text, 1, 'pending', 'uploading', now(), now(),
          now() at time zone 'UTC'
        from public.camera_pins
        where id = ${somePin}
        returning id`,
    ],
  },
  keyed: sql`select right(file_path, 40) as key from public.videos`,
}
