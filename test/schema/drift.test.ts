import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { systems } from '../../scripts/systems/index.ts'
import { test as scratch, scratchDatabase } from '../support/scratch.ts'
import { legacies, shapeOf, targets } from './catalog.ts'
import { expanded, kit, steps } from './kit.ts'

const migrated = scratch.extend({ source: await expanded() })

/** Every file of the steps with its content. */
const contents = () =>
  readdirSync(steps, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8')])

describe('without a database', () => {
  test('there is nothing to generate, and generate writes nothing', async () => {
    const before = contents()
    const { code, stdout } = await kit(['generate', '--output', 'json'])
    expect(JSON.parse(stdout)).toMatchObject({ status: 'no_changes' })
    expect(code).toBe(0)
    expect(contents()).toEqual(before)
  })

  test('the steps pass the check of drizzle-kit', async () => {
    const { code, stdout } = await kit(['check', '--output', 'json'])
    expect(JSON.parse(stdout)).toEqual({ status: 'ok', dialect: 'postgresql' })
    expect(code).toBe(0)
  })

  test.for([
    [
      'SYSTEM',
      'nix',
      `Unknown SYSTEM (SYSTEM = nix). Next: set SYSTEM to ${Object.keys(systems).sort().join(' or ')}\n`,
    ],
    ['STAGE', 'expnad', 'Unknown STAGE (STAGE = expnad). Next: set STAGE to expand or contract\n'],
  ])('an unknown %s is refused in one line', async ([name, value, line]) => {
    expect(await kit(['generate', '--output', 'json'], undefined, { [name as string]: value })).toEqual({
      code: 2,
      stdout: '',
      stderr: line,
    })
  })
})

migrated('a migrated database has no drift', async ({ database }) => {
  const { code, stdout } = await kit(['push', '--explain', '--output', 'json'], database.url)
  expect(JSON.parse(stdout)).toEqual({ status: 'no_changes', dialect: 'postgresql' })
  expect(code).toBe(0)
})

migrated('nothing plans to touch the tables of others', async ({ database }) => {
  await database.connection.db.$client.unsafe(`
    create table public.flyway_schema_history (installed_rank integer primary key);
    create table public.media (hash text);
    create table atp.engineered (id serial primary key, imdb_id varchar(10) references atp.training);
    create table atp.engineered_schema (id bigint generated always as identity primary key);
    create index on atp.engineered (imdb_id);
    create view atp.unseen as select imdb_id from atp.engineered;
    create table sluice.other (id integer)`)
  const { stdout } = await kit(['push', '--explain', '--output', 'json'], database.url)
  expect(JSON.parse(stdout)).toEqual({ status: 'no_changes', dialect: 'postgresql' })
})

// push compares neither the bodies of checks nor those of views, and the baseline is written by hand.
migrated('the steps build what is declared, with checks and view', async ({ database }) => {
  const declared = await scratchDatabase()
  try {
    const { stdout } = await kit(['export'])
    await declared.connection.db.$client.unsafe(stdout)
    const [expected, actual] = await Promise.all(
      [declared, database].map(async ({ connection: { db } }) => {
        const [view] = await db.$client`select pg_get_viewdef('atp.movies'::regclass) as movies`
        return { view, shape: await shapeOf(db.$client, [...legacies, ...targets]) }
      }),
    )
    expect(actual).toEqual(expected)
  } finally {
    await declared.drop()
  }
})
