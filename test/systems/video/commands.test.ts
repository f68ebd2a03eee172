import { drizzle } from 'drizzle-orm/postgres-js'
import { expect } from 'vitest'
import { relations } from '../../../schema/video/index.ts'
import { run as cli } from '../../cli/run.ts'
import { one, run } from '../../engine/migration.ts'
import { kit } from '../../schema/kit.ts'
import { test } from '../../support/scratch.ts'
import { id, newVideo, verifiedIn } from './migration.ts'

test('as a person works with it: look, migrate, finish, verify, and back', async ({ database }) => {
  const { url } = database
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await cli(args, url, { SYSTEM: 'video' })
    return { code, text: stdout + stderr }
  }
  expect(await said('legacy', '--rows', '1000')).toMatchObject({ code: 0, text: expect.stringContaining('videos') })
  const plan = await said('plan')
  expect(plan).toMatchObject({ code: 0, text: expect.stringContaining('is kept beside them too') })
  const preview = await said('plan', '--sql')
  expect(preview.text).toMatch(/ADD COLUMN IF NOT EXISTS "checksum_sha256"[\s\S]*ADD CONSTRAINT "fk_videos_mall_id"/)
  expect(await said('migrate')).toMatchObject({
    code: 0,
    text: expect.stringContaining('Identical: the legacy columns can be rebuilt exactly'),
  })
  expect(await said('status')).toMatchObject({ text: expect.stringContaining('npm run contract adds what is left') })
  expect(await said('contract', '--yes', '--keep-views')).toMatchObject({ code: 2 })
  expect(await said('sync', '--stop')).toMatchObject({ code: 0 })
  expect(await said('contract', '--yes')).toMatchObject({
    code: 2,
    text: expect.stringContaining('only what is verified'),
  })
  expect(await said('sync')).toMatchObject({ code: 0 })
  expect(await said('copy')).toMatchObject({ code: 0 })
  expect(await said('verify')).toMatchObject({ code: 0 })

  const refused = await kit(['migrate'], url, { SYSTEM: 'video', STAGE: 'contract' })
  expect(refused.code).not.toBe(0)
  expect(refused.stdout + refused.stderr).toMatch(/lacks not null of mall_id.*Next: npm run contract adds it/s)
  expect(await said('contract', '--yes')).toMatchObject({
    code: 0,
    text: expect.stringContaining('nothing was dropped'),
  })
  expect(await kit(['migrate'], url, { SYSTEM: 'video', STAGE: 'contract' })).toMatchObject({ code: 0 })
  expect(await said('gate')).toMatchObject({ code: 0, text: expect.stringContaining('its gate holds') })
  expect(await said('sync', '--stop')).toMatchObject({ code: 2 })

  await run(database, newVideo(1, { checksum_sha256: `'abc'` }))
  const asked = await said('rollback')
  expect(asked).toMatchObject({ code: 2, text: expect.stringContaining('videos.checksum_sha256 (1)') })
  expect(await said('rollback', '--dry-run')).toMatchObject({ text: expect.stringContaining('videos.upload_status') })
  expect(await said('rollback', '--yes')).toMatchObject({ code: 0, text: expect.stringContaining('brings them back') })
  expect(await said('status')).toMatchObject({ text: expect.stringContaining('Archived by a rollback') })
  expect(await said('migrate', '--bulk')).toMatchObject({ code: 0 })
  expect(await one(database, `select checksum_sha256 from public.videos where id = '${id(1)}'`)).toBe('abc')
}, 600_000)

test('a rehearsal plays it all, with a kill -9 in every step', async ({ database }) => {
  await cli(['legacy', '--rows', '2000'], database.url, { SYSTEM: 'video' })
  await database.connection.close() // a template may have no sessions
  const { code, stdout } = await cli(['rehearse', '--into', 'template', '--json'], database.url, { SYSTEM: 'video' })
  const found = JSON.parse(stdout)
  expect([...found.steps, ...found.kills].filter(({ error }) => error)).toEqual([])
  expect(found.comparisons.filter(({ identical }: { identical: boolean }) => !identical)).toEqual([])
  expect(found).toMatchObject({ outcome: 'identical', clone: { differences: [] }, comparisons: { length: 5 } })
  expect(code).toBe(0)
}, 600_000)

test('the relations lead from a video to its mall, its pin by either name, and its jobs', async ({ database }) => {
  await verifiedIn(database)
  await run(database, newVideo(1))
  await run(database, `insert into public.processing_jobs (video_id, job_type) values ('${id(1)}', 'cv_analysis')`)
  const client = database.connection.db.$client
  const found = await drizzle({ client, relations }).query.videos.findFirst({
    where: { id: id(1) },
    with: { mall: true, pin: true, cameraPin: true, processingJobs: true },
  })
  expect(found).toMatchObject({
    mall: { id: found?.mallId },
    pin: { id: found?.cameraPinId },
    cameraPin: { id: found?.pinId },
    processingJobs: [{ jobType: 'cv_analysis' }],
  })
})
