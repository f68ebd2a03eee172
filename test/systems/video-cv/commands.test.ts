import { drizzle } from 'drizzle-orm/postgres-js'
import { expect } from 'vitest'
import { relations } from '../../../schema/video-cv/index.ts'
import { run as cli } from '../../cli/run.ts'
import { run } from '../../engine/migration.ts'
import { kit } from '../../schema/kit.ts'
import { test } from '../../support/scratch.ts'
import { id, jobOf, verifiedIn, videoWith } from './migration.ts'

const SYSTEM = 'video-cv'

test('as a person works with it: look, migrate, finish, and back', async ({ database }) => {
  const { url } = database
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await cli(args, url, { SYSTEM })
    return { code, text: stdout + stderr }
  }
  expect(await said('legacy', '--rows', '1000')).toMatchObject({ code: 0, text: expect.stringContaining('videos') })
  expect((await said('plan', '--sql')).text).toMatch(
    /ADD COLUMN IF NOT EXISTS "cv_processed"[\s\S]*fk_videos_cv_job_id/,
  )
  expect(await said('migrate')).toMatchObject({ code: 0, text: expect.stringContaining('Identical') })
  const refused = await kit(['migrate'], url, { SYSTEM, STAGE: 'contract' })
  expect(refused.code).not.toBe(0)
  expect(refused.stdout + refused.stderr).toMatch(/lacks not null of cv_processed.*Next: npm run contract adds it/s)
  expect(await said('contract', '--yes')).toMatchObject({
    code: 0,
    text: expect.stringContaining('nothing was dropped'),
  })
  expect(await kit(['migrate'], url, { SYSTEM, STAGE: 'contract' })).toMatchObject({ code: 0 })
  expect(await said('gate')).toMatchObject({ code: 0, text: expect.stringContaining('its gate holds') })
  await run(database, videoWith(1, { tracklet_count: '9' }))
  expect(await said('rollback')).toMatchObject({
    code: 2,
    text: expect.stringContaining('videos.tracklet_count (1)'),
  })
  expect(await said('rollback', '--yes')).toMatchObject({ code: 0, text: expect.stringContaining('brings them back') })
}, 600_000)

test('the relations tell a video’s jobs from the one that has looked at it', async ({ database }) => {
  await verifiedIn(database)
  await run(database, videoWith(1))
  await run(database, jobOf(1, 11))
  await run(database, jobOf(1, 12))
  await run(database, `update public.videos set cv_job_id = '${id(12)}' where id = '${id(1)}'`)
  const client = database.connection.db.$client
  const found = await drizzle({ client, relations }).query.videos.findFirst({
    where: { id: id(1) },
    with: { mall: true, pin: true, cvJob: true, processingJobs: true },
  })
  expect(found).toMatchObject({
    mall: { id: found?.mallId },
    pin: { id: found?.pinId },
    cvJob: { id: id(12) },
    processingJobs: { length: 2 },
  })
})
