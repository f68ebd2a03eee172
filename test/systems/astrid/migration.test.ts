import { describe, expect } from 'vitest'
import { contract } from '../../../scripts/engine/contract/index.ts'
import { plan } from '../../../scripts/engine/preflight/index.ts'
import { status } from '../../../scripts/engine/status.ts'
import { Refusal } from '../../../scripts/errors.ts'
import { catalogsOf } from '../../engine/catalogs.ts'
import * as atp from '../../engine/migration.ts'
import { one, run } from '../../engine/migration.ts'
import { test } from '../../support/scratch.ts'
import {
  contextOf,
  contractIn,
  copyIn,
  expandIn,
  gatesIn,
  legacyIn,
  observed,
  placeholder,
  rollbackIn,
  syncIn,
  verifyIn,
} from './migration.ts'

/** The surveys as SQL by hand says that they must be: the first of each name by id, with a name and a time. */
const expected = `
  with sound as (
    select id, name, description, coalesce(created_at, updated_at) as created_at, coalesce(updated_at, created_at) as updated_at
    from public.example_models
    where name is not null and coalesce(created_at, updated_at) is not null)
  select row(id, name, description, null::varchar, null::varchar, true, created_at, updated_at)::text as row
  from (select *, row_number() over (partition by name order by id) as place from sound) as ranked
  where place = 1
  order by id`
const found = `
  select row(id, name, description, base_url, api_endpoint, is_active, created_at, updated_at)::text as row
  from public.surveys
  order by id`

describe.concurrent('the placeholder becomes surveys', () => {
  test.for([
    { bulk: false, batchSize: 37 },
    { bulk: false, batchSize: 5000 },
    { bulk: true },
  ])('row by row, and comes back to the byte: %o', async (options, { database }) => {
    await legacyIn(database, { rows: 1500, dirt: 0.2 })
    const rows = await placeholder(database)
    await expandIn(database)
    await copyIn(database, options)
    const proof = await verifyIn(database)
    expect(proof).toMatchObject({ identical: true, differences: 0 })
    const { carried = 0, complemented = 0, quarantined = 0 } = proof.accounts.example_models ?? {}
    expect(carried + complemented + quarantined).toBe(1500)
    expect(complemented).toBeGreaterThan(0)
    expect(await run(database, found)).toEqual(await run(database, expected))
    expect(await placeholder(database)).toEqual(rows)
    const aside = await run(
      database,
      'select constraint_name as name, sqlstate from sluice.quarantine group by 1, 2 order by 1',
    )
    expect(aside).toEqual([
      { name: 'surveys_created_at_not_null', sqlstate: '23502' },
      { name: 'surveys_name_key', sqlstate: '23505' },
      { name: 'surveys_name_not_null', sqlstate: '23502' },
    ])
    expect(await run(database, 'select from sluice.quarantine')).toHaveLength(quarantined)
  })

  test('whose rows share a key that nothing enforces, or have none', async ({ database }) => {
    await legacyIn(database, { rows: 300 })
    await run(
      database,
      `alter table public.example_models drop constraint example_models_pkey;
       alter table public.example_models alter id drop not null;
       insert into public.example_models select * from public.example_models order by id limit 5;
       insert into public.example_models (name) values ('nobody'), ('nobody');
       update public.example_models set description = 'another' where ctid in (select max(ctid) from public.example_models group by id having count(*) > 1)`,
    )
    const before = {
      rows: await run(database, 'select e::text from public.example_models as e order by 1'),
      catalogs: await catalogsOf(database),
    }
    await expandIn(database)
    await copyIn(database, { batchSize: 40 })
    await syncIn(database)
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    await contractIn(database)
    await rollbackIn(database)
    expect({
      rows: await run(database, 'select e::text from public.example_models as e order by 1'),
      catalogs: await catalogsOf(database),
    }).toEqual(before)
  })

  test('whose columns are others than usual: one more, one less, one wider', async ({ database }) => {
    await legacyIn(database, { rows: 300 })
    await run(
      database,
      `alter table public.example_models add extra jsonb default '{"a": 1.0}', add as_found json default '{"b" :1, "b":2}', drop updated_at, alter name type text;
       update public.example_models set extra = 'null', as_found = null where id in (select id from public.example_models order by id desc limit 5);
       update public.example_models set name = repeat(name, 20) where id in (select id from public.example_models where name is not null order by id limit 3)`,
    )
    const before = { rows: await placeholder(database), catalogs: await catalogsOf(database) }
    const { findings } = await plan(contextOf(database))
    expect(findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['unknown-column', 'missing-column', 'type-differs', 'quarantine']),
    )
    await expandIn(database)
    await syncIn(database)
    await copyIn(database)
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    expect(
      await one(database, `select count(*)::int from sluice.quarantine where constraint_name = 'surveys_name_type'`),
    ).toBe(3)
    await contractIn(database)
    await rollbackIn(database)
    expect({ rows: await placeholder(database), catalogs: await catalogsOf(database) }).toEqual(before)
  })
})

test('it is proven, contracted and brought back, catalogs and rows, and what was observed meanwhile is kept', async ({
  database,
}) => {
  await legacyIn(database, { rows: 400 })
  const before = { rows: await placeholder(database), catalogs: await catalogsOf(database) }
  await expandIn(database)
  await syncIn(database)
  await copyIn(database)
  await verifyIn(database)
  expect(await contractIn(database)).toMatchObject({ dropped: ['public.example_models'] })
  expect(await status(contextOf(database))).toMatchObject({ phase: 'contracted' })
  expect((await gatesIn(database)).every(({ held }) => held)).toBe(true)
  expect(await rollbackIn(database)).toMatchObject({
    from: 'contracted',
    tables: { example_models: 400 },
    archived: {},
  })
  expect({ rows: await placeholder(database), catalogs: await catalogsOf(database) }).toEqual(before)

  await expandIn(database)
  await syncIn(database)
  await copyIn(database)
  await verifyIn(database)
  await contract(contextOf(database), { keepViews: true })
  expect(await placeholder(database)).toEqual(before.rows)
  await observed(database)
  await run(database, `insert into public.surveys (id, name, is_active) values (gen_random_uuid(), 'new', true)`)
  expect(await rollbackIn(database)).toMatchObject({ tables: { example_models: 401 }, archived: { observations: 1 } })
  expect(await one(database, `select count(*)::int from public.example_models where name = 'new'`)).toBe(1)
})

test('the placeholder is not dropped before every phase is applied', async ({ database }) => {
  await legacyIn(database, { rows: 50 })
  await expandIn(database, { phases: 2 })
  await syncIn(database)
  await copyIn(database)
  await verifyIn(database)
  await expect(contractIn(database)).rejects.toThrow(/has phases that are not applied: .*public\.models/)
  await expect(contractIn(database)).rejects.toThrow(Refusal)
  await expandIn(database)
  await contractIn(database)
})

test('the plan names what stops a phase, and the types that are there', async ({ database }) => {
  await legacyIn(database, { rows: 50 })
  await run(database, `create type public.alert_status as enum ('sent')`)
  const codes = async () => (await plan(contextOf(database))).findings.map(({ code }) => code)
  expect(await codes()).toEqual(expect.arrayContaining(['type-exists', 'type-there', 'untouched']))
  await run(database, 'drop type public.alert_status')
  await expandIn(database, { phases: 4 })
  await copyIn(database)
  await observed(database)
  await run(
    database,
    `insert into public.observations
     select gen_random_uuid(), survey_id, observation_id, ra, dec, observation_time, filter_band, exposure_time, fits_url,
       pixel_scale, image_width, image_height, airmass, seeing, status
     from public.observations`,
  )
  const { findings } = await plan(contextOf(database))
  expect(findings.filter(({ code }) => code === 'phase')).toMatchObject([{ table: 'public.observations', rows: 1 }])
})

test('beside another system on one database neither disturbs the other', async ({ database }) => {
  await atp.legacyIn(database, { rows: 100 })
  await legacyIn(database, { rows: 100 })
  await atp.expandIn(database)
  const before = await catalogsOf(database)
  await expandIn(database)
  await copyIn(database)
  expect(await verifyIn(database)).toMatchObject({ identical: true })
  await rollbackIn(database)
  expect(await catalogsOf(database)).toEqual(before)
  await atp.copyIn(database)
  expect(await atp.verifyIn(database)).toMatchObject({ identical: true })
  await expandIn(database)
  expect(await rollbackIn(database)).toMatchObject({ from: 'expanded' })
  expect(await atp.verifyIn(database)).toMatchObject({ identical: true })
})
