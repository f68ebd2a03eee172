import type { Options } from '../../../scripts/systems/generator.ts'
import { video } from '../../../scripts/systems/video/index.ts'
import { createLegacy } from '../../../scripts/systems/video/legacy/index.ts'
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
} = stepsOf(video, createLegacy)

/** A legacy, with both shapes alive and proven. */
export async function verifiedIn(database: Scratch, options: Partial<Options> = {}) {
  await legacyIn(database, { rows: 60, dirt: 0, ...options })
  return forwardIn(database)
}

/** All rows of all legacy tables, to the byte; of the one that changes only its old columns. */
export const legacyRows = (database: Scratch) =>
  run(
    database,
    [
      'malls',
      'visitor_profiles',
      'tenants',
      'stores',
      'users',
      'camera_pins',
      'journeys',
      'tracklets',
      'associations',
      '(select id, camera_pin_id, file_path, original_filename, file_size_bytes, duration_seconds, processed, processing_status, upload_timestamp, created_at from public.videos)',
    ]
      .map(
        (table) =>
          `select '${table.slice(0, 20)}' as name, t::text as row from ${table.startsWith('(') ? table : `public.${table}`} as t`,
      )
      .join(' union all ')
      .concat(' order by 1, 2'),
  )

/** One value of the new columns of each video, as the design's own update would give them, and as they are. */
export const asDesigned = `
  select v.id from public.videos as v join public.camera_pins as c on c.id = v.camera_pin_id
  where (v.mall_id, v.pin_id, v.filename, v.original_path, v.upload_status, v.uploaded_at, v.updated_at)
    is distinct from (c.mall_id, v.camera_pin_id, v.original_filename, v.file_path, 'uploaded'::varchar,
      v.upload_timestamp at time zone 'UTC', v.created_at at time zone 'UTC')
    or num_nonnulls(proxy_path, checksum_sha256, width, height, fps, codec, recorded_at, operator_notes, uploaded_by_user_id,
      processing_job_id, processing_error, processing_started_at, processing_completed_at) > 0`

export const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

/** A video in the columns of one shape, of the first pin. */
export const oldVideo = (n: number, more: Record<string, string> = {}) =>
  insert({
    id: `'${id(n)}'`,
    camera_pin_id: '(select id from public.camera_pins order by id limit 1)',
    file_path: `'/data/${n}.mp4'`,
    original_filename: `'${n}.mp4'`,
    file_size_bytes: '1',
    processed: 'false',
    processing_status: `'pending'`,
    upload_timestamp: `'2025-01-01 14:00'`,
    created_at: `'2025-01-01 13:00'`,
    ...more,
  })

export const newVideo = (n: number, more: Record<string, string> = {}) =>
  insert({
    id: `'${id(n)}'`,
    pin_id: '(select id from public.camera_pins order by id limit 1)',
    mall_id: '(select mall_id from public.camera_pins order by id limit 1)',
    original_path: `'s3://${n}.mp4'`,
    filename: `'${n}.mp4'`,
    file_size_bytes: '1',
    processing_status: `'pending'`,
    uploaded_at: `'2025-01-01 14:00+00'`,
    updated_at: `'2025-01-01 15:00+00'`,
    created_at: `'2025-01-01 13:00'`,
    ...more,
  })

const insert = (values: Record<string, string>) =>
  `insert into public.videos (${Object.keys(values).join(', ')}) values (${Object.values(values).join(', ')})`

/** The whole row of a video. */
export async function videoOf(database: Scratch, n: number): Promise<Record<string, unknown>> {
  const [row] = await run(database, `select to_jsonb(v) as row from public.videos as v where id = '${id(n)}'`)
  return row?.row as Record<string, unknown>
}
