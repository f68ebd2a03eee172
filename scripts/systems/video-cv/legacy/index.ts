import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { Connection } from '../../../database/connect.ts'
import { type Stage, stepsFolder } from '../../../engine/preflight/steps.ts'
import type { Report } from '../../../report.ts'
import type { Options } from '../../generator.ts'
import { video } from '../../video/index.ts'
import { createLegacy as createBefore } from '../../video/legacy/index.ts'

/** The revision that the legacy is at. */
const revision = '002_phase_2_video_mgmt'

/**
 * Fills an empty database with what phase 2.1 leaves: its own legacy, to which the same steps have added the new columns and
 * the jobs, rows that the design's update has filled, and what the application has written since.
 * @throws Refusal where there is a legacy already, or an option makes no sense here
 */
export async function createLegacy(
  connection: Connection,
  options: Options,
  report: Report,
): Promise<{ tables: Record<string, number> }> {
  const before = await createBefore(connection, options, report)
  const jobs = await connection.db.$client.begin(async (sql) => {
    // the steps of stage expand leave the schema public to the path
    await sql.unsafe('set local search_path to public, pg_catalog; set local jit = off')
    await sql.unsafe(step('expand', 'extend'))
    await sql.unsafe(filled)
    await sql.unsafe(step('contract', 'finish'))
    await sql.unsafe(`
      ${written}
      update public.alembic_version set version_num = '${revision}';
      analyze public.videos;
      analyze public.processing_jobs`)
    const [row] = await sql.unsafe('select count(*)::integer as count from public.processing_jobs')
    return row?.count as number
  })
  return { tables: { ...before.tables, processing_jobs: jobs } }
}

/** The text of one step of phase 2.1. */
function step(stage: Stage, name: string): string {
  const folder = stepsFolder(video, stage)
  const found = readMigrationFiles({ migrationsFolder: folder }).find((each) => each.name?.endsWith(`_${name}`))
  if (!found) throw new Error(`${folder} has no step ${name}`)
  return found.sql.join('\n')
}

/** What the design's own update gives the rows that were there. */
const filled = `
  update public.videos as v
  set mall_id = c.mall_id,
    pin_id = v.camera_pin_id,
    filename = v.original_filename,
    original_path = v.file_path,
    upload_status = 'uploaded',
    uploaded_at = v.upload_timestamp at time zone 'UTC',
    updated_at = v.created_at at time zone 'UTC'
  from public.camera_pins as c
  where c.id = v.camera_pin_id`

/** What the application of phase 2.1 has written since: checksums, statuses and jobs, each told by a byte of the key. */
const written = `
  update public.videos
  set checksum_sha256 = encode(sha256(uuid_send(id)), 'hex'),
    upload_status = (array['uploaded', 'uploading', 'failed', 'aborted'])[1 + get_byte(uuid_send(id), 1) % 4],
    fps = 29.97,
    width = 1920,
    height = 1080
  where get_byte(uuid_send(id), 0) % 4 = 0;

  insert into public.processing_jobs (id, video_id, job_type, status, result_data, queued_at)
  select substr(encode(sha256(uuid_send(id) || type::bytea), 'hex'), 1, 32)::uuid, id, type,
    (array['pending', 'running', 'completed', 'failed'])[1 + get_byte(uuid_send(id), 2) % 4],
    case when get_byte(uuid_send(id), 2) % 4 = 2 then '{"scale": 1.0, "thumbnail_path": "s3://a.jpg"}'::jsonb end,
    timestamptz '2025-02-01 12:00:00+00'
  from public.videos
  cross join unnest(array['proxy_generation', 'cv_analysis']) as type
  where get_byte(uuid_send(id), 0) % 4 = 1;`
