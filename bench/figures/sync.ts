import postgres, { type Sql } from 'postgres'
import { copy } from '../../scripts/engine/copy.ts'
import { expand } from '../../scripts/engine/expand.ts'
import { startSync } from '../../scripts/engine/sync/index.ts'
import { type Bench, inClone, median } from '../bench.ts'
import { contextOf, requireInStep } from '../in-step.ts'
import type { SyncCost } from '../results.ts'
import { type Database, withConnection } from '../server.ts'
import { drawFrom, isPassing, keysOf } from './draw.ts'
import { type Draw, massWrites, type Write, writes } from './writes.ts'

const pairs = 7
const sessions = 2
const seconds = 1
const perSession = 4_000

/**
 * Writes per second of the application's writes without sync and with it. Two databases on one server, so that sync
 * need not come and go between the halves of a pair.
 */
export async function sync(bench: Bench, rows: number): Promise<SyncCost[]> {
  const legacy = await bench.legacy(rows, 0)
  bench.note(`what sync costs, ${rows.toLocaleString('en-US')} rows, ${pairs} pairs each`)
  return inClone(bench, legacy, async (synced) => {
    await inStep(synced)
    const plain = await bench.server.create(synced.name)
    try {
      await withConnection(plain, dropTriggers)
      await bench.server.settle()
      const costs = await measureAll(bench, { plain, synced })
      await requireInStep(synced)
      return costs
    } finally {
      await bench.server.drop(plain)
    }
  })
}

async function measureAll(
  { note }: Bench,
  { plain, synced }: Record<'plain' | 'synced', Database>,
): Promise<SyncCost[]> {
  const both = { plain: await clients(plain), synced: await clients(synced) }
  try {
    const costs: SyncCost[] = []
    for (const write of [...writes, ...massWrites]) {
      const cost = await measure(both, write)
      note(`  ${write.name}, ${write.side}: ${cost.plain.toFixed(0)} → ${cost.synced.toFixed(0)} a second`)
      costs.push(cost)
    }
    return costs
  } finally {
    await both.plain.end()
    await both.synced.end()
  }
}

/** A migration in its everyday state: both shapes alive, every family carried since the sync began. */
const inStep = (database: Database): Promise<void> =>
  withConnection(database, async (sql, connection) => {
    const context = contextOf(connection)
    await expand(context, database.url)
    await copy(context, { bulk: true, batchSize: 1000, workers: 2 })
    await startSync(context)
    await copy(context, { bulk: false, batchSize: 1000, workers: 2 })
    await sql`vacuum (freeze, analyze)`
  })

async function dropTriggers(sql: Sql): Promise<void> {
  const found = await sql<{ drop: string }[]>`
    select format('drop trigger %I on %s', tgname, tgrelid::regclass) as drop
    from pg_trigger
    where tgname like 'sluice\\_%'`
  for (const { drop } of found) await sql.unsafe(drop)
}

/** Sessions and keys of one database, the same for both of a pair. */
async function clients({ url }: Database) {
  const sql = postgres(url, { max: sessions, onnotice: () => {} })
  const draws: Draw[] = []
  for (let session = 0; session < sessions; session++) {
    const keys = await keysOf(sql, { session, sessions, most: perSession })
    draws.push(drawFrom(() => keys))
  }
  const reserved = await Promise.all(Array.from({ length: sessions }, () => sql.reserve()))
  return {
    sessions: reserved.map((session, i) => ({ session, draw: draws[i] as Draw })),
    end: async () => {
      for (const session of reserved) session.release()
      await sql.end({ timeout: 5 })
    },
  }
}

type Clients = Awaited<ReturnType<typeof clients>>

/** Writes per second of all sessions together. */
async function perSecond({ sessions }: Clients, { text, next, rows }: Write): Promise<number> {
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1000
  const counts = await Promise.all(
    sessions.map(async ({ session, draw }) => {
      let count = 0
      while (elapsed() < seconds) {
        try {
          await session.unsafe(text, next(draw) as never[], { prepare: true })
          count++
        } catch (error) {
          // titles that share a tmdb_id can still meet
          if (!isPassing(error)) throw error
        }
      }
      return count
    }),
  )
  return (counts.reduce((sum, count) => sum + count, 0) * rows) / elapsed()
}

async function measure({ plain, synced }: { plain: Clients; synced: Clients }, write: Write): Promise<SyncCost> {
  const found: { plain: number; synced: number }[] = []
  for (let i = 0; i <= pairs; i++) {
    const pair = { plain: 0, synced: 0 }
    // every other pair the other way round; the first warms the caches and does not count
    if (i % 2) pair.plain = await perSecond(plain, write)
    pair.synced = await perSecond(synced, write)
    if (i % 2 === 0) pair.plain = await perSecond(plain, write)
    if (i > 0) found.push(pair)
  }
  const { name, side, atLeast } = write
  return {
    ...{ name, side, ...(atLeast === undefined ? {} : { atLeast }) },
    plain: median(found.map(({ plain }) => plain)),
    synced: median(found.map(({ synced }) => synced)),
    ratio: median(found.map(({ plain, synced }) => synced / plain)),
  }
}
