import { getTableConfig } from 'drizzle-orm/pg-core'
import type { Sql } from 'postgres'
import { describe, expect, inject } from 'vitest'
import { migrate } from '../../scripts/commands/migrate.ts'
import { silent } from '../../scripts/report.ts'
import { retrovue } from '../../scripts/systems/retrovue/index.ts'
import { target } from '../../scripts/systems/retrovue/tables.ts'
import { type Scratch, test as scratch, scratchDatabase, template } from '../support/scratch.ts'
import { contextOf } from '../systems/retrovue/migration.ts'
import { runFile } from './catalog.ts'
import { kit } from './kit.ts'

const names = Object.values(target).map((table) => getTableConfig(table).name)
const SYSTEM = 'retrovue'

/** All that the catalogs say about the eleven tables in a schema, and the types that are left in public. */
async function shapeOf(sql: Sql, schema: string) {
  const columns = await sql`
    select relname, attnum, attname, format_type(atttypid, atttypmod) as type, attnotnull, attidentity, attgenerated,
      pg_get_expr(adbin, adrelid) as preset
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = ${schema}::regnamespace
      and relname in ${sql(names)}
      and attnum > 0
    order by relname, attnum`
  const constraints = await sql`
    select relname, conname, contype, convalidated, condeferrable,
      replace(pg_get_constraintdef(pg_constraint.oid), ${`${schema}.`}, '') as definition
    from pg_constraint
    join pg_class on pg_class.oid = conrelid
    where relnamespace = ${schema}::regnamespace and relname in ${sql(names)}
    order by relname, conname`
  const indexes = await sql`
    select relname, replace(indexrelid::regclass::text, ${`${schema}.`}, '') as name,
      replace(pg_get_indexdef(indexrelid), ${`${schema}.`}, '') as definition
    from pg_index
    join pg_class on pg_class.oid = indrelid
    where relnamespace = ${schema}::regnamespace and relname in ${sql(names)}
    order by relname, name`
  return { columns: [...columns], constraints: [...constraints], indexes: [...indexes] }
}

/** What the prose demands and the DDL lacks. */
const demanded = {
  checks: [
    'markers_end_ms_check',
    'markers_kind_check',
    'provider_refs_entity_check',
    'provider_refs_entity_type_check',
    'provider_refs_provider_check',
    'review_queue_confidence_check',
    'review_queue_status_check',
    'titles_kind_check',
  ],
  indexes: [
    'ix_episode_assets_asset_id',
    'ix_episodes_season_id',
    'ix_episodes_title_id',
    'ix_provider_refs_asset_id',
    'ix_provider_refs_episode_id',
    'ix_provider_refs_title_id',
    'ix_seasons_title_id',
  ],
}

const expanded = scratch.extend({
  source: await template('retrovue_expanded', async ({ db }) => {
    const [row] = await db.$client`select current_database() as name`
    const url = new URL(inject('serverUrl'))
    url.pathname = `/${row?.name}`
    const { code, stderr } = await kit(['migrate'], url.href, { SYSTEM })
    if (code !== 0) throw new Error(stderr)
  }),
})

/** What an empty database gets. */
const begun = ({ connection, url }: Scratch) => {
  const { signal } = contextOf({ connection })
  const session = { system: retrovue, connection, report: silent, signal, url, embedded: false }
  return migrate.run(session, { bulk: false, batchSize: 2000, workers: 1, lockTimeout: 300 })
}

/** The eleven tables in a schema against those of the document, and what the prose adds to them. */
async function requireDocument({ connection }: Scratch, schema: string): Promise<void> {
  const specified = await scratchDatabase()
  try {
    await specified.connection.db.$client.begin(async (inner) => {
      await inner`set local search_path to public`
      await runFile(inner as unknown as Sql, 'retrovue.sql')
    })
    const expected = await shapeOf(specified.connection.db.$client, 'public')
    expect(new Set(expected.columns.map(({ relname }) => relname)).size).toBe(11)
    const actual = await shapeOf(connection.db.$client, schema)
    const known = new Set(expected.indexes.map(({ name }) => name))
    const added = {
      checks: actual.constraints.filter(({ contype }) => contype === 'c'),
      indexes: actual.indexes.filter(({ name }) => !known.has(name)),
    }
    expect(added.checks.map(({ conname }) => conname)).toEqual(demanded.checks)
    expect(added.indexes.map(({ name }) => name).sort()).toEqual(demanded.indexes)
    expect({
      ...actual,
      constraints: actual.constraints.filter((each) => !added.checks.includes(each)),
      indexes: actual.indexes.filter((each) => !added.indexes.includes(each)),
    }).toEqual(expected)
  } finally {
    await specified.drop()
  }
}

expanded('the eleven tables are those of the document, and what its prose demands', async ({ database }) => {
  await requireDocument(database, 'retrovue')
})

scratch('an empty database gets the same eleven in the place where they belong', async ({ database }) => {
  expect(await begun(database)).toMatchObject({ exitCode: 0, json: { phase: 'contracted' } })
  await requireDocument(database, 'public')
})

scratch(
  'an empty database has neither old types nor a schema of its own in the end, and no drift',
  async ({ database }) => {
    await begun(database)
    const sql = database.connection.db.$client
    expect([...(await sql`select typname from pg_type where typtype = 'e'`)]).toEqual([])
    expect([...(await sql`select from pg_namespace where nspname = 'retrovue'`)]).toEqual([])
    const { stdout } = await kit(['push', '--explain', '--output', 'json'], database.url, { SYSTEM, STAGE: 'contract' })
    expect(JSON.parse(stdout)).toEqual({ status: 'no_changes', dialect: 'postgresql' })
    for (const STAGE of ['expand', 'contract'])
      expect(await kit(['migrate'], database.url, { SYSTEM, STAGE })).toMatchObject({ code: 0 })
    expect([...(await sql`select from public.titles`)]).toEqual([])
  },
)

expanded('both shapes side by side have no drift', async ({ database }) => {
  const { stdout } = await kit(['push', '--explain', '--output', 'json'], database.url, { SYSTEM })
  expect(JSON.parse(stdout)).toEqual({ status: 'no_changes', dialect: 'postgresql' })
})

expanded('rows that the document does not mean are refused', async ({ database }) => {
  const sql = database.connection.db.$client
  const [title, asset] = ['a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000002']
  await sql.unsafe(`
    insert into retrovue.titles (id, kind, name) values ('${title}', 'movie', 'one');
    insert into retrovue.assets (id, uri, size) values ('${asset}', 'file:///1', 3000000000)`)
  const refused: Record<string, string> = {
    titles_kind_check: `insert into retrovue.titles (kind, name) values ('MOVIE', 'two')`,
    markers_end_ms_check: `insert into retrovue.markers (asset_id, kind, start_ms, end_ms) values ('${asset}', 'chapter', 5, 5)`,
    markers_kind_check: `insert into retrovue.markers (asset_id, kind, start_ms, end_ms) values ('${asset}', 'Chapter', 5, 6)`,
    review_queue_confidence_check: `insert into retrovue.review_queue (asset_id, reason, confidence) values ('${asset}', '', 'NaN')`,
    review_queue_status_check: `insert into retrovue.review_queue (asset_id, reason, confidence, status) values ('${asset}', '', 1, 'done')`,
  }
  const ref = (type: string, entity: string, columns: string, values: string) =>
    `insert into retrovue.provider_refs (entity_type, entity_id, provider, provider_key${columns}) values ('${type}', '${entity}', 'plex', '1'${values})`
  const wrong = [
    ref('title', title, '', ''),
    ref('title', title, ', title_id, asset_id', `, '${title}', '${asset}'`),
    ref('asset', title, ', title_id', `, '${title}'`),
    ref('title', asset, ', title_id', `, '${title}'`),
  ]
  for (const [name, statement] of [
    ...Object.entries(refused),
    ...wrong.map((each) => ['provider_refs_entity_check', each] as const),
  ])
    await expect(sql.unsafe(statement), statement).rejects.toMatchObject({ constraint_name: name })
  await sql.unsafe(`
    ${ref('title', title, ', title_id', `, '${title}'`)};
    insert into retrovue.markers (asset_id, kind, start_ms, end_ms) values ('${asset}', 'ad_break', 5, 6);
    insert into retrovue.review_queue (asset_id, reason, confidence, status) values ('${asset}', '', 0, 'rejected')`)
})

expanded('every new table has a comment', async ({ database }) => {
  const bare = await database.connection.db.$client`
    select relname
    from pg_class
    where relkind = 'r'
      and relnamespace = 'retrovue'::regnamespace
      and obj_description(oid, 'pg_class') is null`
  expect([...bare]).toEqual([])
})

describe('without a database', () => {
  for (const STAGE of ['expand', 'contract']) {
    scratch(`there is nothing to generate at stage ${STAGE}, and the steps pass the check`, async () => {
      const { code, stdout } = await kit(['generate', '--output', 'json'], undefined, { SYSTEM, STAGE })
      expect(JSON.parse(stdout)).toMatchObject({ status: 'no_changes' })
      expect(code).toBe(0)
      const checked = await kit(['check', '--output', 'json'], undefined, { SYSTEM, STAGE })
      expect(JSON.parse(checked.stdout)).toEqual({ status: 'ok', dialect: 'postgresql' })
    })
  }
})
