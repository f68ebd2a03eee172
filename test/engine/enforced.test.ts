import { getColumns, sql } from 'drizzle-orm'
import { check, integer, pgSchema, QueryBuilder, text } from 'drizzle-orm/pg-core'
import { describe, expect } from 'vitest'
import { bind, type TargetTable } from '../../scripts/engine/bound.ts'
import { copy } from '../../scripts/engine/copy.ts'
import { enforcedOn, passedInLegacy } from '../../scripts/engine/enforced.ts'
import { verify } from '../../scripts/engine/verify.ts'
import { type Scratch, test } from '../support/scratch.ts'
import { contextOf, expandIn, legacyIn, run } from './migration.ts'
import { oneTable } from './one-table.ts'

const schema = pgSchema('enforced')
const builder = new QueryBuilder()
const columns = () => ({ id: integer().primaryKey(), word: text(), low: integer(), high: integer() })

const old = schema.table('old', columns())
const fresh = schema.table('fresh', columns(), ({ word, low, high }) => [
  check('fresh_word_check', sql`${word} ~ '^[a-z]+$'`),
  check('fresh_range_check', sql`${low} <= ${high}`),
])

/** One is proven as a mirror; of the other, every row is compared with what derive yields. */
const systems = {
  mirror: oneTable('mirror', { old, fresh }, 'id', (fresh, keys) =>
    builder.select(getColumns(fresh)).from(fresh).where(keys.match(fresh)),
  ),
  rows: oneTable('rows', { old, fresh }, 'id', (fresh, keys) =>
    builder
      .select({ ...getColumns(fresh), high: sql`abs(${fresh.high})` })
      .from(fresh)
      .where(keys.match(fresh)),
  ),
}

const declared = `
  alter table enforced.fresh add constraint fresh_word_check check (word ~ '^[a-z]+$');
  alter table enforced.fresh add constraint fresh_range_check check (low <= high);`

async function legacy(database: Scratch) {
  // the ledger comes with any system's steps
  await legacyIn(database, { rows: 0, dirt: 0 })
  await expandIn(database)
  await run(
    database,
    `create schema enforced;
     create table enforced.old (id integer primary key, word text, low integer, high integer);
     create table enforced.fresh (like enforced.old including all);
     insert into enforced.old select n, 'w', n, n + 1 from generate_series(1, 100) as n;
     update enforced.old set word = '50' where id = 50;
     update enforced.old set high = 0 where id = 60;
     analyze enforced.old;
     ${declared}`,
  )
}

/** The same, but for a collation of its own. */
const collated = schema.table('fresh', columns(), ({ word, low, high }) => [
  check('fresh_word_check', sql`${word} collate "C" ~ '^[a-z]+$'`),
  check('fresh_range_check', sql`${low} <= ${high}`),
])

const weaker = declared.replace('[a-z]', '[a-z0-9]').replace('low <= high', 'low <= high or high = 0')

/** The same checks, where a table may have rows that do not pass them all the same. */
const others: [name: string, checks: string][] = [
  ['not there', ''],
  ['not valid', declared.replaceAll(';', ' not valid;')],
  ['weaker, by the same names', weaker],
]

const without = (table: string) => `
  alter table ${table} drop constraint if exists fresh_word_check;
  alter table ${table} drop constraint if exists fresh_range_check;`

describe.concurrent('a check that the server enforces', () => {
  for (const [name, system] of Object.entries(systems)) {
    test(`is not asked of the target's rows again, and any other is (${name})`, async ({ database }) => {
      await legacy(database)
      const context = contextOf(database, system)
      const [target] = (await bind(system, database.connection.db)).target
      const enforced = async () => [...(await enforcedOn(database.connection.db, target as TargetTable))]
      const prove = () => verify(context, { show: 5 })
      await copy(context, { bulk: true, batchSize: 50, workers: 1 })
      expect(await prove()).toMatchObject({ identical: true })
      expect(await enforced()).toEqual(['fresh_range_check', 'fresh_word_check'])
      // what the declaration refuses is in the target all the same, to the byte as it is derived
      const refused = 'select * from enforced.old where id in (50, 60)'
      const damages = [
        ...others.map(([how, checks]) => [how, `insert into enforced.fresh ${refused}; ${checks}`]),
        [
          'not of a table that inherits',
          `${declared.replaceAll(';', ' no inherit;')}
           create table enforced.child () inherits (enforced.fresh);
           insert into enforced.child ${refused}`,
        ],
      ]
      for (const [how, damage] of damages) {
        await run(database, `${without('enforced.fresh')} ${damage}`)
        expect(await enforced(), how).toEqual([])
        expect(await prove(), how).toMatchObject({
          identical: false,
          target: { fresh: { missing: 0, extra: 2, differing: 0 } },
        })
        await run(database, 'delete from enforced.fresh where id in (50, 60)')
      }
      await run(database, `${without('enforced.fresh')} ${declared}`)
      expect(await enforced()).toEqual(['fresh_range_check', 'fresh_word_check'])
      expect(await prove()).toMatchObject({ identical: true })
      const { db } = database.connection
      expect([...(await enforcedOn(db, { ...(target as TargetTable), table: collated }))]).toEqual([
        'fresh_range_check',
      ])
      await run(database, `${without('enforced.fresh')} ${declared.replace('word ~', 'word collate "C" ~')}`)
      expect(await enforced()).toEqual(['fresh_range_check'])
    })
  }

  test('on the legacy is not asked of what is derived from it, and any other is', async ({ database }) => {
    await legacy(database)
    const { connection } = database
    const passed = async () => {
      const bound = await bind(systems.mirror, connection.db)
      return [...(await passedInLegacy(connection.db, bound)).values()].flatMap((names) => [...names])
    }
    const checked = (checks: string) =>
      run(database, `${without('enforced.old')} ${checks.replaceAll('enforced.fresh', 'enforced.old')}`)
    for (const [how, checks] of others) {
      await checked(checks)
      expect(await passed(), how).toEqual([])
    }
    await run(database, `update enforced.old set word = 'w', high = 51 where id = 50`)
    await run(database, `update enforced.old set high = 61 where id = 60`)
    await checked(declared)
    // values of two columns may come of two rows
    expect(await passed()).toEqual(['fresh_word_check'])
    await run(database, 'alter table enforced.old alter word type varchar(10)')
    expect(await passed()).toEqual([])
    await run(database, 'alter table enforced.old alter word type text, drop constraint fresh_range_check')
    await run(database, 'update enforced.old set high = 0 where id = 60')
    expect(await passed()).toEqual(['fresh_word_check'])
    const context = contextOf(database, systems.mirror)
    await copy(context, { bulk: true, batchSize: 50, workers: 1 })
    expect(await verify(context, { show: 5 })).toMatchObject({
      identical: true,
      accounts: { old: { rows: 100, carried: 99, quarantined: 1 } },
    })
  })
})
