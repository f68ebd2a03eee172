import type { Options } from '../../../scripts/systems/generator.ts'
import { videoCv } from '../../../scripts/systems/video-cv/index.ts'
import { createLegacy } from '../../../scripts/systems/video-cv/legacy/index.ts'
import { run } from '../../engine/migration.ts'
import type { Scratch } from '../../support/scratch.ts'
import { stepsOf } from '../steps.ts'

export const {
  contextOf,
  legacyIn,
  expandIn,
  syncIn,
  stopIn,
  copyIn,
  verifyIn,
  contractIn,
  rollbackIn,
  gatesIn,
  forwardIn,
} = stepsOf(videoCv, createLegacy)

/** A legacy, with both shapes alive and proven. */
export async function verifiedIn(database: Scratch, options: Partial<Options> = {}) {
  await legacyIn(database, { rows: 60, dirt: 0, ...options })
  return forwardIn(database)
}

/** All rows of the tables that the step touches or leaves alone, to the byte; of the one that changes only its thirty columns. */
export const legacyRows = (database: Scratch) =>
  run(
    database,
    `select 'videos' as name, (to_jsonb(v) - '{cv_processed,tracklet_count,cv_job_id}'::text[])::text as row from public.videos as v
     union all select 'processing_jobs', t::text from public.processing_jobs as t
     union all select 'tracklets', t::text from public.tracklets as t
     union all select 'associations', t::text from public.associations as t
     order by 1, 2`,
  )

export const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

/** A video as the application of phase 2.1 writes it, and with what is given of the new columns. */
export const videoWith = (n: number, more: Record<string, string> = {}) => {
  const values = {
    id: `'${id(n)}'`,
    camera_pin_id: 'id',
    file_path: `'/data/${n}.mp4'`,
    original_filename: `'${n}.mp4'`,
    file_size_bytes: '1',
    processed: 'false',
    processing_status: `'pending'`,
    upload_timestamp: `'2025-01-01 14:00'::timestamp`,
    created_at: `'2025-01-01 13:00'::timestamp`,
    mall_id: 'mall_id',
    pin_id: 'id',
    filename: `'${n}.mp4'`,
    uploaded_at: `'2025-01-01 14:00+00'::timestamptz`,
    updated_at: `'2025-01-01 15:00+00'::timestamptz`,
    ...more,
  }
  return `insert into public.videos (${Object.keys(values).join(', ')})
    select ${Object.values(values).join(', ')} from public.camera_pins order by id limit 1`
}

export const jobOf = (n: number, job: number) =>
  `insert into public.processing_jobs (id, video_id, job_type) values ('${id(job)}', '${id(n)}', 'cv_analysis')`

/** The new columns of a video. */
export async function seenOf(database: Scratch, n: number): Promise<Record<string, unknown> | undefined> {
  const [row] = await run(
    database,
    `select cv_processed, tracklet_count, cv_job_id from public.videos where id = '${id(n)}'`,
  )
  return row
}
