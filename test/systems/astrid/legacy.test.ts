import { expect } from 'vitest'
import { Refusal } from '../../../scripts/errors.ts'
import { one, run } from '../../engine/migration.ts'
import { test } from '../../support/scratch.ts'
import { legacyIn, placeholder } from './migration.ts'

const digest = `select encode(sha256(string_agg(e::text, E'\\n' order by e.id)::bytea), 'hex') from public.example_models as e`

test('the same options give the same bytes, and another seed others', async ({ database }) => {
  expect(await legacyIn(database)).toEqual({ tables: { example_models: 1000 } })
  const first = await one(database, digest)
  for (const [seed, same] of [
    [3, true],
    [4, false],
  ] as const) {
    await run(database, 'drop schema public cascade; create schema public')
    await legacyIn(database, { seed })
    expect((await one(database, digest)) === first).toBe(same)
  }
})

test('a thousand rows have every kind of dirt, however little is asked for', async ({ database }) => {
  await legacyIn(database, { dirt: 0.001 })
  const kinds: Record<string, string> = {
    'names that several have': 'select name from public.example_models group by name having count(*) > 1',
    'no name': 'select from public.example_models where name is null',
    'no time of creation': 'select from public.example_models where created_at is null and updated_at is not null',
    'no time of change': 'select from public.example_models where updated_at is null and created_at is not null',
    'no time at all': 'select from public.example_models where coalesce(created_at, updated_at) is null',
    'times without end': `select from public.example_models where created_at = '-infinity'`,
    'times before the era': 'select from public.example_models where extract(year from created_at) < 0',
    'empty descriptions': `select from public.example_models where description = ''`,
    'descriptions of several lines': `select from public.example_models where description like E'%\\n%'`,
    'long descriptions': 'select from public.example_models where length(description) > 50000',
    'names as long as they may be': 'select from public.example_models where length(name) = 100',
    'names with blanks around them': `select from public.example_models where name like ' % '`,
  }
  for (const [kind, query] of Object.entries(kinds))
    expect((await run(database, query)).length, kind).toBeGreaterThan(0)
})

test('without dirt every row can be a survey, and no type is left over', async ({ database }) => {
  await legacyIn(database, { dirt: 0 })
  expect(await run(database, 'select name from public.example_models group by name having count(*) > 1')).toEqual([])
  expect(await one(database, `select to_regtype('public.processing_job_status')`)).toBe(null)
  expect(await placeholder(database)).toHaveLength(1000)
})

test("what shares the schema is there: MLflow's five tables with their rows, and Alembic's version", async ({
  database,
}) => {
  await legacyIn(database, { rows: 1 })
  for (const name of ['tags', 'metrics', 'params', 'runs', 'experiments', 'alembic_version'])
    expect(await run(database, `select * from public.${name}`), name).not.toEqual([])
})

test('a database that has one already is refused, and an option of another system', async ({ database }) => {
  await expect(legacyIn(database, { withoutTrainingConstraints: true })).rejects.toThrow(Refusal)
  await legacyIn(database, { rows: 1 })
  await expect(legacyIn(database)).rejects.toThrow('example_models already exists')
})
