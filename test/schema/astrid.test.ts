import { getTableConfig } from 'drizzle-orm/pg-core'
import type { Sql } from 'postgres'
import { describe, expect, inject } from 'vitest'
import { target } from '../../scripts/systems/astrid/tables.ts'
import { test as scratch, scratchDatabase, template } from '../support/scratch.ts'
import { runFile } from './catalog.ts'
import { kit } from './kit.ts'

const names = Object.values(target).map((table) => getTableConfig(table).name)

/** All that the catalogs say about the thirteen tables and the types of their columns. */
async function shapeOf(sql: Sql) {
  const columns = await sql`
    select relname, attnum, attname, format_type(atttypid, atttypmod) as type, attnotnull, attidentity, attgenerated,
      pg_get_expr(adbin, adrelid) as preset
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = 'public'::regnamespace
      and relname in ${sql(names)}
      and attnum > 0
    order by relname, attnum`
  const constraints = await sql`
    select relname, conname, contype, convalidated, condeferrable, pg_get_constraintdef(pg_constraint.oid) as definition
    from pg_constraint
    join pg_class on pg_class.oid = conrelid
    where relnamespace = 'public'::regnamespace and relname in ${sql(names)}
    order by relname, conname`
  const indexes = await sql`
    select relname, indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
    from pg_index
    join pg_class on pg_class.oid = indrelid
    where relnamespace = 'public'::regnamespace and relname in ${sql(names)}
    order by relname, name`
  const types = await sql`
    select typname, array_agg(enumlabel::text order by enumsortorder) as labels
    from pg_type
    join pg_enum on enumtypid = pg_type.oid
    where typnamespace = 'public'::regnamespace
    group by typname
    order by typname`
  return { columns: [...columns], constraints: [...constraints], indexes: [...indexes], types: [...types] }
}

const migrated = scratch.extend({
  source: await template('astrid_expanded', async ({ db }) => {
    const [row] = await db.$client`select current_database() as name`
    const url = new URL(inject('serverUrl'))
    url.pathname = `/${row?.name}`
    const { code, stderr } = await kit(['migrate'], url.href, { SYSTEM: 'astrid' })
    if (code !== 0) throw new Error(stderr)
  }),
})

const promised = {
  indexes: [
    'idx_candidates_difference_run_id',
    'idx_candidates_ra_dec',
    'idx_candidates_significance',
    'idx_candidates_status',
    'observations_survey_id_observation_id_key',
  ],
  constraints: ['observations_survey_id_observation_id_key'],
}

migrated(
  'the thirteen tables and twelve types are those of the specification, and what it promises',
  async ({ database }) => {
    const sql = database.connection.db.$client
    const specified = await scratchDatabase()
    try {
      await specified.connection.db.$client.begin(async (inner) => {
        await inner`set local search_path to public`
        await runFile(inner as unknown as Sql, 'astrid.sql')
      })
      const expected = await shapeOf(specified.connection.db.$client)
      expect(expected.types).toHaveLength(12)
      expect(new Set(expected.columns.map(({ relname }) => relname)).size).toBe(13)
      const actual = await shapeOf(sql)
      const added = {
        indexes: actual.indexes.filter(({ name }) => promised.indexes.includes(name.replace('public.', ''))),
        constraints: actual.constraints.filter(({ conname }) => promised.constraints.includes(conname)),
      }
      expect(added.indexes.map(({ name }) => name.replace('public.', '')).sort()).toEqual(promised.indexes)
      expect(added.constraints.map(({ definition }) => definition)).toEqual(['UNIQUE (survey_id, observation_id)'])
      expect({
        ...actual,
        indexes: actual.indexes.filter((each) => !added.indexes.includes(each)),
        constraints: actual.constraints.filter((each) => !added.constraints.includes(each)),
      }).toEqual(expected)
    } finally {
      await specified.drop()
    }
  },
)

migrated('a migrated database has no drift', async ({ database }) => {
  const { stdout } = await kit(['push', '--explain', '--output', 'json'], database.url, { SYSTEM: 'astrid' })
  expect(JSON.parse(stdout)).toEqual({ status: 'no_changes', dialect: 'postgresql' })
})

migrated('nothing plans to touch what shares the schema', async ({ database }) => {
  await database.connection.db.$client.unsafe(`
    create table public.tags (key varchar(250), value varchar(5000));
    create table public.alembic_version (version_num varchar(32) primary key);
    create type public.mood as enum ('glum');
    create view public.seen as select id from public.surveys`)
  const { stdout } = await kit(['push', '--explain', '--output', 'json'], database.url, { SYSTEM: 'astrid' })
  expect(stdout).not.toMatch(/tags|alembic|seen/)
})

migrated('every new table has a comment', async ({ database }) => {
  const bare = await database.connection.db.$client`
    select relname
    from pg_class
    where relkind = 'r'
      and relnamespace = 'public'::regnamespace
      and relname in ${database.connection.db.$client(names)}
      and obj_description(oid, 'pg_class') is null`
  expect([...bare]).toEqual([])
})

describe('without a database', () => {
  for (const STAGE of ['expand', 'contract']) {
    scratch(`there is nothing to generate at stage ${STAGE}`, async () => {
      const { code, stdout } = await kit(['generate', '--output', 'json'], undefined, { SYSTEM: 'astrid', STAGE })
      expect(JSON.parse(stdout)).toMatchObject({ status: 'no_changes' })
      expect(code).toBe(0)
    })

    scratch(`the steps of stage ${STAGE} pass the check of drizzle-kit`, async () => {
      const { stdout } = await kit(['check', '--output', 'json'], undefined, { SYSTEM: 'astrid', STAGE })
      expect(JSON.parse(stdout)).toEqual({ status: 'ok', dialect: 'postgresql' })
    })
  }
})

scratch(
  'drizzle-kit migrates phase by phase, says so, and refuses where a gate does not hold',
  async ({ database }) => {
    const sql = database.connection.db.$client
    await sql.unsafe(`create type public.model_type as enum ('unet')`)
    const refused = await kit(['migrate'], database.url, { SYSTEM: 'astrid' })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(
      /Phase 1, core foundation.*\nPhase 2, processing pipeline.*\ntype public\.model_type exists/,
    )
    await sql.unsafe('drop type public.model_type; drop index public.idx_observations_status')
    const again = await kit(['migrate'], database.url, { SYSTEM: 'astrid' })
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('the gate of phase 1 does not hold')
    await sql.unsafe('create index idx_observations_status on public.observations (status)')
    const outcomes = await Promise.all([1, 2].map(() => kit(['migrate'], database.url, { SYSTEM: 'astrid' })))
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0])
    const [left] =
      await sql`select count(*)::int as steps, count(distinct name)::int as names from drizzle.__drizzle_migrations`
    expect(left).toEqual({ steps: 8, names: 8 })
  },
)

scratch('the ledger of another system is used as it is', async ({ database }) => {
  const sql = database.connection.db.$client
  expect(await kit(['migrate'], database.url)).toMatchObject({ code: 0 })
  const ledger = () => sql`select oid, relname from pg_class where relnamespace = 'sluice'::regnamespace order by oid`
  const before = [...(await ledger())]
  expect(await kit(['migrate'], database.url, { SYSTEM: 'astrid' })).toMatchObject({ code: 0 })
  expect([...(await ledger())]).toEqual(before)
})
