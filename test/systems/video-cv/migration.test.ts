import { describe, expect } from 'vitest'
import { plan } from '../../../scripts/engine/preflight/index.ts'
import { status } from '../../../scripts/engine/status.ts'
import { catalogsOf } from '../../engine/catalogs.ts'
import { one, run } from '../../engine/migration.ts'
import { type Scratch, test } from '../../support/scratch.ts'
import * as phase2 from '../video/migration.ts'
import {
  contextOf,
  contractIn,
  copyIn,
  expandIn,
  forwardIn,
  gatesIn,
  id,
  jobOf,
  legacyIn,
  legacyRows,
  rollbackIn,
  seenOf,
  stopIn,
  syncIn,
  verifiedIn,
  verifyIn,
  videoWith,
} from './migration.ts'

const unseen = { cv_processed: false, tracklet_count: 0, cv_job_id: null }

const proven = async (database: Scratch) => {
  const { identical, shown } = await verifyIn(database)
  expect({ identical, shown }).toEqual({ identical: true, shown: [] })
}

describe.concurrent('the new columns are filled', () => {
  test.for([
    { bulk: false, batchSize: 37 },
    { bulk: true },
  ])('as the specification has it, and nothing else is touched: %o', async (options, { database }) => {
    await legacyIn(database, { rows: 1500, dirt: 0.2 })
    const rows = await legacyRows(database)
    await expandIn(database)
    expect(await copyIn(database, options)).toMatchObject({ rows: 1500 })
    const proof = await verifyIn(database)
    expect(proof).toMatchObject({ identical: true, differences: 0 })
    expect(proof.accounts.videos).toMatchObject({ carried: 1500, complemented: 0, quarantined: 0 })
    expect(
      await run(
        database,
        'select cv_processed, tracklet_count, cv_job_id, count(*)::int from public.videos group by 1, 2, 3',
      ),
    ).toEqual([{ ...unseen, count: 1500 }])
    expect(await legacyRows(database)).toEqual(rows)
  })

  test('where phase 2.1 has been, and the plan finds nothing in the way', async ({ database }) => {
    await legacyIn(database, { rows: 60, dirt: 0 })
    const { findings } = await plan(contextOf(database))
    expect(findings.map(({ code }) => code).sort()).toEqual(['disk', 'time', 'untouched'])
  })

  test('not where it has not: what is missing is named', async ({ database }) => {
    await phase2.legacyIn(database, { rows: 60, dirt: 0 })
    const line = expect.stringContaining('public.processing_jobs')
    await expect(plan(contextOf(database))).rejects.toMatchObject({ name: 'Refusal', line })
    await expect(expandIn(database)).rejects.toMatchObject({ name: 'Refusal', line })
  })
})

describe.concurrent('both shapes are in step', () => {
  test('a video of an application that knows none of the new columns was not looked at', async ({ database }) => {
    await verifiedIn(database)
    await run(database, videoWith(1))
    expect(await seenOf(database, 1)).toEqual(unseen)
    await run(database, `update public.videos set upload_status = 'failed' where id = '${id(1)}'`)
    expect(await seenOf(database, 1)).toEqual(unseen)
    await proven(database)
  })

  test('what a machine has seen stays whatever the other application writes, and a job that goes is forgotten', async ({
    database,
  }) => {
    await verifiedIn(database)
    await run(database, videoWith(1, { cv_processed: 'true', tracklet_count: '2' }))
    await run(database, videoWith(2, { tracklet_count: '7' }))
    expect(await seenOf(database, 2)).toEqual({ ...unseen, tracklet_count: 7 })
    await run(database, jobOf(1, 11))
    await run(database, `update public.videos set cv_job_id = '${id(11)}', tracklet_count = 5 where id = '${id(1)}'`)
    await run(database, `update public.videos set original_filename = 'later', processed = true where id = '${id(1)}'`)
    const seen = { cv_processed: true, tracklet_count: 5, cv_job_id: id(11) }
    expect(await seenOf(database, 1)).toEqual(seen)
    await proven(database)
    await contractIn(database)
    expect(await seenOf(database, 1)).toEqual(seen)
    await run(database, `delete from public.processing_jobs where id = '${id(11)}'`)
    expect(await seenOf(database, 1)).toEqual({ ...seen, cv_job_id: null })
    await proven(database)
  })

  test('a video and its job, each of which refers to the other, go together', async ({ database }) => {
    await verifiedIn(database)
    await contractIn(database)
    await run(database, videoWith(1))
    await run(database, jobOf(1, 11))
    await run(database, `update public.videos set cv_job_id = '${id(11)}' where id = '${id(1)}'`)
    await run(database, `delete from public.videos where id = '${id(1)}'`)
    expect(await one(database, `select count(*)::int from public.processing_jobs where id = '${id(11)}'`)).toBe(0)
    await proven(database)
  })
})

describe.concurrent('the whole life', () => {
  for (const phase of ['expanded', 'syncing', 'verified', 'contracted', 'stopped'] as const)
    test(`and back from ${phase}: catalogs and rows are as before`, async ({ database }) => {
      await legacyIn(database, { rows: 300, dirt: 0.2 })
      const before = { rows: await legacyRows(database), catalogs: await catalogsOf(database, ['sluice', 'drizzle']) }
      await expandIn(database)
      if (phase !== 'expanded') await syncIn(database)
      if (phase !== 'expanded' && phase !== 'syncing') {
        await copyIn(database)
        await verifyIn(database)
      }
      if (phase === 'stopped') await stopIn(database)
      if (phase === 'contracted') await contractIn(database)
      expect(await status(contextOf(database))).toMatchObject({ phase: phase === 'stopped' ? 'expanded' : phase })
      expect(await rollbackIn(database)).toMatchObject({ tables: { videos: 300 }, archived: {}, lost: {} })
      expect({
        rows: await legacyRows(database),
        catalogs: await catalogsOf(database, ['sluice', 'drizzle']),
      }).toEqual(before)
      expect(await run(database, `select nspname from pg_namespace where nspname in ('sluice', 'drizzle')`)).toEqual([])
      expect(await forwardIn(database)).toMatchObject({ identical: true })
    })

  test('a rollback keeps what a machine has seen, and forward again it is back, jobs and all', async ({ database }) => {
    await verifiedIn(database)
    await contractIn(database)
    await run(database, videoWith(1))
    await run(database, jobOf(1, 11))
    await run(
      database,
      `update public.videos set cv_processed = true, tracklet_count = 4, cv_job_id = '${id(11)}' where id = '${id(1)}'`,
    )
    const seen = await seenOf(database, 1)
    expect(await rollbackIn(database)).toMatchObject({
      archived: { videos: 1 },
      lost: { 'videos.cv_processed': 1, 'videos.tracklet_count': 1, 'videos.cv_job_id': 1 },
    })
    // the jobs are of the phase before, and stay
    expect(await one(database, `select count(*)::int from public.processing_jobs where id = '${id(11)}'`)).toBe(1)
    expect(await forwardIn(database)).toMatchObject({ identical: true })
    expect(await seenOf(database, 1)).toEqual(seen)
    await contractIn(database)
    expect(await seenOf(database, 1)).toEqual(seen)
  })

  test('in the end everything is as declared, and the checklist holds', async ({ database }) => {
    await legacyIn(database, { rows: 300, dirt: 0.3 })
    await forwardIn(database)
    expect(await contractIn(database)).toMatchObject({ applied: { length: 3 }, dropped: [] })
    const [passed] = await gatesIn(database)
    expect(passed?.checks.filter(({ held }) => !held)).toEqual([])
    expect(passed).toMatchObject({ applied: true, held: true })
  })

  test('a job that is not there is in the way of the contract, and named', async ({ database }) => {
    await verifiedIn(database)
    await run(database, videoWith(1, { cv_job_id: `'${id(9)}'::uuid` }))
    await expect(contractIn(database)).rejects.toThrow(/fk_videos_cv_job_id cannot be made/)
    await run(database, `update public.videos set cv_job_id = null where id = '${id(1)}'`)
    await verifyIn(database)
    await contractIn(database)
  })
})

describe.concurrent('on what Sluice itself has made of phase 2.1', () => {
  test('both steps go on side by side, and back one after the other', async ({ database }) => {
    await phase2.verifiedIn(database)
    await phase2.contractIn(database)
    const before = await catalogsOf(database, ['sluice', 'drizzle'])
    expect(await forwardIn(database)).toMatchObject({ identical: true })
    await contractIn(database)
    // an application of phase 1, which knows ten columns
    await run(database, phase2.oldVideo(1))
    expect(await phase2.videoOf(database, 1)).toMatchObject({ filename: '1.mp4', upload_status: 'uploaded', ...unseen })
    await run(database, phase2.newVideo(2, { cv_processed: 'true', tracklet_count: '3' }))
    expect(await phase2.videoOf(database, 2)).toMatchObject({ original_filename: '2.mp4', tracklet_count: 3 })
    await run(
      database,
      'update public.camera_pins set mall_id = (select id from public.malls where id <> camera_pins.mall_id order by id limit 1)',
    )
    await proven(database)
    expect(await phase2.verifyIn(database)).toMatchObject({ identical: true })
    await expect(phase2.rollbackIn(database)).rejects.toThrow(/something depends on the new columns/)

    expect(await rollbackIn(database)).toMatchObject({ archived: { videos: 1 } })
    expect(await catalogsOf(database, ['sluice', 'drizzle'])).toEqual(before)
    // the first step's triggers are there still
    await run(database, phase2.oldVideo(3))
    expect(await phase2.videoOf(database, 3)).toMatchObject({ filename: '3.mp4', upload_status: 'uploaded' })
    expect(await phase2.verifyIn(database)).toMatchObject({ identical: true })
    await phase2.rollbackIn(database)
  })
})
