import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { whileWritersWait } from '../../scripts/engine/locks.ts'
import { Refusal } from '../../scripts/errors.ts'
import { run as runCli } from '../cli/run.ts'
import { eventually } from '../support/processes.ts'
import { type Scratch, test as scratch } from '../support/scratch.ts'
import { bulk, contextOf, copied, expanded, inBatches, made, proven } from './copying.ts'
import { run } from './migration.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) =>
    use(await expanded({ rows: 60, version: 23, dirt: 0.3, seed: 2 })),
})

/** A session of its own in an open transaction, which `end` rolls back. */
async function session({ connection }: Scratch, first: string) {
  const own = await connection.db.$client.reserve()
  await own.unsafe(`begin; ${first}`)
  const end = async () => {
    await own`rollback`
    own.release()
  }
  return { own, end }
}

/** How many sessions wait for a lock of a kind on a table. */
const waiting = async (database: Scratch, table: string, mode: string) =>
  Number(
    (
      await run(
        database,
        `select count(*) as n from pg_locks where relation = '${table}'::regclass and mode = '${mode}' and not granted`,
      )
    )[0]?.n,
  )

/** A copy that stands still in its first batch, until `end`. */
async function standing(database: Scratch) {
  const { end } = await session(database, 'lock table atp.media_metadata in share mode')
  const copying = copied(database, inBatches(10))
  await eventually(async () => (await waiting(database, 'atp.media_metadata', 'RowExclusiveLock')) > 0)
  return async () => {
    await end()
    await copying
  }
}

test('while one copy is at work a second one and a proof are refused, and say whose session it is', async ({
  database,
}) => {
  const end = await standing(database)
  const [holder] = await run(
    database,
    `select pid from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())`,
  )
  for (const second of [() => copied(database, inBatches(10)), () => copied(database, bulk), () => proven(database)]) {
    const refused = await second().then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(refused).toBeInstanceOf(Refusal)
    expect(refused).toMatchObject({ exitCode: 2, values: { system: 'atp', session: holder?.pid } })
  }
  for (const command of ['copy', 'verify']) {
    const { code, stderr } = await runCli([command], database.url)
    expect(code, command).toBe(2)
    expect(stderr).toMatch(
      new RegExp(`another Sluice is at work on this system \\(.*session = ${holder?.pid}.*Next: wait`),
    )
  }
  await end()
  expect(await proven(database)).toMatchObject({ identical: true })
})

test('the lock ends with the copy, also with one that fails', async ({ database }) => {
  await run(database, 'alter table atp.downloads rename original_path to elsewhere')
  await expect(copied(database, inBatches(10))).rejects.toThrow()
  await run(database, 'alter table atp.downloads rename elsewhere to original_path')
  await copied(database, inBatches(10))
  expect(
    await run(
      database,
      `select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
    ),
  ).toEqual([])
})

test('two proofs go side by side', async ({ database }) => {
  await copied(database, bulk)
  const proofs = await Promise.all([proven(database), proven(database)])
  expect(proofs).toMatchObject([{ identical: true }, { identical: true }])
})

test('of two migrations at once each ends well or is refused, and the next finds all in order', async ({
  database,
}) => {
  const runs = await Promise.all([1, 2].map(() => runCli(['migrate', '--batch-size', '10'], database.url)))
  const codes = runs.map(({ code }) => code).sort()
  expect([
    [0, 0],
    [0, 2],
    [2, 2],
  ]).toContainEqual(codes)
  for (const { code, stderr } of runs)
    if (code === 2) expect(stderr).toContain('another Sluice is at work on this system')
  expect((await runCli(['migrate'], database.url)).code).toBe(0)
  expect(await proven(database)).toMatchObject({ identical: true })
})

test('while writers wait readers go on, and the writers afterwards', async ({ database }) => {
  const order: string[] = []
  const writer = await database.connection.db.$client.reserve()
  let writing: Promise<unknown> = Promise.resolve()
  await whileWritersWait(contextOf(database), async () => {
    for (const table of ['media', 'training', 'prediction']) {
      const reader = await session(database, `select count(*) from atp.${table}`)
      await reader.end()
    }
    writing = writer.unsafe('delete from atp.prediction').then(() => order.push('written'))
    await eventually(async () => (await waiting(database, 'atp.prediction', 'RowExclusiveLock')) === 1)
    order.push('read')
    await run(database, 'select count(*) from atp.prediction')
    order.push('worked')
  })
  await writing
  writer.release()
  expect(order).toEqual(['read', 'worked', 'written'])
})

test('a long writer is waited for in short attempts, between which writers and readers are served', async ({
  database,
}) => {
  const long = await session(database, `update atp.media set media_title = 'x'`)
  const notes: string[] = []
  const order: string[] = []
  const note = (text: string) => {
    notes.push(text)
  }
  const working = whileWritersWait(contextOf(database, { report: { note, progress: () => {} } }), async () => {
    order.push('worked')
  })
  await eventually(() => notes.length >= 1)
  // in midst of an attempt
  await eventually(async () => (await waiting(database, 'atp.media', 'ShareLock')) === 1)
  await run(database, 'select count(*) from atp.media')
  order.push('read')
  const other = await session(database, `set local lock_timeout = '20s'; delete from atp.media where false`)
  order.push('written')
  await other.end()
  expect(notes[0]).toMatch(/^Waiting for session \d+ of \w+ \(idle in transaction\)$/)
  await long.end()
  await working
  expect(order).toEqual(['read', 'written', 'worked'])
  expect(
    await run(database, `select from pg_locks where mode = 'ShareLock' and relation = 'atp.media'::regclass`),
  ).toEqual([])
})

test('a stop while it waits for a writer ends it, and leaves nothing locked', async ({ database }) => {
  const long = await session(database, `update atp.media set media_title = 'x'`)
  const controller = new AbortController()
  const copying = copied(database, bulk, { signal: controller.signal })
  const ended = expect(copying).rejects.toThrow(/abort/i)
  controller.abort()
  await ended
  await long.end()
  await run(database, `update atp.media set media_title = 'y'`)
  expect(
    await run(
      database,
      `select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
    ),
  ).toEqual([])
})

test('a bulk copy carries what was committed before it, and nothing of what waits for it', async ({ database }) => {
  const gate = await session(database, 'lock table atp.files in share mode')
  const copying = copied(database, bulk)
  // the bulk load wants to drop the keys of files, and the legacy is locked by then
  await eventually(async () => (await waiting(database, 'atp.files', 'AccessExclusiveLock')) === 1)
  const writer = await database.connection.db.$client.reserve()
  const writing = writer.unsafe(`update atp.media set media_title = 'late'`).then(() => 'written')
  await eventually(async () => (await waiting(database, 'atp.media', 'RowExclusiveLock')) === 1)
  await gate.end()
  await copying
  expect(await writing).toBe('written')
  writer.release()
  const { media_metadata } = await made(database)
  expect(media_metadata?.join('\n')).not.toContain('late')
  expect((await proven(database)).identical).toBe(false)
  await copied(database, inBatches(10))
  expect((await proven(database)).identical).toBe(true)
  expect(
    await database.connection.db.execute(sql`select from atp.media_metadata where media_title = 'late'`),
  ).not.toHaveLength(0)
})
