import postgres from 'postgres'
import { expect, inject } from 'vitest'
import { connect } from '../../scripts/database/connect.ts'
import { paceOf } from '../../scripts/engine/pace.ts'
import { laggingReplica } from '../support/replica.ts'
import { type Scratch, test as scratch } from '../support/scratch.ts'
import { contextOf, copied, expanded, inBatches, proven } from './copying.ts'
import { run } from './migration.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) =>
    use(await expanded({ rows: 300, version: 23, dirt: 0.2, seed: 5 })),
})

/** A report that keeps the notes, and counts the batches. */
function listening() {
  const heard = { notes: [] as string[], batches: 0 }
  const report = { note: (text: string) => heard.notes.push(text), progress: () => heard.batches++ }
  return { heard, report }
}

const isCarried = async (database: Scratch) => (await run(database, 'select from atp.downloads limit 1')).length > 0

const expectIdentical = async (database: Scratch) => expect(await proven(database)).toMatchObject({ identical: true })

test('batches are halved while they take too long, and doubled again when there is time', async ({ database }) => {
  const pace = await paceOf(contextOf(database), { batchSize: 1000, targetBatchMs: 100 })
  const sizes: number[] = []
  for (const ms of [90, 151, 400, 100, 149, 20, 20, 20]) {
    const size = await pace.next()
    sizes.push(size)
    pace.took(size, ms)
  }
  expect(sizes).toEqual([1000, 1000, 500, 250, 250, 250, 500, 1000])
  pace.took(500, 9_999) // begun before the size was changed
  expect(await pace.next()).toBe(1000)
  for (let i = 0; i < 20; i++) pace.took(await pace.next(), 9_999)
  expect(await pace.next()).toBe(1)
})

test('a copy of which every batch takes too long has smaller and smaller ones', async ({ database }) => {
  const { heard, report } = listening()
  await copied(database, { ...inBatches(64), targetBatchMs: 0.01 }, { report })
  const families = Number((await run(database, 'select sum(families) as n from sluice.shard'))[0]?.n)
  // 64, 32, 16, 8, 4, 2 and then one at a time, but for what one batch had not to be asked for
  expect(heard.batches).toBeGreaterThan(families - 130)
  await expectIdentical(database)
})

test('it waits while too many sessions are at work, says so, and goes on', async ({ database }) => {
  const { heard, report } = listening()
  const others = postgres(database.url, { max: 25, connection: { application_name: 'an application' } })
  const busy = Array.from({ length: 25 }, () => others`select pg_sleep(120)`.catch(() => {}))
  await expect.poll(() => atWork(database), { timeout: 20_000 }).toBe(25)
  const copying = copied(database, { ...inBatches(2000), maxLoad: 20 }, { report })
  await expect.poll(() => heard.notes.join(), { timeout: 20_000 }).toMatch(/waits: \d+ sessions .* --max-load 20/)
  expect(await isCarried(database)).toBe(false)
  const stop = new AbortController()
  const other = await paceOf(contextOf(database, { signal: stop.signal }), { batchSize: 1, maxLoad: 20 })
  const next = other.next()
  stop.abort(new Error('stopped'))
  await expect(next).rejects.toThrow('stopped')
  await others.end({ timeout: 0 })
  await Promise.all(busy)
  await run(
    database,
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'an application'`,
  )
  await copying
  expect(heard.notes.at(-1)).toMatch(/goes on after [\d.]+ seconds/)
  await expectIdentical(database)
})

test('it waits while a standby is too far behind', async ({ database }) => {
  const { heard, report } = listening()
  const replica = await laggingReplica(database.url)
  try {
    await run(database, `create table public.log as select repeat('x', 1000) as text from generate_series(1, 3000)`)
    const copying = copied(database, { ...inBatches(2000), maxLag: 1 }, { report })
    await expect.poll(() => heard.notes.join(), { timeout: 20_000 }).toMatch(/a standby is \d+ MB behind/)
    expect(await isCarried(database)).toBe(false)
    replica.catchUp()
    await copying
    await expectIdentical(database)
  } finally {
    await replica.end()
  }
})

test('a role that cannot see the load is refused', async ({ database }) => {
  const role = `onlooker_${process.pid}`
  await run(database, `create role ${role} login password 'onlooker'`)
  const url = new URL(inject('serverUrl'))
  Object.assign(url, { username: role, password: 'onlooker' })
  const connection = await connect(url.href)
  try {
    const refused = paceOf(contextOf({ connection }), { batchSize: 1, maxLoad: 5 })
    await expect(refused).rejects.toMatchObject({ exitCode: 2, next: expect.stringContaining('grant pg_monitor') })
  } finally {
    await connection.close()
    await run(database, `drop role ${role}`)
  }
})

async function atWork(database: Scratch): Promise<number> {
  const rows = await run(
    database,
    `select from pg_stat_activity where application_name = 'an application' and state = 'active'`,
  )
  return rows.length
}
