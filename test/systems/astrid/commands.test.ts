import { drizzle } from 'drizzle-orm/postgres-js'
import { expect } from 'vitest'
import { relations } from '../../../schema/astrid/index.ts'
import { run as cli } from '../../cli/run.ts'
import { run } from '../../engine/migration.ts'
import { kit } from '../../schema/kit.ts'
import { test } from '../../support/scratch.ts'
import { copyIn, expandIn, legacyIn, observed } from './migration.ts'

test('as a person works with it: a sample, phase by phase, all of it, back one phase, and all the way', async ({
  database,
}) => {
  const { url } = database
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await cli(args, url, { SYSTEM: 'astrid' })
    return { code, text: stdout + stderr }
  }
  expect(await said('legacy', '--rows', '200')).toMatchObject({
    code: 0,
    text: expect.stringContaining('legacy of astrid in'),
  })
  const first = await said('gate', '--next')
  expect(first).toMatchObject({ code: 0, text: expect.stringContaining('Phase 1, core foundation: its gate holds') })
  expect(first.text).toContain('Next: npm run gate -- --next applies phase 2')
  expect(await said('status')).toMatchObject({ text: expect.stringContaining('Grown: 1 of 5 phases; next is phase 2') })

  await run(database, 'drop index public.idx_observations_status')
  const broken = await said('gate')
  expect(broken).toMatchObject({
    code: 2,
    text: expect.stringContaining('idx_observations_status is missing: index (status)'),
  })
  const refused = await said('gate', '--next')
  expect(refused).toMatchObject({ code: 2, text: expect.stringContaining('the gate of phase 1 does not hold') })
  expect(refused.text.trim().split('\n')).toHaveLength(1)
  expect(await said('migrate')).toMatchObject({ code: 2 })
  await run(database, 'create index idx_observations_status on public.observations (status)')

  expect(await said('migrate')).toMatchObject({ code: 0, text: expect.stringContaining('Phase 5, what was promised') })
  const all = await cli(['gate', '--json'], url, { SYSTEM: 'astrid' })
  expect(JSON.parse(all.stdout)).toMatchObject({ system: 'astrid', held: true, phases: { length: 5 } })
  expect(await said('rollback', '--to', '2', '--dry-run')).toMatchObject({
    code: 0,
    text: expect.stringContaining('Nothing was changed'),
  })
  expect(await said('rollback', '--to', '2')).toMatchObject({ code: 2 })
  expect(await said('rollback', '--to', '2', '--yes')).toMatchObject({
    code: 0,
    text: expect.stringContaining('Back at phase 2'),
  })
  expect(await said('status')).toMatchObject({ text: expect.stringContaining('Grown: 2 of 5 phases') })
  expect(await said('rollback', '--yes')).toMatchObject({
    code: 0,
    text: expect.stringContaining('Back at the legacy tables'),
  })
  expect(await said('gate')).toMatchObject({ code: 0, text: expect.stringContaining('not applied yet') })
}, 180_000)

test('a table of the same name that another system has made is named, and nothing is applied', async ({ database }) => {
  await legacyIn(database, { rows: 20 })
  await run(database, `create table public.processing_jobs (id uuid primary key, video_id uuid not null)`)
  const SYSTEM = 'astrid'
  const plan = await cli(['plan'], database.url, { SYSTEM })
  const line = plan.stdout.split('\n').filter((each) => each.includes('processing_jobs'))
  expect(line).toEqual([
    expect.stringMatching(
      /public\.processing_jobs exists already, with another shape \(.*video_id is not declared\), and was not made by Sluice\. Rename it/,
    ),
  ])
  expect(plan.stdout).toContain('Stops the migration')
  const refused = [
    await cli(['migrate'], database.url, { SYSTEM }),
    await kit(['migrate'], database.url, { SYSTEM }),
  ].map(({ code, stderr }) => ({ code, lines: stderr.split('\n').filter((each) => each.includes('Next: ')) }))
  const next = expect.stringMatching(/^a target table already exists.*public\.processing_jobs.*Next: rename or drop/)
  expect(refused).toEqual([
    { code: 2, lines: [next] },
    { code: 2, lines: [next] },
  ])
  expect(await run(database, `select nspname from pg_namespace where nspname in ('sluice', 'drizzle')`)).toEqual([])
}, 180_000)

test('a system that does not grow in phases has no gates', async ({ database }) => {
  const { code, stderr } = await cli(['gate'], database.url)
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'this system does not grow in phases (SYSTEM = atp). Next: npm run migrate\n',
  })
})

test('relational queries follow an observation to its survey and back', async ({ database }) => {
  await legacyIn(database, { rows: 5, dirt: 0 })
  await expandIn(database)
  await copyIn(database)
  await observed(database)
  const client = database.connection.db.$client
  const [found] = await drizzle({ client, relations }).query.observations.findMany({
    with: { survey: { with: { observations: true } }, detections: true },
  })
  expect(found).toMatchObject({ observationId: 'one', survey: { observations: { length: 1 } }, detections: [] })
})
