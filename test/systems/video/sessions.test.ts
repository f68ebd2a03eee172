import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres, { type Sql } from 'postgres'
import { describe, expect } from 'vitest'
import { cli } from '../../cli/run.ts'
import { one, run } from '../../engine/migration.ts'
import { eventually } from '../../support/processes.ts'
import { type Scratch, test } from '../../support/scratch.ts'
import {
  copyIn,
  expandIn,
  id,
  legacyIn,
  legacyRows,
  newVideo,
  oldVideo,
  syncIn,
  verifiedIn,
  verifyIn,
  videoOf,
} from './migration.ts'

const levels = ['read committed', 'repeatable read', 'serializable'] as const

/** A session of its own, ended with the test. */
async function withSessions<T>({ url }: Scratch, count: number, work: (sessions: Sql[]) => Promise<T>): Promise<T> {
  const sessions = Array.from({ length: count }, () => postgres(url, { max: 1, onnotice: () => {} }))
  try {
    return await work(sessions)
  } finally {
    await Promise.all(sessions.map((each) => each.end({ timeout: 1 })))
  }
}

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? String(error),
  )

const proven = async (database: Scratch) => {
  const { identical, shown } = await verifyIn(database)
  expect({ identical, shown }).toEqual({ identical: true, shown: [] })
}

const firstPin = '(select id from public.camera_pins order by id limit 1)'
const move = `update public.camera_pins set mall_id = (select id from public.malls where id <> camera_pins.mall_id limit 1) where id = ${firstPin}`

/** Both at once: `first` has written and not committed when `second` writes. */
async function crossing(database: Scratch, level: string, first: string, second: string) {
  return withSessions(database, 2, async ([a, b]) => {
    if (!a || !b) throw new Error('two sessions are wanted')
    for (const each of [a, b]) {
      await each.unsafe(`begin isolation level ${level}`)
      await each.unsafe('select count(*) from public.videos')
    }
    const one = await code(a.unsafe(first))
    const other = code(b.unsafe(second))
    await sleep(150)
    const committed = await code(a.unsafe('commit'))
    const outcome = await other
    const ended = await code(b.unsafe('commit'))
    return { first: [one, committed], second: outcome === 'done' ? ended : outcome }
  })
}

describe.concurrent.each(levels)('two sessions, %s', (level) => {
  test('that write one row in both shapes lose nothing', async ({ database }) => {
    await verifiedIn(database)
    await run(database, oldVideo(1))
    const { first, second } = await crossing(
      database,
      level,
      `update public.videos set original_filename = 'old' where id = '${id(1)}'`,
      `update public.videos set original_path = 's3://new' where id = '${id(1)}'`,
    )
    expect(first).toEqual(['done', 'done'])
    expect(second).toBe(level === 'read committed' ? 'done' : '40001')
    expect(await videoOf(database, 1)).toMatchObject(
      level === 'read committed'
        ? { filename: 'old', original_filename: 'old', file_path: 's3://new', original_path: 's3://new' }
        : { filename: 'old', original_filename: 'old', file_path: '/data/1.mp4', original_path: '/data/1.mp4' },
    )
    await proven(database)
  })

  test('of which one moves a pin and the other adds a video to it do not miss each other', async ({ database }) => {
    await verifiedIn(database)
    for (const [n, write] of [oldVideo(1), newVideo(2, { mall_id: 'null' })].entries()) {
      const forth = await crossing(database, level, move, write)
      expect(forth.first).toEqual(['done', 'done'])
      expect({ n, second: forth.second }).toEqual({ n, second: level === 'read committed' ? 'done' : '40001' })
      await proven(database)
      await run(database, `delete from public.videos where id in ('${id(1)}', '${id(2)}')`)
      const back = await crossing(database, level, write, move)
      expect(back.first).toEqual(['done', 'done'])
      expect({ n, second: back.second }).toEqual({ n, second: level === 'read committed' ? 'done' : '40001' })
      await proven(database)
    }
    expect(
      await one(
        database,
        `select count(*)::int from public.videos as v join public.camera_pins as c on c.id = v.pin_id where c.mall_id <> v.mall_id`,
      ),
    ).toBe(0)
  })

  test('of which one moves a pin to where the other one’s video says that it is', async ({ database }) => {
    await verifiedIn(database)
    await run(database, oldVideo(1))
    await run(
      database,
      `update public.videos set mall_id = (select id from public.malls where id <> videos.mall_id limit 1) where id = '${id(1)}'`,
    )
    const write = `update public.videos set file_size_bytes = 2 where id = '${id(1)}'`
    const { first, second } = await crossing(database, level, move, write)
    expect(first).toEqual(['done', 'done'])
    expect(second).toBe(level === 'read committed' ? 'done' : '40001')
    await proven(database)
  })

  test('of which one moves a video to a pin that the other moves', async ({ database }) => {
    await verifiedIn(database)
    const another = `(select id from public.camera_pins order by id desc limit 1)`
    await run(database, oldVideo(1, { camera_pin_id: another }))
    const rebind = `update public.videos set pin_id = ${firstPin} where id = '${id(1)}'`
    for (const [first, second] of [
      [move, rebind],
      [rebind, move],
    ] as const) {
      const outcome = await crossing(database, level, first, second)
      expect(outcome.first).toEqual(['done', 'done'])
      expect(outcome.second).toBe(level === 'read committed' ? 'done' : '40001')
      await proven(database)
      await run(database, `update public.videos set camera_pin_id = ${another} where id = '${id(1)}'`)
    }
  })
})

/** Writers of both shapes, each in the way of its own application, until they are told to stop. */
function writers({ url }: Scratch, count: number) {
  const stopping = new AbortController()
  const told = { done: 0, retried: 0 }
  const sessions = Array.from({ length: count }, () => postgres(url, { max: 1, onnotice: () => {} }))
  const some = `(select id from public.videos order by md5(id::text || random()::text) limit 1)`
  const somePin = `(select id from public.camera_pins order by random() limit 1)`
  const writes = [
    (n: number) => oldVideo(n, { camera_pin_id: somePin }),
    (n: number) => newVideo(n, { pin_id: somePin, checksum_sha256: `'sum ${n}'` }),
    (n: number) => `update public.videos set original_filename = 'old ${n}' where id = ${some}`,
    (n: number) => `update public.videos set filename = 'new ${n}', upload_status = 'failed' where id = ${some}`,
    () => `update public.videos set processed = not processed where id = ${some}`,
    () => `update public.videos set processing_status = 'failed' where id = ${some}`,
    () => `update public.videos set camera_pin_id = ${somePin} where id = ${some}`,
    () => `update public.videos set pin_id = ${somePin} where id = ${some}`,
    () =>
      `update public.videos set mall_id = (select id from public.malls order by random() limit 1) where id = ${some}`,
    () =>
      `update public.camera_pins set mall_id = (select id from public.malls order by random() limit 1) where id = ${somePin}`,
    () => `delete from public.videos where id = ${some} and file_size_bytes = 1`,
    () =>
      `update public.videos set original_path = null where id in (select id from public.videos order by random() limit 5)`,
  ]
  const work = async (sql: Sql, session: number) => {
    for (let turn = 0; !stopping.signal.aborted; turn++) {
      const level = levels[turn % 3]
      const statements = [0, 1].map((place) => writes[(turn * 7 + session * 5 + place * 3) % writes.length])
      try {
        await sql.begin(`isolation level ${level}`, async (tx) => {
          for (const [place, write] of statements.entries())
            await tx.unsafe(write?.(session * 1_000_000 + turn * 10 + place) ?? '')
        })
        told.done++
      } catch (error) {
        if (!['40001', '40P01'].includes((error as { code?: string }).code ?? '')) throw error
        told.retried++
      }
    }
  }
  const done = Promise.all(sessions.map((sql, session) => work(sql, session + 1)))
  done.catch(() => {})
  return {
    told,
    async stop() {
      stopping.abort()
      await done
      await Promise.all(sessions.map((each) => each.end({ timeout: 1 })))
      return told
    },
  }
}

test('writers of both shapes go on while the rows are filled, and the proof holds after', async ({ database }) => {
  await legacyIn(database, { rows: 3000, dirt: 0.2 })
  await expandIn(database)
  await syncIn(database)
  const writing = writers(database, 4)
  await sleep(300)
  await copyIn(database, { batchSize: 40, workers: 2 })
  await eventually(() => writing.told.done > 50, 60)
  await writing.stop()
  await proven(database)
  // nothing of what happens once more is different
  const rows = await run(database, 'select v::text from public.videos as v order by id')
  await copyIn(database)
  expect(await run(database, 'select v::text from public.videos as v order by id')).toEqual(rows)
  await proven(database)
}, 120_000)

test('nor is anything lost where nobody is filling', async ({ database }) => {
  await verifiedIn(database, { rows: 200, dirt: 0 })
  const writing = writers(database, 4)
  await eventually(() => writing.told.done > 50, 60)
  await writing.stop()
  await proven(database)
}, 120_000)

const inside = `datname = current_database() and application_name = 'killed'`

/** The copy as a process of its own. */
function started(database: Scratch): { child: ChildProcess; ended: Promise<NodeJS.Signals | null> } {
  const child = spawn(process.execPath, cli('copy', '--batch-size', '4'), {
    env: { ...process.env, SYSTEM: 'video', DATABASE_URL: `${database.url}?application_name=killed` },
    stdio: 'ignore',
  })
  return { child, ended: new Promise((resolve) => child.on('close', (_, signal) => resolve(signal))) }
}

test('a copy that is killed goes on where it was, and each row is filled once', async ({ database }) => {
  await legacyIn(database, { rows: 3000, dirt: 0.1 })
  const before = await legacyRows(database)
  await expandIn(database)
  await syncIn(database)
  await run(
    database,
    `create table public.filled (id uuid);
     create function public.note() returns trigger language plpgsql as $$ begin insert into public.filled values (new.id); return new; end $$;
     create trigger note after update on public.videos for each row execute function public.note()`,
  )
  const filled = async () => Number(await one(database, 'select count(*) from public.filled'))
  let reached = 0
  for (let kill = 0; kill < 3; kill++) {
    const copying = started(database)
    await eventually(async () => (await filled()) > reached + 40 || copying.child.exitCode !== null, 50)
    copying.child.kill('SIGKILL')
    expect(await copying.ended).toBe('SIGKILL')
    await eventually(
      async () => Number(await one(database, `select count(*) from pg_stat_activity where ${inside}`)) === 0,
      50,
    )
    expect(await filled()).toBeGreaterThan(reached)
    reached = await filled()
  }
  expect(reached).toBeLessThan(3000)
  expect((await copyIn(database)).rows).toBeLessThan(3000)
  expect(await run(database, 'select id from public.filled group by id having count(*) > 1')).toEqual([])
  expect(await filled()).toBe(3000)
  expect(await legacyRows(database)).toEqual(before)
  await proven(database)
}, 180_000)
