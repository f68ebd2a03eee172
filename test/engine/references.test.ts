import { sql } from 'drizzle-orm'
import { check, foreignKey, integer, pgSchema, QueryBuilder, text, unique } from 'drizzle-orm/pg-core'
import { describe, expect } from 'vitest'
import { copy } from '../../scripts/engine/copy.ts'
import { startSync } from '../../scripts/engine/sync/index.ts'
import { type System, transforms } from '../../scripts/engine/system.ts'
import { verify } from '../../scripts/engine/verify.ts'
import { type Scratch, test } from '../support/scratch.ts'
import { contextOf, expandIn, legacyIn, run } from './migration.ts'
import { asTwo, codeOf, someoneWaits, values } from './sync/alive.ts'

const was = pgSchema('was')
const is = pgSchema('is')

const ends = { id: integer().primaryKey(), size: integer() }
const links = {
  id: integer().primaryKey(),
  one: integer().notNull(),
  other: integer().notNull(),
  also: integer(),
  code: text(),
  badge: text(),
}

const legacy = { ends: was.table('ends', ends), links: was.table('links', links) }
const fresh = is.table('ends', ends, ({ size }) => [check('ends_size_check', sql`${size} > 0`)])
const target = {
  ends: fresh,
  links: is.table(
    'links',
    { ...links, code: text().notNull(), badge: text().notNull() },
    ({ one, other, also, code, badge }) => [
      foreignKey({ name: 'links_one_fkey', columns: [one], foreignColumns: [fresh.id] }),
      foreignKey({ name: 'links_also_fkey', columns: [also], foreignColumns: [fresh.id] }),
      foreignKey({ name: 'links_other_fkey', columns: [other], foreignColumns: [fresh.id] }),
      unique('links_code_key').on(code),
      unique('links_badge_key').on(badge),
    ],
  ),
}

const { derive, restore } = transforms(legacy, target)
const builder = new QueryBuilder()
const system: System = {
  name: 'linked',
  legacy,
  target,
  family: { ends: ['id'], links: ['id'] },
  derive: [
    derive(target.ends, ({ ends }, keys) => builder.select().from(ends).where(keys.match(ends))),
    derive(target.links, ({ links }, keys) => builder.select().from(links).where(keys.match(links))),
  ],
  restore: [
    restore(legacy.ends, ({ ends }, keys) => builder.select().from(ends).where(keys.match(ends))),
    restore(legacy.links, ({ links }, keys) => builder.select().from(links).where(keys.match(links))),
  ],
}

/** Ends 1 and 2 are set aside, 3 and 4 are carried. */
async function filled(database: Scratch): Promise<void> {
  // the ledger comes with any system's steps
  await legacyIn(database, { rows: 0, dirt: 0 })
  await expandIn(database)
  const columns =
    'id integer primary key, one integer not null, other integer not null, also integer, code text, badge text'
  await run(
    database,
    `create schema was;
     create table was.ends (id integer primary key, size integer);
     create table was.links (${columns});
     create schema "is";
     create table "is".ends (id integer primary key, size integer constraint ends_size_check check (size > 0));
     create table "is".links (${columns} not null,
       constraint links_one_fkey foreign key (one) references "is".ends,
       constraint links_also_fkey foreign key (also) references "is".ends,
       constraint links_other_fkey foreign key (other) references "is".ends,
       constraint links_code_key unique (code),
       constraint links_badge_key unique (badge));
     insert into was.ends values (1, 0), (2, -1), (3, 1), (4, null);
     insert into was.links values
       (10, 3, 4, 3, 'sound', 'a'),
       (11, 1, 2, null, 'without both', 'b'),
       (12, 1, 2, 1, 'without all three', 'c'),
       (13, 3, 4, 2, 'without what may be null', 'd'),
       (14, 3, 2, 4, 'claimed', 'e'),
       (15, 4, 3, null, 'claimed', 'f'),
       (16, 4, 4, 1, 'claimed', 'g'),
       (17, 4, 1, 1, 'sound', 'h'),
       (20, 3, 3, 3, 'twice', 'i'),
       (21, 3, 3, 3, 'twice', 'j'),
       (22, 3, 3, 3, 'once', 'j'),
       (23, 3, 3, 3, 'twice', 'i')`,
  )
}

const aside = (database: Scratch) =>
  run(
    database,
    `select key, scope, constraint_name as name
     from sluice.quarantine
     where relation = 'links'
     order by key, constraint_name collate "C"`,
  )

const expected = [
  { key: '11', scope: 'row', name: 'links_one_fkey' },
  { key: '11', scope: 'row', name: 'links_other_fkey' },
  { key: '12', scope: 'value', name: 'links_also_fkey' },
  { key: '12', scope: 'row', name: 'links_one_fkey' },
  { key: '12', scope: 'row', name: 'links_other_fkey' },
  { key: '13', scope: 'value', name: 'links_also_fkey' },
  // the first that claims the code is not there, so the second has it
  { key: '14', scope: 'row', name: 'links_other_fkey' },
  { key: '16', scope: 'value', name: 'links_also_fkey' },
  { key: '16', scope: 'row', name: 'links_code_key' },
  { key: '17', scope: 'value', name: 'links_also_fkey' },
  { key: '17', scope: 'row', name: 'links_other_fkey' },
  // who has lost by one unique key claims nothing by the next
  { key: '21', scope: 'row', name: 'links_code_key' },
  { key: '23', scope: 'row', name: 'links_code_key' },
]

describe.concurrent('every reference to a row that is set aside is noted, whatever others the row has', () => {
  for (const [how, options] of Object.entries({ 'in bulk': { bulk: true }, 'in batches': { bulk: false } }))
    test(how, async ({ database }) => {
      await filled(database)
      const context = contextOf(database, system)
      await copy(context, { ...options, batchSize: 3, workers: 2 })
      expect(await aside(database)).toEqual(expected)
      expect(await verify(context, { show: 9 })).toMatchObject({ shown: [], identical: true })
    })

  test('while both shapes are alive, and with what is written then', async ({ database }) => {
    await filled(database)
    const context = contextOf(database, system)
    await startSync(context)
    await copy(context, { bulk: false, batchSize: 3, workers: 2 })
    expect(await aside(database)).toEqual(expected)
    expect(await verify(context, { show: 9 })).toMatchObject({ shown: [], identical: true })
    await run(database, `update was.ends set size = 5 where id = 2; delete from was.ends where id = 3`)
    expect(await verify(context, { show: 9 })).toMatchObject({ shown: [], identical: true })
    await run(database, `update was.ends set size = 7`)
    expect(await verify(context, { show: 9 })).toMatchObject({ shown: [], identical: true })
  })
})

describe.concurrent('one session writes who refers to a row, while another makes that row one that the target takes', () => {
  const sound = 'update was.ends set size = 5 where id in (1, 2)'
  const referring = `insert into was.links values (30, 1, 3, 3, 'new', 'k'), (31, 3, 3, 2, 'newer', 'l')`
  for (const isolation of ['read committed', 'repeatable read'])
    for (const [first, second] of [
      [referring, sound],
      [sound, referring],
    ] as const)
      test(`${first.slice(0, 6)} before ${second.slice(0, 6)}, ${isolation}`, async ({ database }) => {
        await filled(database)
        const context = contextOf(database, system)
        await startSync(context)
        await copy(context, { bulk: false, batchSize: 3, workers: 2 })
        await asTwo(database, async (one, other) => {
          for (const session of [one, other]) await session.unsafe(`begin isolation level ${isolation}; select`)
          await one.unsafe(first)
          const waiting = codeOf(other.unsafe(second))
          await someoneWaits(database)
          await one`commit`
          expect(await waiting).toBe(isolation === 'read committed' ? 'done' : '40001')
          await other`commit`
          if (isolation !== 'read committed') await other.unsafe(second)
        })
        expect(await verify(context, { show: 9 })).toMatchObject({ shown: [], identical: true })
        expect(await values(database, 'select id from "is".links where id >= 30 order by id')).toEqual([30, 31])
      })
})

describe.concurrent("a reference of the target's own stays, whatever becomes of the row that the legacy refers to", () => {
  for (const [column, own] of [
    ['also', null],
    ['also', 3],
    ['one', 3],
  ] as const)
    for (const [goes, comes] of [
      ['delete from was.ends where id = 4', 'insert into was.ends values (4, 9)'],
      ['update was.ends set size = 0 where id = 4', 'update was.ends set size = 9 where id = 4'],
    ] as const)
      test(`${column} is ${own}, ${goes.slice(0, 6)}`, async ({ database }) => {
        await filled(database)
        const context = contextOf(database, system)
        await startSync(context)
        await copy(context, { bulk: false, batchSize: 3, workers: 2 })
        await run(
          database,
          `insert into was.links (id, one, other, also, code, badge) values (40, ${column === 'one' ? '4, 3, 3' : '3, 3, 4'}, 'own', 'own');
           alter table was.links add check (id <> 40 or (${column} is not null and ${column} = 4));
           update "is".links set ${column} = ${own} where id = 40`,
        )
        for (const text of ['', goes, comes]) {
          await run(database, text)
          expect(await values(database, `select ${column} from "is".links where id = 40`)).toEqual([own])
          expect(await verify(context, { show: 9 })).toMatchObject({ shown: [], identical: true })
        }
        await run(database, `${goes}; delete from sluice.target_complement where key = '40'`)
        expect(await verify(context, { show: 9 })).toMatchObject({ identical: false })
      })
})

test('a table may not be derived before one that it refers to', async ({ database }) => {
  await filled(database)
  const backwards = { ...system, derive: [...system.derive].reverse() }
  const copying = copy({ ...contextOf(database), system: backwards }, { bulk: false, batchSize: 10, workers: 1 })
  await expect(copying).rejects.toThrow('linked derives is.links before is.ends, which it refers to')
})
