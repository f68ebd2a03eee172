import { eq, sql } from 'drizzle-orm'
import { describe, expect } from 'vitest'
import { watch } from '../../../scripts/engine/gate/untouched.ts'
import { Refusal } from '../../../scripts/errors.ts'
import { astrid } from '../../../scripts/systems/astrid/index.ts'
import { settings } from '../../../scripts/systems/astrid/settings.ts'
import { target } from '../../../scripts/systems/astrid/tables.ts'
import { catalogsOf } from '../../engine/catalogs.ts'
import { one, run } from '../../engine/migration.ts'
import { test } from '../../support/scratch.ts'
import {
  backTo,
  copyIn,
  expandIn,
  gatesIn,
  legacyIn,
  observed,
  placeholder,
  rollbackIn,
  verifyIn,
} from './migration.ts'

const phases = ['1', '2', '3', '4', '5']

const refusal = (work: Promise<unknown>): Promise<Refusal> =>
  work.then(
    () => expect.unreachable('it was not refused'),
    (error) => {
      expect(error).toBeInstanceOf(Refusal)
      return error
    },
  )

const enums = `select typname::text as name from pg_type where typtype = 'e' and typnamespace = 'public'::regnamespace order by 1`

test('it grows phase by phase: each adds its tables and types, and every gate holds', async ({ database }) => {
  await legacyIn(database, { rows: 50 })
  const tables = [3, 7, 10, 13, 13]
  const types = [1, 3, 7, 12, 12]
  for (const [i, phase] of phases.entries()) {
    await expandIn(database, { phases: 1 })
    const passed = await gatesIn(database)
    expect(passed.map(({ gate, applied, held }) => [gate, applied, held])).toEqual(
      phases.map((name) => [name, name <= phase, name <= phase]),
    )
    const made = await run(
      database,
      `select from pg_tables where schemaname = 'public' and tablename in (${Object.values(target).map((table) => `'${table[Symbol.for('drizzle:Name') as never]}'`)})`,
    )
    expect(made).toHaveLength(tables[i] ?? 0)
    expect(await run(database, enums)).toHaveLength(types[i] ?? 0)
  }
  expect(await expandIn(database)).toEqual({ applied: [] })
})

test('settings are seeded once, and one that is there stays as it is', async ({ database }) => {
  await legacyIn(database, { rows: 10 })
  await expandIn(database)
  const seeded = () => database.connection.db.select().from(target.systemConfig).orderBy(target.systemConfig.id)
  expect(await seeded()).toMatchObject(settings)
  await run(database, `update public.system_config set value = '7' where key = 'jobs.max_retries'`)
  await backTo(database, '1')
  await expandIn(database)
  expect(await seeded()).toMatchObject(
    settings.map((each) => (each.key === 'jobs.max_retries' ? { ...each, value: 7 } : each)),
  )
})

describe('the next phase is refused', () => {
  const broken: [string, string][] = [
    ['an index is gone', 'drop index public.idx_observations_status'],
    ['a constraint is gone', 'alter table public.observations drop constraint observations_ra_check'],
    [
      'a check is another',
      'alter table public.observations drop constraint observations_ra_check, add constraint observations_ra_check check (ra < 24)',
    ],
    [
      'a foreign key has an action',
      'alter table public.observations drop constraint observations_survey_id_fkey, add constraint observations_survey_id_fkey foreign key (survey_id) references public.surveys on delete cascade',
    ],
    ['a column is another', 'alter table public.surveys alter name type text'],
    ['a column may be null', 'alter table public.surveys alter is_active drop not null'],
    ['a default is there', 'alter table public.surveys alter is_active set default true'],
    [
      'an index is another',
      'drop index public.idx_observations_status; create index idx_observations_status on public.observations (status, id)',
    ],
    ['a setting is gone', `delete from public.system_config where key = 'jobs.max_retries'`],
    ['a table is gone', 'drop table public.system_config'],
  ]
  for (const [what, statement] of broken) {
    test(`where ${what}`, async ({ database }) => {
      await legacyIn(database, { rows: 10 })
      await expandIn(database, { phases: 1 })
      await run(database, statement)
      const { message, values } = await refusal(expandIn(database))
      expect(message).toContain('the gate of phase 1 does not hold')
      expect(Object.keys(values).length).toBeGreaterThan(0)
      expect(await one(database, `select to_regclass('public.candidates')`)).toBe(null)
      const [first] = await gatesIn(database)
      expect(first).toMatchObject({ gate: '1', applied: true, held: false })
      expect(first?.checks.filter(({ held }) => !held).length).toBeGreaterThan(0)
    })
  }

  test('where rows of a phase before it are not intact, which only a load without triggers can do', async ({
    database,
  }) => {
    await legacyIn(database, { rows: 10, dirt: 0 })
    await expandIn(database, { phases: 2 })
    await copyIn(database)
    await observed(database)
    await database.connection.db.transaction(async (tx) => {
      await tx.execute(sql`set local session_replication_role = replica`)
      await tx.execute(sql`delete from public.surveys where id in (select survey_id from public.observations)`)
    })
    const { values } = await refusal(expandIn(database))
    expect(values).toMatchObject({
      'rows of public.observations are intact, by their references and checks': '1 break observations_survey_id_fkey',
    })
  })

  test('where a row of the placeholder is no survey, though all have been copied', async ({ database }) => {
    await legacyIn(database, { rows: 10, dirt: 0 })
    await expandIn(database, { phases: 1 })
    await copyIn(database)
    await verifyIn(database)
    await run(
      database,
      `insert into public.example_models (id, name) values ('e0000000-0000-4000-8000-000000000001', 'late')`,
    )
    expect((await refusal(expandIn(database))).line).toContain(
      '1 found, for example e0000000-0000-4000-8000-000000000001; npm run copy brings them over',
    )
    await copyIn(database)
    await expandIn(database)
  })

  test('and goes on once what is wrong is put right', async ({ database }) => {
    await legacyIn(database, { rows: 10 })
    await expandIn(database, { phases: 1 })
    await run(database, 'drop index public.idx_observations_status')
    await refusal(expandIn(database))
    await run(database, 'create index idx_observations_status on public.observations (status)')
    expect((await expandIn(database)).applied).toHaveLength(4)
  })

  test('where a survey has observations twice, which are named before anything is changed', async ({ database }) => {
    await legacyIn(database, { rows: 10, dirt: 0 })
    await expandIn(database, { phases: 4 })
    await copyIn(database)
    await observed(database)
    await run(
      database,
      `insert into public.observations
       select 'b0000000-0000-4000-8000-000000000002', survey_id, observation_id, ra, dec, observation_time, filter_band, exposure_time, fits_url,
         pixel_scale, image_width, image_height, airmass, seeing, status
       from public.observations`,
    )
    const before = await catalogsOf(database)
    const error = await refusal(expandIn(database))
    expect(error.line).toContain('phase 5 cannot begin')
    expect(error.values).toMatchObject({
      found: 1,
      'for example': expect.stringMatching(/^one in survey \S+, 2 rows$/),
    })
    expect(await catalogsOf(database)).toEqual(before)
    await run(database, `delete from public.observations where id = 'b0000000-0000-4000-8000-000000000002'`)
    expect((await expandIn(database)).applied).toHaveLength(1)
    expect((await gatesIn(database)).every(({ held }) => held)).toBe(true)
  })

  test('by what a step does to rows that were there before it: the server counts', async ({ database }) => {
    await run(database, 'create table public.surveys (id integer); insert into public.surveys values (1), (2)')
    const deeds: Record<string, string> = {
      '': 'select count(*) from public.surveys; create table public.another (id integer); insert into public.another values (1)',
      insert: 'insert into public.surveys values (3)',
      update: 'savepoint s; update public.surveys set id = id; release s',
      delete: 'delete from public.surveys',
      truncate: 'truncate public.surveys',
      rewrite: 'alter table public.surveys alter id type bigint',
    }
    for (const [what, statements] of Object.entries(deeds)) {
      const trial = database.connection.db.transaction(async (tx) => {
        const touched = await watch(tx, [target.surveys, target.alerts])
        for (const each of statements.split('; ')) await tx.execute(sql.raw(each))
        expect(await touched(), what).toEqual(what ? ['public.surveys'] : [])
        throw new Error('undone')
      })
      await expect(trial).rejects.toThrow('undone')
    }
  })
})

describe('a type that a downgrade has left behind', () => {
  test('is used where it is the same, and stays after a rollback', async ({ database }) => {
    await legacyIn(database, { rows: 20, dirt: 0.5 })
    expect(await run(database, enums)).toEqual([{ name: 'processing_job_status' }])
    const before = await catalogsOf(database)
    await expandIn(database)
    await rollbackIn(database)
    expect(await catalogsOf(database)).toEqual(before)
  })

  test('is refused where its labels are others, before anything is changed', async ({ database }) => {
    await legacyIn(database, { rows: 20, dirt: 0 })
    await run(database, `create type public.detection_type as enum ('supernova')`)
    const error = await refusal(expandIn(database))
    expect(error.line).toBe(
      'type public.detection_type exists with other labels (supernova). Next: rename or drop it, then start the same command again',
    )
    expect((await gatesIn(database)).map(({ applied }) => applied)).toEqual([true, true, false, false, false])
  })
})

describe('back', () => {
  for (const from of phases) {
    test(`from phase ${from} to the placeholder: its catalogs and rows, and no type`, async ({ database }) => {
      await legacyIn(database, { rows: 60 })
      const before = { catalogs: await catalogsOf(database), rows: await placeholder(database) }
      await expandIn(database, { phases: Number(from) })
      await copyIn(database)
      expect(await verifyIn(database)).toMatchObject({ identical: true })
      expect(await rollbackIn(database)).toMatchObject({ from: 'verified', archived: {} })
      expect({ catalogs: await catalogsOf(database), rows: await placeholder(database) }).toEqual(before)
    })
  }

  test('phase by phase: the catalogs of each, its rows, and the way forward again', async ({ database }) => {
    await legacyIn(database, { rows: 60 })
    const catalogs: string[][] = []
    for (const _ of phases) {
      await expandIn(database, { phases: 1 })
      catalogs.push(await catalogsOf(database))
    }
    await copyIn(database)
    await observed(database)
    for (const phase of ['4', '3', '2', '1']) {
      await backTo(database, phase, true)
      expect(await catalogsOf(database), `a dry run to ${phase}`).toEqual(catalogs[Number(phase)])
      expect(await backTo(database, phase)).toMatchObject({ tables: { observations: 1 }, archived: {} })
      expect(await catalogsOf(database), `back at ${phase}`).toEqual(catalogs[Number(phase) - 1])
    }
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    await expandIn(database)
    expect(await verifyIn(database)).toMatchObject({ identical: true })
  })

  test('what the applications have written to the new tables is archived, the seed is not', async ({ database }) => {
    await legacyIn(database, { rows: 60, dirt: 0 })
    await expandIn(database)
    await copyIn(database)
    await observed(database)
    await run(
      database,
      `insert into public.processing_jobs (id, job_type, entity_id, entity_type, status, priority, retry_count, max_retries)
       values ('c0000000-0000-4000-8000-000000000001', 'ingest', gen_random_uuid(), 'observation', 'RUNNING', 0, 0, 3)`,
    )
    expect(await backTo(database, '1')).toMatchObject({ archived: { processing_jobs: 1 } })
    expect(await rollbackIn(database)).toMatchObject({ archived: { observations: 1 } })
    expect(
      await run(database, "select relation, key, row ->> 'status' as status from sluice.archive order by id"),
    ).toEqual([
      { relation: 'processing_jobs', key: 'c0000000-0000-4000-8000-000000000001', status: 'RUNNING' },
      { relation: 'observations', key: 'b0000000-0000-4000-8000-000000000001', status: 'ingested' },
    ])
  })

  test('is refused where others use a table or a type that would go, or the phase is none', async ({ database }) => {
    await legacyIn(database, { rows: 10 })
    await expandIn(database)
    await run(database, 'create view public.loud as select id from public.alerts')
    expect((await refusal(backTo(database, '3'))).line).toContain('view public.loud')
    await run(database, 'drop view public.loud; create table public.mine (status public.alert_status)')
    expect((await refusal(rollbackIn(database))).line).toContain('public.alert_status')
    expect(await backTo(database, '3')).toMatchObject({ archived: {} })
    expect(await run(database, enums)).toContainEqual({ name: 'alert_status' })
    expect((await refusal(backTo(database, '3'))).message).toContain('nothing that comes after')
    expect((await refusal(backTo(database, 'x'))).values).toMatchObject({ known: '1 2 3 4 5' })
  })
})

test('a query on a column that is not there is noticed, and one that no index serves', async ({ database }) => {
  await legacyIn(database, { rows: 10 })
  await expandIn(database)
  const [first] = astrid.gates ?? []
  if (!first) throw new Error('no gate')
  const { systemConfig, observations } = target
  const queries = [
    { what: 'settings of a category', query: sql`select ${systemConfig.id} from ${systemConfig} where category = 'x'` },
    {
      what: 'observations of a band',
      query: database.connection.db.select().from(observations).where(eq(observations.filterBand, 'g')),
      index: 'idx_observations_status',
    },
  ]
  const [passed] = await gatesIn(database, {
    ...astrid,
    gates: [{ ...first, queries }, ...(astrid.gates ?? []).slice(1)],
  })
  expect(passed?.checks.filter(({ held }) => !held)).toEqual([
    { kind: 'query', what: 'settings of a category: planned', held: false, found: 'column "category" does not exist' },
    {
      kind: 'query',
      what: 'observations of a band: planned by idx_observations_status',
      held: false,
      found: 'planned by no index',
    },
  ])
})

test('a gate leaves nothing of its examples', async ({ database }) => {
  await legacyIn(database, { rows: 10 })
  await expandIn(database)
  await gatesIn(database)
  for (const name of ['surveys', 'observations', 'detections', 'alerts', 'audit_log'])
    expect(await one(database, `select count(*)::int from public.${name}`), name).toBe(0)
})
