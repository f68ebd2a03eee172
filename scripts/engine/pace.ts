import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { Refusal } from '../errors.ts'
import type { Context } from './context.ts'
import { rows } from './preflight/look.ts'

/** How a copy by batches keeps out of the way of others. */
export interface PaceOptions {
  /** Families in one transaction, at most. */
  batchSize: number
  /** Milliseconds that a batch should take: while it takes much longer, the next ones are smaller. */
  targetBatchMs?: number | undefined
  /** Sessions of others at work, those that wait for a lock included; no batch begins while there are more. */
  maxLoad?: number | undefined
  /** Megabytes of the write-ahead log that a standby may be behind; no batch begins while one is further. */
  maxLag?: number | undefined
}

/** The pace of a copy, the same for all of its workers (the throttling of gh-ost and pt-online-schema-change). */
export interface Pace {
  /**
   * Waits until others leave room for a batch.
   * @returns how many families it should have
   * @throws the signal's reason once it is aborted
   */
  next(): Promise<number>
  /** Notes how many milliseconds a batch of a size has taken. */
  took(size: number, ms: number): void
}

/** Milliseconds between two looks at a server that has no room. */
const interval = 250

/**
 * The pace that was asked for.
 * @throws Refusal where the role cannot see what it should heed
 */
export async function paceOf(context: Context, options: PaceOptions): Promise<Pace> {
  const { batchSize, targetBatchMs = Number.POSITIVE_INFINITY, maxLoad, maxLag } = options
  const heeds = maxLoad !== undefined || maxLag !== undefined
  if (heeds) await requireSight(context)
  let halvings = 0
  const size = () => Math.max(1, Math.ceil(batchSize / 2 ** halvings))
  let waiting: Promise<void> | undefined
  return {
    async next() {
      if (heeds) {
        waiting ??= untilThereIsRoom(context, options).finally(() => {
          waiting = undefined
        })
        await waiting
      }
      return size()
    },
    took(of, ms) {
      // a batch that was begun before the last change says nothing of the present size
      if (of !== size()) return
      if (ms > targetBatchMs * 1.5 && of > 1) halvings++
      else if (ms < targetBatchMs / 2 && halvings > 0) halvings--
    },
  }
}

async function untilThereIsRoom(context: Context, { maxLoad, maxLag }: PaceOptions): Promise<void> {
  const { report, signal } = context
  const began = performance.now()
  for (let waited = false; ; waited = true) {
    signal.throwIfAborted()
    const { load, lag } = await look(context)
    const reasons = [
      ...(maxLoad !== undefined && load > maxLoad
        ? [`${load} sessions of others are at work, more than --max-load ${maxLoad}`]
        : []),
      ...(maxLag !== undefined && lag > maxLag
        ? [`a standby is ${Math.round(lag)} MB behind, more than --max-lag ${maxLag}`]
        : []),
    ]
    if (reasons.length === 0) {
      if (waited) report.note(`The copy goes on after ${((performance.now() - began) / 1000).toFixed(1)} seconds`)
      return
    }
    if (!waited) report.note(`The copy waits: ${reasons.join('; ')}`)
    await sleep(interval, undefined, { signal }).catch(() => {})
  }
}

interface Seen {
  /** Sessions of others at work on the whole server. */
  load: number
  /** Megabytes by which the standby that is furthest behind has not replayed, or at least received, what is written. */
  lag: number
  /** Sessions and standbys of which the role may see nothing. */
  hidden: number
}

async function look({ connection: { db } }: Context): Promise<Seen> {
  const [seen] = await rows<Seen>(
    db,
    sql`
      select load::integer as "load", coalesce(lag, 0)::float8 as "lag", (a.hidden + r.hidden)::integer as "hidden"
      from (
        select count(*) filter (where state = 'active' and backend_type = 'client backend'
              and application_name <> current_setting('application_name')) as load,
          count(*) filter (where query = '<insufficient privilege>') as hidden
        from pg_stat_activity) as a
      cross join (
        select max(pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(replay_lsn, flush_lsn, write_lsn, sent_lsn))) / 1048576.0 as lag,
          count(*) filter (where state is null) as hidden
        from pg_stat_replication
        where state in ('catchup', 'streaming') or state is null) as r`,
  )
  return seen ?? { load: 0, lag: 0, hidden: 0 }
}

async function requireSight(context: Context): Promise<void> {
  const { hidden } = await look(context)
  if (hidden === 0) return
  throw new Refusal(
    'the role may not see how busy the server is, which --max-load and --max-lag heed',
    { 'sessions and standbys it cannot see': hidden },
    'grant pg_monitor to it, or leave these options out',
  )
}
