import postgres from 'postgres'
import { expect } from 'vitest'
import { startSync } from '../../scripts/engine/sync/index.ts'
import { contextOf, expanded } from '../engine/copying.ts'
import { copyIn, run, verifyIn } from '../engine/migration.ts'
import { eventually } from '../support/processes.ts'
import { type Scratch, test as scratch } from '../support/scratch.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) =>
    use(await expanded({ rows: 0, version: 27, dirt: 0, seed: 1 })),
})

const hash = 'a'.repeat(40)
const seen = `select original_path from atp.media`
const toLegacy = (mark: string) => `update atp.media set original_path = original_path || ',${mark}'`
const toTarget = (mark: string) => `update atp.downloads set original_path = original_path || ',${mark}'`

/** A title that both sides have, and two applications, each in a transaction of its own. */
async function between(
  database: Scratch,
  isolation: string,
  work: (one: postgres.Sql, other: postgres.Sql) => Promise<void>,
): Promise<void> {
  await run(
    database,
    `insert into atp.media (hash, media_type, media_title, release_year, original_title, original_path, imdb_id)
     values ('${hash}', 'movie', 'A title', 2000, 'a release', 'begin', 'tt0000001')`,
  )
  await copyIn(database)
  await startSync(contextOf(database))
  await copyIn(database)
  const sessions = [1, 2].map(() => postgres(database.url, { max: 1, onnotice: () => {} })) as [
    postgres.Sql,
    postgres.Sql,
  ]
  try {
    for (const each of sessions) await each.unsafe(`begin isolation level ${isolation}`)
    await work(...sessions)
  } finally {
    for (const each of sessions) await each.end({ timeout: 1 })
  }
}

/** Both sides hold exactly these writes, and the proof says so too. */
async function expectWritten(database: Scratch, marks: string): Promise<void> {
  for (const table of ['media', 'downloads'])
    expect(await run(database, `select original_path from atp.${table}`)).toEqual([{ original_path: marks }])
  expect(await verifyIn(database)).toMatchObject({ shown: [], identical: true })
}

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error) => error.code,
  )

const isWaiting = (database: Scratch) =>
  eventually(
    async () =>
      (
        await run(
          database,
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
      ).length > 0,
  )

const sides = { legacy: toLegacy, target: toTarget }
type Side = keyof typeof sides

for (const isolation of ['repeatable read', 'serializable']) {
  for (const [first, second] of [
    ['legacy', 'target'],
    ['target', 'legacy'],
  ] as [Side, Side][]) {
    test(`${isolation}: a write to the ${second} from before one to the ${first} is told 40001, and loses nothing`, async ({
      database,
    }) => {
      await between(database, isolation, async (one, other) => {
        await other.unsafe(seen)
        await one.unsafe(sides[first]('m1'))
        await one.unsafe('commit')
        expect(await code(other.unsafe(sides[second]('m2')))).toBe('40001')
        await other.unsafe('rollback')
        await other.unsafe(sides[second]('m3'))
      })
      await expectWritten(database, 'begin,m1,m3')
    })
  }
}

for (const side of ['legacy', 'target'] as Side[]) {
  test(`a title's other row is told 40001 too: its lock is the family's (${side})`, async ({ database }) => {
    await between(database, 'repeatable read', async (one, other) => {
      await other.unsafe(seen)
      await one.unsafe(`update atp.media_metadata set tagline = 'm1'`)
      await one.unsafe('commit')
      expect(await code(other.unsafe(sides[side]('m2')))).toBe('40001')
      await other.unsafe('rollback')
    })
    expect(await run(database, 'select tagline from atp.media')).toEqual([{ tagline: 'm1' }])
    await expectWritten(database, 'begin')
  })
}

test('read committed: who waits for the other side sees what it wrote, and loses nothing', async ({ database }) => {
  await between(database, 'read committed', async (one, other) => {
    await one.unsafe(toLegacy('m1'))
    const waiting = code(other.unsafe(toTarget('m2')))
    await isWaiting(database)
    await one.unsafe('commit')
    expect(await waiting).toBe('done')
    await other.unsafe('commit')
  })
  await expectWritten(database, 'begin,m1,m2')
})

test('read committed: two writers that wait for each other are told 40P01, one of them, and nothing is lost', async ({
  database,
}) => {
  await run(
    database,
    `insert into atp.media (hash, media_type, media_title, release_year, original_title, original_path, imdb_id)
     values ('${'b'.repeat(40)}', 'movie', 'Another title', 2001, 'another release', 'begin', 'tt0000002')`,
  )
  const of = (letter: string) => ` where hash = '${letter.repeat(40)}'`
  await between(database, 'read committed', async (one, other) => {
    await one.unsafe(toLegacy('m1') + of('a'))
    await other.unsafe(toTarget('m2') + of('b'))
    const waiting = code(one.unsafe(toLegacy('m3') + of('b')))
    await isWaiting(database)
    const answers = [await code(other.unsafe(toTarget('m4') + of('a'))), await waiting]
    expect(answers.sort()).toEqual(['40P01', 'done'])
    for (const each of [one, other]) await each.unsafe('commit')
  })
  const rows = await run(database, 'select original_path from atp.media order by hash')
  const marks = rows.map((row) => row.original_path)
  expect([
    ['begin,m1', 'begin,m3'],
    ['begin,m4', 'begin,m2'],
  ]).toContainEqual(marks)
  expect(await run(database, 'select original_path from atp.downloads order by hash')).toEqual(rows)
  expect(await verifyIn(database)).toMatchObject({ shown: [], identical: true })
})
