import type { Context } from '../../../scripts/engine/context.ts'
import { contract } from '../../../scripts/engine/contract/index.ts'
import { type CopyOptions, copy } from '../../../scripts/engine/copy.ts'
import { expand } from '../../../scripts/engine/expand.ts'
import { gates } from '../../../scripts/engine/gate/index.ts'
import { rollback } from '../../../scripts/engine/rollback/index.ts'
import { startSync, stopSync } from '../../../scripts/engine/sync/index.ts'
import { verify } from '../../../scripts/engine/verify.ts'
import { silent } from '../../../scripts/report.ts'
import type { Options } from '../../../scripts/systems/generator.ts'
import { videoCv } from '../../../scripts/systems/video-cv/index.ts'
import { createLegacy } from '../../../scripts/systems/video-cv/legacy/index.ts'
import { run } from '../../engine/migration.ts'
import type { Scratch } from '../../support/scratch.ts'

export const contextOf = ({ connection }: Pick<Scratch, 'connection'>): Context => ({
  system: videoCv,
  connection,
  report: silent,
  signal: new AbortController().signal,
})

export const legacyIn = ({ connection }: Scratch, options: Partial<Options> = {}) =>
  createLegacy(connection, { rows: 1000, dirt: 0.1, seed: 3, ...options }, silent)

export const expandIn = (database: Scratch) => expand(contextOf(database), database.url)

export const syncIn = (database: Scratch) => startSync(contextOf(database))

export const stopIn = (database: Scratch) => stopSync(contextOf(database))

export const copyIn = (database: Scratch, options: Partial<CopyOptions> = {}) =>
  copy(contextOf(database), { bulk: false, batchSize: 150, workers: 2, ...options })

export const verifyIn = (database: Scratch, show = 20) => verify(contextOf(database), { show })

export const contractIn = (database: Scratch) => contract(contextOf(database), { keepViews: false })

export const rollbackIn = (database: Scratch, dryRun = false) => rollback(contextOf(database), { dryRun })

export const gatesIn = (database: Scratch) => gates(videoCv, database.connection.db)

/** Both shapes alive, filled and proven, of the legacy that is there. */
export async function forwardIn(database: Scratch) {
  await expandIn(database)
  await syncIn(database)
  await copyIn(database)
  return verifyIn(database)
}

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
