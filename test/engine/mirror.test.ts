import { and, getColumns, isNotNull, sql } from 'drizzle-orm'
import { check, integer, pgSchema, QueryBuilder, text } from 'drizzle-orm/pg-core'
import { expect } from 'vitest'
import { bind } from '../../scripts/engine/bound.ts'
import { copy } from '../../scripts/engine/copy.ts'
import { mirroredBy } from '../../scripts/engine/proof/mirror.ts'
import type { System } from '../../scripts/engine/system.ts'
import { verify } from '../../scripts/engine/verify.ts'
import { atp } from '../../scripts/systems/atp/index.ts'
import { type Scratch, scratchDatabase } from '../support/scratch.ts'
import { contextOf, expandIn, legacyIn, one, run, sharing } from './migration.ts'
import { oneTable } from './one-table.ts'
import { keep, ledger, undo } from './tampering.ts'

const schema = pgSchema('mirrored')
const builder = new QueryBuilder()
const columns = () => ({ id: integer().primaryKey(), word: text(), note: text() })

const old = schema.table('old', columns())
const fresh = schema.table('fresh', columns(), ({ word }) => [check('fresh_word_check', sql`${word} <> 'bad'`)])

/** Restore yields the rows with a word alone. */
const system = oneTable('mirrored', { old, fresh }, 'id', (fresh, keys) =>
  builder
    .select(getColumns(fresh))
    .from(fresh)
    .where(and(isNotNull(fresh.word), keys.match(fresh))),
)

const tables = ['mirrored.old', 'mirrored.fresh']

const test = sharing(async () => {
  const database = await scratchDatabase()
  // the ledger comes with any system's steps
  await legacyIn(database, { rows: 200, dirt: 0 })
  await expandIn(database)
  await run(
    database,
    `create schema mirrored;
     create table mirrored.old (id integer primary key, word text, note text);
     create table mirrored.fresh (like mirrored.old including all);
     insert into mirrored.old
     select n, case when n = 50 then 'bad' when n % 10 > 0 then 'w' || n end, 'n' || n from generate_series(1, 100) as n;
     analyze mirrored.old`,
  )
  await copy(contextOf(database, system), { bulk: true, batchSize: 50, workers: 1 })
  await keep(database, tables)
  return database
})

const prove = (database: Scratch) => verify(contextOf(database, system), { show: 5 })

const undone = async (database: Scratch, text: string, work: () => Promise<void>) => {
  try {
    await run(database, text)
    await work()
  } finally {
    for (const table of [...tables, ...ledger]) await undo(database, table)
  }
}

test('what mirrors a legacy table is read off the queries', async ({ shared }) => {
  const of = async (any: System) => {
    const bound = await bind(any, shared.connection.db)
    return bound.target.map((target) => [target.name, mirroredBy(bound, target)?.name])
  }
  expect(await of(system)).toEqual([['fresh', 'old']])
  // a file is not of every media row, and a title is of many
  expect(await of(atp)).toEqual([
    ['mediaMetadata', undefined],
    ['downloads', 'media'],
    ['files', undefined],
    ['mediaMetrics', 'prediction'],
  ])
})

test('a mirror is proven with the table that it mirrors', async ({ shared }) => {
  expect(await prove(shared)).toMatchObject({
    identical: true,
    tables: { old: { rows: 100 } },
    target: { fresh: { rows: 99, missing: 0, extra: 0, differing: 0 } },
    accounts: { old: { rows: 100, carried: 90, complemented: 9, quarantined: 1 } },
  })
  expect(await one(shared, `select count(*)::int from sluice.complement where system = 'mirrored'`)).toBe(10)
})

/** What the proof of the legacy cannot see, for restore does not yield these rows, or yields them as they were. */
const damages: [name: string, text: string, key: string, kind: string][] = [
  [
    'a row that restore does not yield has come',
    `insert into mirrored.fresh values (101, null, 'n101')`,
    '101',
    'extra',
  ],
  ['a row that restore does not yield is gone', 'delete from mirrored.fresh where id = 30', '30', 'missing'],
  [
    'a row that restore does not yield is another',
    `update mirrored.fresh set note = 'x' where id = 30`,
    '30',
    'differing',
  ],
  ['another row instead', `update mirrored.fresh set id = 130 where id = 30`, '130', 'extra'],
  [
    'a row that the declaration refuses, and nothing is noted of it',
    `insert into mirrored.fresh table mirrored.old on conflict do nothing;
     delete from sluice.complement where system = 'mirrored' and key = '50';
     delete from sluice.quarantine where system = 'mirrored'`,
    '50',
    'extra',
  ],
  [
    'a family is set aside of which the target has a row',
    `insert into sluice.quarantine (system, relation, key, family, scope, constraint_name, sqlstate, reason)
     values ('mirrored', 'fresh', '7', '7', 'family', 'by_hand', '23514', 'by hand')`,
    '7',
    'extra',
  ],
]

for (const [name, text, key, kind] of damages)
  test(`and what the legacy does not show is named: ${name}`, async ({ shared }) =>
    undone(shared, text, async () => {
      const proof = await prove(shared)
      expect(proof).toMatchObject({ identical: false, tables: { old: { missing: 0, extra: 0, differing: 0 } } })
      expect(proof.shown).toContainEqual(expect.objectContaining({ table: 'mirrored.fresh', key, kind }))
    }))

test('and everything is identical again once that is undone', async ({ shared }) => {
  expect(await prove(shared)).toMatchObject({ identical: true })
})
