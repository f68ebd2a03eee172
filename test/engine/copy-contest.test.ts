import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../support/processes.ts'
import { type Scratch, scratchDatabase } from '../support/scratch.ts'
import { copied, divide, expanded, inBatches, made, proven } from './copying.ts'
import { gateAt } from './gate.ts'
import { run } from './migration.ts'
import { legacyNames, lost, rebuild } from './rebuild.ts'

let database: Scratch
beforeAll(async () => {
  database = await scratchDatabase(await expanded({ rows: 0, version: 23, dirt: 0, seed: 1 }))
})
beforeEach(() => run(database, emptied))
afterAll(() => database.drop())

const emptied = `
  truncate atp.media, atp.training, atp.prediction, atp.media_metadata, atp.downloads, atp.files, atp.media_metrics;
  truncate sluice.complement, sluice.quarantine, sluice.shard`

const title = (n: number) => `tt${String(n).padStart(7, '0')}`
const hash = (n: number) => n.toString(16).padStart(40, '0')

/** Media rows, each a title of its own: its number with its tmdb_id. */
async function titles(database: Scratch, claims: Record<number, number | null>) {
  for (const [n, tmdbId] of Object.entries(claims)) {
    await database.connection.db.execute(sql`
      insert into atp.media (hash, media_type, media_title, release_year, original_title, imdb_id, tmdb_id)
      values (${hash(Number(n))}, 'movie', ${`Title ${n}`}, 2000, ${`Torrent ${n}`}, ${title(Number(n))}, ${tmdbId})`)
  }
}

/** tmdb_id of each title in the target, and what is held of those that had to give it up. */
async function outcome(database: Scratch) {
  const rows = await run(
    database,
    `select m.imdb_id, m.tmdb_id, q.held ->> 'tmdb_id' as held, q.reason, q.sqlstate, q.constraint_name, q.scope
     from atp.media_metadata as m
     left join sluice.quarantine as q on q.key = m.imdb_id
     order by 1`,
  )
  return rows.map((row) => [row.imdb_id, row.tmdb_id, row.held, row.reason])
}

async function expectProven(database: Scratch) {
  expect(await proven(database)).toMatchObject({ identical: true, shown: [] })
  await run(database, 'drop schema if exists rebuilt cascade')
  await rebuild(database)
  for (const name of legacyNames) expect(await lost(database, name), name).toEqual([])
}

/** Every order of 0 … count - 1. */
const orders = (count: number): number[][] =>
  count === 0
    ? [[]]
    : orders(count - 1).flatMap((order) =>
        Array.from({ length: count }, (_, i) => [...order.slice(0, i), count - 1, ...order.slice(i)]),
      )

const lostTo = (n: number, winner: number, tmdbId = 7) => [
  title(n),
  null,
  String(tmdbId),
  `tmdb_id = ${tmdbId} is taken by ${title(winner)}`,
]

describe('a tmdb_id that several titles claim goes to the smallest, in whatever order they are carried', () => {
  for (const count of [2, 3]) {
    for (const order of orders(count)) {
      for (const workers of count === 2 ? [1, 2] : [order[0] === 1 ? 2 : 1]) {
        test(`${count} titles, ranges in the order ${order.join(' ')}, ${workers} workers`, async () => {
          const numbers = Array.from({ length: count }, (_, i) => 10 * (i + 1))
          await titles(database, Object.fromEntries(numbers.map((n) => [n, 7])))
          await divide(database, numbers.slice(0, -1).map(title), order)
          await copied(database, inBatches(1, workers))
          expect(await outcome(database)).toEqual([
            [title(10), 7, null, null],
            ...numbers.slice(1).map((n) => lostTo(n, 10)),
          ])
          await expectProven(database)
        })
      }
    }
  }
})

describe('a tmdb_id that becomes free goes to the smallest of those that claim it now', () => {
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [0, 2, 1],
  ]) {
    test(`ranges in the order ${order.join(' ')}`, async () => {
      // 10 holds 7; then it has another, and 20 and 30, which had others, claim 7
      await titles(database, { 10: 7, 20: 8, 30: 9 })
      await copied(database, inBatches(1000))
      await run(database, `update atp.media set tmdb_id = case imdb_id when '${title(10)}' then 11 else 7 end`)
      await divide(database, [title(10), title(20)], order)
      await copied(database, inBatches(1))
      expect(await outcome(database)).toEqual([[title(10), 11, null, null], [title(20), 7, null, null], lostTo(30, 20)])
      await expectProven(database)
    })

    test(`three rotate theirs, ranges in the order ${order.join(' ')}`, async () => {
      await titles(database, { 10: 7, 20: 8, 30: 9 })
      await copied(database, inBatches(1000))
      await run(database, `update atp.media set tmdb_id = case tmdb_id when 7 then 8 when 8 then 9 else 7 end`)
      await divide(database, [title(10), title(20)], order)
      await copied(database, inBatches(1))
      expect(await outcome(database)).toEqual([
        [title(10), 8, null, null],
        [title(20), 9, null, null],
        [title(30), 7, null, null],
      ])
      await expectProven(database)
    })

    test(`the winner is deleted, ranges in the order ${order.join(' ')}`, async () => {
      await titles(database, { 10: 7, 20: 7, 30: 7 })
      await copied(database, inBatches(1000))
      await run(database, `delete from atp.media where imdb_id = '${title(10)}'`)
      await divide(database, [title(10), title(20)], order)
      await copied(database, inBatches(1))
      expect(await outcome(database)).toEqual([[title(20), 7, null, null], lostTo(30, 20)])
      await expectProven(database)
    })
  }
})

test('two workers that write one tmdb_id at the same moment end as one worker does', async () => {
  await titles(database, { 10: 7, 20: 7 })
  // 20 has read that 7 is free, and waits until 10 has it
  const gate = await gateAt(database, 'atp.media_metadata', `for each row when (new.imdb_id = '${title(20)}')`)
  await divide(database, [title(10)])
  const copying = copied(database, inBatches(1, 2))
  await eventually(async () => {
    const [row] = await run(database, `select count(*) as there from atp.media_metadata where imdb_id = '${title(10)}'`)
    return Number(row?.there) === 1 && (await gate.isWaitedAt())
  })
  await gate.open()
  await copying
  expect(await outcome(database)).toEqual([[title(10), 7, null, null], lostTo(20, 10)])
  await expectProven(database)
})

test('many pairs, carried side by side one by one, end as they do at once', async () => {
  const claims = Object.fromEntries(Array.from({ length: 24 }, (_, i) => [i + 1, (i % 12) + 1]))
  // without the trigger, so that all have one updated_at
  await run(database, 'alter table atp.media disable trigger user')
  await titles(database, claims)
  await run(database, `update atp.media set created_at = '2020-01-01', updated_at = '2020-01-01'`)
  await copied(database, inBatches(1000))
  const expected = await made(database)
  const legacy = 'create table public.kept as select * from atp.media'
  await run(database, `${legacy}; ${emptied}; insert into atp.media select * from public.kept; drop table public.kept`)
  await divide(database, [title(6), title(12), title(18)])
  await copied(database, inBatches(1, 4))
  expect(await made(database)).toEqual(expected)
  await expectProven(database)
})
