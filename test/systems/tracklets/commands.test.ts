import { drizzle } from 'drizzle-orm/postgres-js'
import { expect } from 'vitest'
import { relations } from '../../../schema/tracklets/index.ts'
import { run as cli } from '../../cli/run.ts'
import { one } from '../../engine/migration.ts'
import { kit } from '../../schema/kit.ts'
import { test } from '../../support/scratch.ts'
import { copyIn, expandIn, legacyIn } from './migration.ts'

const SYSTEM = 'tracklets'

test('as a person works with it: a sample, the plan, all of it, the contract, and back', async ({ database }) => {
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await cli(args, database.url, { SYSTEM })
    return { code, text: stdout + stderr }
  }
  expect(await said('plan')).toMatchObject({ code: 2, text: expect.stringContaining('table = public.tracklets') })
  expect(await said('legacy', '--rows', '300')).toMatchObject({
    code: 0,
    text: expect.stringContaining('legacy of tracklets in'),
  })
  expect(await said('plan')).toMatchObject({ code: 0, text: expect.stringContaining('tracklets_t_out_check') })
  const refused = await kit(['migrate'], database.url, { SYSTEM, STAGE: 'contract' })
  expect(refused.code).not.toBe(0)
  expect(refused.stdout + refused.stderr).toMatch(/tracklets has no target tables yet. Next: npm run migrate/)
  expect(await said('migrate')).toMatchObject({
    code: 0,
    text: expect.stringContaining('tracklets is at phase verified'),
  })
  expect((await said('status')).text).toMatch(/public\.tracklets +300\b/)
  expect(await said('contract', '--yes')).toMatchObject({
    code: 0,
    text: expect.stringContaining('Dropped public.tracklets'),
  })
  expect(await one(database, 'select pg_typeof(outfit_vec)::text from public.tracklets limit 1')).toBe('bytea')
  expect(await said('rollback', '--yes')).toMatchObject({
    code: 0,
    text: expect.stringContaining('They hold everything'),
  })
  expect(await one(database, 'select count(*)::int from public.tracklets')).toBe(300)
}, 180_000)

test('the whole story, with an application on each shape', async ({ database }) => {
  const { code, stdout, stderr } = await cli(['start', '--rows', '2000', '--json'], database.url, { SYSTEM })
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    system: 'tracklets',
    identical: true,
    life: { phase: 'legacy', missing: 0 },
  })
}, 300_000)

test('a database without the tables is told where they come from', async ({ database }) => {
  const refused = await kit(['migrate'], database.url, { SYSTEM })
  expect(refused.code).not.toBe(0)
  expect(refused.stdout + refused.stderr).toContain('Next: SYSTEM=video npx drizzle-kit migrate')
})

test('relational queries follow a tracklet to its pin and to the next', async ({ database }) => {
  await legacyIn(database, { rows: 40, dirt: 0 })
  await expandIn(database)
  await copyIn(database)
  const client = database.connection.db.$client
  const found = await drizzle({ client, relations }).query.associations.findFirst({
    with: { from: { with: { pin: true, video: true, following: true } }, to: { with: { preceding: true } } },
  })
  expect(found).toMatchObject({
    from: { pin: { id: found?.from?.pinId }, video: { id: found?.from?.videoId }, following: [{ id: found?.id }] },
    to: { preceding: [{ id: found?.id }] },
  })
  expect(found?.from?.outfitVec).toHaveLength(24)
})
