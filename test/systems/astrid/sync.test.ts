import { expect } from 'vitest'
import { startSync, stopSync } from '../../../scripts/engine/sync/index.ts'
import { catalogsOf } from '../../engine/catalogs.ts'
import { one, run } from '../../engine/migration.ts'
import { test } from '../../support/scratch.ts'
import {
  backTo,
  contextOf,
  copyIn,
  expandIn,
  gatesIn,
  legacyIn,
  placeholder,
  rollbackIn,
  verifyIn,
} from './migration.ts'

test('placeholder and surveys are kept in step, while the system grows on', async ({ database }) => {
  await legacyIn(database, { rows: 200 })
  const before = await catalogsOf(database)
  await expandIn(database, { phases: 1 })
  await startSync(contextOf(database))
  await copyIn(database, { batchSize: 30 })
  expect(await verifyIn(database)).toMatchObject({ identical: true })
  await run(
    database,
    `insert into public.example_models (id, name) values ('d0000000-0000-4000-8000-000000000001', 'old way');
     insert into public.surveys (id, name, base_url, is_active) values ('d0000000-0000-4000-8000-000000000002', 'new way', 'https://example.org', false);
     update public.example_models set description = 'of the old way' where name = 'old way';
     update public.surveys set api_endpoint = '/api', description = 'of the new way' where name = 'old way'`,
  )
  expect(
    await run(
      database,
      `select name, description from public.example_models where id::text like 'd0000000%' order by id`,
    ),
  ).toEqual([
    { name: 'old way', description: 'of the new way' },
    { name: 'new way', description: null },
  ])
  expect(
    await run(
      database,
      `select name, api_endpoint, is_active from public.surveys where id::text like 'd0000000%' order by id`,
    ),
  ).toEqual([
    { name: 'old way', api_endpoint: '/api', is_active: true },
    { name: 'new way', api_endpoint: null, is_active: false },
  ])
  expect(await verifyIn(database)).toMatchObject({ identical: true })

  await expandIn(database)
  expect((await gatesIn(database)).every(({ held }) => held)).toBe(true)
  await run(database, `delete from public.surveys where name = 'new way'`)
  expect(await one(database, `select count(*)::int from public.example_models where name = 'new way'`)).toBe(0)
  expect(await verifyIn(database)).toMatchObject({ identical: true })
  await backTo(database, '2')
  const rows = await placeholder(database)
  expect(await stopSync(contextOf(database))).toEqual({ stopped: true })
  expect((await gatesIn(database)).filter(({ applied, held }) => applied && !held)).toEqual([])
  expect(await rollbackIn(database)).toMatchObject({ archived: { surveys: 1 } })
  expect(await placeholder(database)).toEqual(rows)
  expect(await catalogsOf(database, ['sluice'])).toEqual(before)
})

test('a name that must be there and be unique changes hands', async ({ database }) => {
  await legacyIn(database, { rows: 20 })
  await expandIn(database, { phases: 1 })
  await startSync(contextOf(database))
  await copyIn(database, { batchSize: 30 })
  const id = (letter: string) => `d0000000-0000-4000-8000-00000000000${letter}`
  const names = async () =>
    Object.fromEntries(
      (
        await run(
          database,
          `select right(id::text, 1) as id, name from public.surveys where id::text like 'd0000000%' order by 1`,
        )
      ).map((row) => [row.id, row.name]),
    )
  const inStep = async () => {
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    expect(await one(database, `select count(*)::int from sluice.quarantine where scope = 'family'`)).toBe(0)
  }
  await run(
    database,
    `insert into public.example_models (id, name) values ('${id('b')}', 'one'), ('${id('c')}', 'two')`,
  )
  await run(database, `insert into public.example_models (id, name) values ('${id('a')}', 'one')`)
  expect(await names()).toEqual({ a: 'one', c: 'two' })
  await inStep()
  await run(
    database,
    `update public.example_models set name = case name when 'one' then 'two' else 'one' end where name in ('one', 'two') and id <> '${id('b')}'`,
  )
  expect(await names()).toEqual({ a: 'two', b: 'one' })
  await inStep()
  await run(database, `delete from public.example_models where id = '${id('a')}'`)
  await run(database, `update public.surveys set name = 'three' where id = '${id('b')}'`)
  expect(await names()).toEqual({ b: 'three', c: 'one' })
  await inStep()
})
