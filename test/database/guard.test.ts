import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { describe, expect } from 'vitest'
import { type Connection, connect } from '../../scripts/database/connect.ts'
import { test as base, type Scratch } from '../support/scratch.ts'

/** `database.connection` looks on; `worker` has the one session that is lost. */
const test = base.extend<{ worker: Connection }>({
  worker: async ({ database }, use) => {
    const worker = await connect(database.url, { max: 1 })
    await use(worker)
    await worker.close()
  },
})

const pidOf = async (db: Pick<Connection['db'], 'execute'>) => {
  const [row] = await db.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)
  return row?.pid ?? 0
}

/** postgres.js may hand the old session's last words to the first statement after it, which then has not run. */
const nextPidOf = (db: Connection['db']) => pidOf(db).catch(() => pidOf(db))

async function end(database: Scratch, pid: number): Promise<void> {
  await database.connection.db.execute(sql`select pg_terminate_backend(${pid})`)
  for (let left = 1; left; await sleep(5))
    left = (await database.connection.db.execute(sql`select from pg_stat_activity where pid = ${pid}`)).length
}

describe('a session that is lost', () => {
  test('in a statement rejects the transaction, and no more', async ({ database, worker }) => {
    let after: unknown
    const work = worker.db.transaction(async (tx) => {
      const pid = await pidOf(tx)
      setTimeout(() => end(database, pid), 50)
      await tx.execute(sql`select pg_sleep(30)`).catch(async (error) => {
        after = await tx.execute(sql`select 1`).catch((error) => error)
        throw error
      })
    })
    await expect(work).rejects.toThrow()
    expect(after).toMatchObject({ cause: { message: 'the session with the server was lost' } })
    expect(await nextPidOf(worker.db)).toBeGreaterThan(0)
  })

  test('between two statements does not let the second one commit by itself', async ({ database, worker }) => {
    await worker.db.execute(sql`create table public.written (by text)`)
    let second: unknown
    let finished = () => {}
    const done = new Promise<void>((resolve) => {
      finished = resolve
    })
    const work = worker.db.transaction(async (tx) => {
      await tx.execute(sql`insert into public.written values ('first')`)
      await end(database, await pidOf(tx))
      await sleep(300)
      second = await tx.execute(sql`insert into public.written values ('second')`).catch((error) => error)
      finished()
    })
    await expect(work).rejects.toThrow()
    // Somebody else gets a new session, on which the second insert would run.
    expect(await nextPidOf(worker.db)).toBeGreaterThan(0)
    await done
    await sleep(100)
    expect(second).toMatchObject({ cause: { message: 'the session with the server was lost' } })
    expect(await worker.db.execute(sql`select * from public.written`)).toHaveLength(0)
  })

  test('in a nested transaction rejects all', async ({ database, worker }) => {
    const work = worker.db.transaction(async (tx) => {
      const pid = await pidOf(tx)
      setTimeout(() => end(database, pid), 50)
      await tx.transaction((nested) => nested.execute(sql`select pg_sleep(30)`)).catch(() => {})
      await tx.execute(sql`select 1`)
    })
    await expect(work).rejects.toThrow()
    expect(await nextPidOf(worker.db)).toBeGreaterThan(0)
  })

  test('does not take another transaction of the pool with it', async ({ database }) => {
    const pool = await connect(database.url, { max: 2 })
    const other = pool.db.transaction(async (tx) => {
      await tx.execute(sql`select pg_sleep(1)`)
      return pidOf(tx)
    })
    const lost = pool.db.transaction(async (tx) => {
      const pid = await pidOf(tx)
      setTimeout(() => end(database, pid), 50)
      await tx.execute(sql`select pg_sleep(30)`)
    })
    await expect(lost).rejects.toThrow()
    expect(await other).toBeGreaterThan(0)
    await pool.close()
  })

  test('does not become another one under a reservation', async ({ database, worker }) => {
    const reserved = await worker.db.$client.reserve()
    await reserved`select pg_advisory_lock(7)`
    const [row] = await reserved<[{ pid: number }]>`select pg_backend_pid() as pid`
    await end(database, row.pid)
    await sleep(100)
    await expect((async () => await reserved`select 1`)()).rejects.toThrow('the session with the server was lost')
    reserved.release()
  })

  test('rejects a statement of its own, and those to come have a new session', async ({ database, worker }) => {
    const pid = await pidOf(worker.db)
    setTimeout(() => end(database, pid), 50)
    await expect(worker.db.execute(sql`select pg_sleep(30)`)).rejects.toThrow()
    expect(await nextPidOf(worker.db)).not.toBe(pid)
  })
})

describe('a session that is well', () => {
  test('commits, rolls back, and nests as before', async ({ worker }) => {
    const { db } = worker
    await db.execute(sql`create table public.kept (value int)`)
    const returned = await db.transaction(async (tx) => {
      await tx.execute(sql`insert into public.kept values (1)`)
      const failing = tx.transaction(async (nested) => {
        await nested.execute(sql`insert into public.kept values (2)`)
        throw new Error('on purpose')
      })
      await expect(failing).rejects.toThrow('on purpose')
      return 'done'
    })
    expect(returned).toBe('done')
    const failing = db.transaction(async (tx) => {
      await tx.execute(sql`insert into public.kept values (3)`)
      throw new Error('on purpose')
    })
    await expect(failing).rejects.toThrow('on purpose')
    expect(await db.execute(sql`select value from public.kept`)).toEqual([{ value: 1 }])
  })

  test('is let go of when its reservation is released', async ({ database, worker }) => {
    const reserved = await worker.db.$client.reserve()
    const [row] = await reserved<[{ pid: number }]>`select pg_backend_pid() as pid`
    reserved.release()
    for (let left = 1; left; await sleep(5))
      left = (await database.connection.db.execute(sql`select from pg_stat_activity where pid = ${row.pid}`)).length
  })
})
