import { drizzle } from 'drizzle-orm/postgres-js'
import { expect } from 'vitest'
import { relations } from '../../../schema/retrovue/index.ts'
import { run as cli } from '../../cli/run.ts'
import { one, run } from '../../engine/migration.ts'
import { test } from '../../support/scratch.ts'
import { expandIn, legacyIn } from './migration.ts'

const SYSTEM = 'retrovue'

test('as a person works with it: a sample, the plan, all of it, the contract, and back', async ({ database }) => {
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await cli(args, database.url, { SYSTEM })
    return { code, text: stdout + stderr }
  }
  expect(await said('plan')).toMatchObject({
    code: 2,
    text: expect.stringContaining('npm run migrate makes the new tables where there are no old ones'),
  })
  expect(await said('legacy', '--rows', '300')).toMatchObject({
    code: 0,
    text: expect.stringContaining('legacy of retrovue in'),
  })
  const planned = await said('plan')
  expect(planned).toMatchObject({ code: 0, text: expect.stringContaining('provider_refs_entity_check') })
  // the old tables' own foreign keys are nobody's concern
  expect(planned.text).not.toContain('fk_')
  expect(await said('migrate')).toMatchObject({
    code: 0,
    text: expect.stringContaining('retrovue is at phase verified'),
  })
  const found = await said('status')
  expect(found.text).toMatch(/public\.assets +300\b/)
  expect(found.text).toMatch(/\n +assets +300\b/)
  expect(await said('contract', '--yes', '--keep-views')).toMatchObject({ code: 2 })
  expect(await said('contract', '--yes')).toMatchObject({
    code: 0,
    text: expect.stringContaining('Dropped public.titles'),
  })
  const after = await said('status')
  expect(after.text).not.toContain('public.assets')
  expect(after.text).toMatch(/\n +assets +300\b/)
  expect(await said('migrate')).toMatchObject({ code: 2, text: expect.stringContaining('dropped by the contract') })
  expect(await said('rollback', '--yes')).toMatchObject({
    code: 0,
    text: expect.stringContaining('They hold everything'),
  })
  expect(await one(database, 'select count(*)::int from public.assets')).toBe(300)
}, 180_000)

test('an empty database gets the tables in one command, also in bulk', async ({ database }) => {
  const { code, stdout, stderr } = await cli(['migrate', '--bulk'], database.url, { SYSTEM })
  expect({ code, text: stdout + stderr }).toMatchObject({
    code: 0,
    text: expect.stringContaining('retrovue is at phase contracted'),
  })
  expect(await one(database, `insert into public.titles (kind, name) values ('movie', 'first') returning name`)).toBe(
    'first',
  )
  const back = await cli(['rollback', '--yes'], database.url, { SYSTEM })
  expect(back.code).toBe(0)
  expect(await one(database, 'select kind::text from public.titles')).toBe('MOVIE')
}, 180_000)

test('the whole story, with an application on each shape', async ({ database }) => {
  const { code, stdout, stderr } = await cli(['start', '--rows', '2000', '--json'], database.url, { SYSTEM })
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    system: 'retrovue',
    identical: true,
    life: { phase: 'legacy', missing: 0 },
  })
}, 300_000)

test('relational queries follow an asset to its title, and a title to its assets', async ({ database }) => {
  await legacyIn(database, { rows: 10 })
  await expandIn(database)
  await run(
    database,
    `with title as (insert into retrovue.titles (kind, name) values ('movie', 'one') returning id),
      episode as (insert into retrovue.episodes (title_id) select id from title returning id),
      asset as (insert into retrovue.assets (uri, size) values ('file:///1', 3000000000) returning id)
     insert into retrovue.episode_assets select episode.id, asset.id from episode, asset`,
  )
  const client = database.connection.db.$client
  const [found] = await drizzle({ client, relations }).query.assets.findMany({
    with: { episodes: { with: { title: { with: { episodes: { with: { assets: true } } } } } }, markers: true },
  })
  expect(found).toMatchObject({
    size: 3000000000n,
    markers: [],
    episodes: [{ title: { name: 'one', episodes: [{ assets: [{ uri: 'file:///1' }] }] } }],
  })
})
