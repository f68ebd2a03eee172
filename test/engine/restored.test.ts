import { sql } from 'drizzle-orm'
import { integer, pgSchema, QueryBuilder, text } from 'drizzle-orm/pg-core'
import { describe, expect } from 'vitest'
import { copy } from '../../scripts/engine/copy.ts'
import { verify } from '../../scripts/engine/verify.ts'
import { type Scratch, test } from '../support/scratch.ts'
import { contextOf, expandIn, legacyIn, one, run } from './migration.ts'
import { oneTable } from './one-table.ts'
import { keep, undo } from './tampering.ts'

const schema = pgSchema('restored')
const builder = new QueryBuilder()

const columns = { id: integer().primaryKey(), part: integer().notNull(), word: text() }

/** Rows of the word 'again' are restored twice, and of the word 'ghost' a second one that no legacy row is beside. */
const system = oneTable(
  'restored',
  { old: schema.table('old', columns), fresh: schema.table('fresh', columns) },
  'part',
  (fresh, keys) =>
    builder
      .select({
        id: sql`case when n = 2 and ${fresh.word} = 'ghost' then -${fresh.id} else ${fresh.id} end`,
        part: fresh.part,
        word: fresh.word,
      })
      .from(fresh)
      .innerJoin(sql`generate_series(1, 2) as n`, sql`n = 1 or ${fresh.word} in ('again', 'ghost')`)
      .where(keys.match(fresh)),
)

async function copied(database: Scratch, bulk: boolean) {
  // the ledger comes with any system's steps
  await legacyIn(database, { rows: 0, dirt: 0 })
  await expandIn(database)
  await run(
    database,
    `create schema restored;
     create table restored.old (id integer primary key, part integer not null, word text);
     create table restored.fresh (like restored.old including all);
     insert into restored.old
     select n, n / 3, case when n % 100 = 0 then 'ghost' when n % 7 > 0 then 'w' || n end from generate_series(1, 1000) as n;
     analyze restored.old`,
  )
  const context = contextOf(database, system)
  await copy(context, { bulk, batchSize: 100, workers: 2 })
  return { prove: () => verify(context, { show: 5 }) }
}

describe.concurrent('what restore yields and the legacy does not have', () => {
  for (const bulk of [true, false]) {
    test(`is marked absent, and every such mark must be there (bulk: ${bulk})`, async ({ database }) => {
      const { prove } = await copied(database, bulk)
      expect(await prove()).toMatchObject({ identical: true, accounts: { old: { rows: 1000, carried: 1000 } } })
      expect(await one(database, `select count(*)::int from sluice.complement where kind = 'absent'`)).toBe(10)
      await run(database, `delete from sluice.complement where kind = 'absent' and key = '-300'`)
      expect(await prove()).toMatchObject({
        identical: false,
        tables: { old: { missing: 0, extra: 1, differing: 0 } },
        shown: [{ table: 'restored.old', key: '-300', kind: 'extra' }],
      })
      await run(database, `delete from sluice.complement where kind = 'absent'`)
      expect(await prove()).toMatchObject({
        identical: false,
        tables: { old: { missing: 0, extra: 10, differing: 0 } },
      })
    })
  }

  test('is no such row where restore does not yield it any longer', async ({ database }) => {
    const { prove } = await copied(database, true)
    await run(database, `update restored.fresh set word = 'other' where id = 300`)
    expect(await prove()).toMatchObject({
      identical: false,
      shown: expect.arrayContaining([
        { table: 'restored.old', key: '-300', kind: 'complement', columns: {} },
        {
          table: 'restored.old',
          key: '300',
          kind: 'differing',
          columns: { word: { found: 'other', expected: 'ghost' } },
        },
      ]),
    })
  })

  test('is marked absent in its own family, with nothing else', async ({ database }) => {
    const { prove } = await copied(database, true)
    const damages = [
      `family = family || '1'`,
      `kept = '{"word": "ghost"}'`,
      `kept = '{"nothing": null}'`,
      `kept = '[]'`,
      `kind = 'part'`,
      `kind = 'whole'`,
      'ordinal = 2',
      `key = '-301'`,
    ]
    await keep(database, [])
    for (const damage of damages) {
      await run(database, `update sluice.complement set ${damage} where key = '-300'`)
      const { identical, shown } = await prove()
      expect([identical, shown.map(({ key }) => key)], damage).toEqual([
        false,
        expect.arrayContaining([expect.stringMatching(/^-30[01]$/)]),
      ])
      await undo(database, 'sluice.complement')
    }
    expect(await prove()).toMatchObject({ identical: true })
    await run(
      database,
      `insert into sluice.complement (system, relation, key, ordinal, family, kind, kept)
       values ('restored', 'old', '-301', 1, '', 'absent', '{}')`,
    )
    expect(await prove()).toMatchObject({ identical: false, shown: [{ key: '-301', kind: 'complement' }] })
  })

  test('is a difference where restore yields one row twice, though both are as the legacy has it', async ({
    database,
  }) => {
    const { prove } = await copied(database, true)
    expect(await prove()).toMatchObject({ identical: true })
    await run(
      database,
      `update restored.old set word = 'again' where id in (8, 9); update restored.fresh set word = 'again' where id in (8, 9)`,
    )
    expect(await prove()).toMatchObject({
      identical: false,
      differences: 2,
      tables: { old: { rows: 1000, missing: 0, extra: 2, differing: 0 } },
      shown: [
        { table: 'restored.old', key: '8', kind: 'extra' },
        { table: 'restored.old', key: '9', kind: 'extra' },
      ],
    })
  })
})
