import type { Sql } from 'postgres'
import { describe, expect } from 'vitest'
import { test as scratch, scratchDatabase } from '../support/scratch.ts'
import { contractIn, copyIn, expandIn, legacyIn, syncIn, verifyIn } from '../systems/video/migration.ts'
import { runFile } from './catalog.ts'
import { kit } from './kit.ts'

/** All that the catalogs say about the two tables. */
async function shapeOf(sql: Sql) {
  const names = ['videos', 'processing_jobs']
  const columns = await sql`
    select relname, row_number() over (partition by relname order by attnum)::int as place, attname,
      format_type(atttypid, atttypmod) as type, attnotnull, pg_get_expr(adbin, adrelid) as preset
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = 'public'::regnamespace and relname in ${sql(names)} and attnum > 0 and not attisdropped
    order by relname, attnum`
  const constraints = await sql`
    select relname, conname, contype, convalidated, pg_get_constraintdef(pg_constraint.oid) as definition
    from pg_constraint
    join pg_class on pg_class.oid = conrelid
    where relnamespace = 'public'::regnamespace and relname in ${sql(names)}
    order by relname, conname`
  const indexes = await sql`
    select relname, indisvalid, pg_get_indexdef(indexrelid) as definition
    from pg_index
    join pg_class on pg_class.oid = indrelid
    where relnamespace = 'public'::regnamespace and relname in ${sql(names)}
    order by definition`
  return { columns: [...columns], constraints: [...constraints], indexes: [...indexes] }
}

scratch(
  'thirty columns, nine indexes and a key, four references, and jobs: as the specification has them',
  async ({ database }) => {
    await legacyIn(database, { rows: 200, dirt: 0.2 })
    await expandIn(database)
    await syncIn(database)
    await copyIn(database)
    await verifyIn(database)
    await contractIn(database)
    const actual = await shapeOf(database.connection.db.$client)
    const specified = await scratchDatabase()
    try {
      await legacyIn(specified, { rows: 0, dirt: 0 })
      await specified.connection.db.$client.begin(async (inner) => {
        await inner`set local search_path to public`
        await inner`drop table videos cascade`
        await runFile(inner as unknown as Sql, 'video.sql')
      })
      const expected = await shapeOf(specified.connection.db.$client)
      expect(expected.columns.filter(({ relname }) => relname === 'videos')).toHaveLength(30)
      expect(expected.indexes.filter(({ relname }) => relname === 'videos')).toHaveLength(10)
      expect(actual).toEqual(expected)
    } finally {
      await specified.drop()
    }
    const { stdout } = await kit(['push', '--explain', '--output', 'json'], database.url, {
      SYSTEM: 'video',
      STAGE: 'contract',
    })
    expect(JSON.parse(stdout)).toEqual({ status: 'no_changes', dialect: 'postgresql' })
  },
)

scratch('an empty database gets the ten tables, the new columns and the jobs', async ({ database }) => {
  expect(await kit(['migrate'], database.url, { SYSTEM: 'video' })).toMatchObject({ code: 0 })
  const { stdout } = await kit(['push', '--explain', '--output', 'json'], database.url, { SYSTEM: 'video' })
  expect(JSON.parse(stdout)).toEqual({ status: 'no_changes', dialect: 'postgresql' })
})

describe('without a database', () => {
  for (const STAGE of ['expand', 'contract']) {
    scratch(`there is nothing to generate at stage ${STAGE}`, async () => {
      const { code, stdout } = await kit(['generate', '--output', 'json'], undefined, { SYSTEM: 'video', STAGE })
      expect(JSON.parse(stdout)).toMatchObject({ status: 'no_changes' })
      expect(code).toBe(0)
    })

    scratch(`the steps of stage ${STAGE} pass the check of drizzle-kit`, async () => {
      const { stdout } = await kit(['check', '--output', 'json'], undefined, { SYSTEM: 'video', STAGE })
      expect(JSON.parse(stdout)).toEqual({ status: 'ok', dialect: 'postgresql' })
    })
  }
})
