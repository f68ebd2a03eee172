import type { Database } from '../database/connect.ts'
import { type Bound, bind } from './bound.ts'
import { takeBack } from './bulk/detach.ts'
import { isFilled, loadInBulk } from './bulk/index.ts'
import { carry } from './carry.ts'
import { type Context, forWorkers } from './context.ts'
import { type Passed, passedInLegacy } from './enforced.ts'
import { backfill } from './extend/copy.ts'
import type { Range } from './family.ts'
import { currentPhase, enter, requireExpanded } from './ledger.ts'
import { sqlstate, withLock } from './lock.ts'
import { whileWritersWait } from './locks.ts'
import { carriedOrSetAside, carryDependents, type Withheld } from './narrow.ts'
import { type Pace, type PaceOptions, paceOf } from './pace.ts'
import { askFor, type Scope } from './scope.ts'
import { claim, move, nextFamilies, remainingShards, rowsCarried, type Shard, waveOf } from './shards.ts'
import type { Executor } from './sql.ts'
import { carryAlive, requireNothingOwn } from './sync/batch.ts'
import { isSyncing } from './sync/index.ts'
import { inTransaction, readFew } from './transaction.ts'
import { familiesIn } from './waves.ts'

export interface CopyOptions extends PaceOptions {
  /** Writers wait, readers go on; keys and indexes are built after the load. Not while both shapes are kept in step. */
  bulk: boolean
  /** Sessions that carry families side by side. */
  workers: number
}

/** How often a batch is tried as it is where other sessions are in its way: then it is halved. */
const attempts = 5

/** Whether both shapes are kept in step while they are copied. */
type Alive = CopyOptions & { alive: boolean }

export interface Copied {
  families: number
  rows: number
  seconds: number
}

/**
 * Carries every family to the target. Killed at any moment and started again it goes on where it was: each batch is
 * one transaction with its cursor. Started after it has finished, it carries everything once more.
 * @throws Refusal when the target is not there or another Sluice is at work
 */
export async function copy(context: Context, options: CopyOptions): Promise<Copied> {
  if (context.system.extended) return backfill(context, options)
  const started = performance.now()
  await requireExpanded(context)
  const carried = await withLock(context, 'exclusive', async () => {
    const { db } = context.connection
    const bound = await bind(context.system, db)
    const alive = await isSyncing(db, context.system)
    if (!alive) await requireNothingOwn(db, context.system)
    await takeBack(context, bound)
    await begin(context, bound, alive)
    // the target of a bulk load is nobody else's meanwhile
    if (options.bulk && alive) context.report.note('both shapes are kept in step: the target is filled batch by batch')
    if (!options.bulk || alive) return inBatches(context, bound, { ...options, alive })
    return whileWritersWait(context, async () => {
      const rows = await loadInBulk(context, bound)
      return rows === null ? inBatches(context, bound, { ...options, alive }) : { families: 0, rows }
    })
  })
  return { ...carried, seconds: (performance.now() - started) / 1000 }
}

/** What was proven is proven no longer once a copy starts. */
async function begin(context: Context, bound: Bound, alive: boolean): Promise<void> {
  const phase = await currentPhase(context)
  const shape = Object.fromEntries(
    bound.legacy.map(({ live }) => [
      `${live.schema}.${live.name}`,
      live.columns.map(({ name, type }) => `${name} ${type}`),
    ]),
  )
  await enter(context, phase === 'verified' ? (alive ? 'syncing' : 'expanded') : phase, shape)
}

async function inBatches(context: Context, bound: Bound, options: Alive): Promise<Omit<Copied, 'seconds'>> {
  // a resumed run is not fresh, and takes no chance
  const fresh = !(await isFilled(context.connection.db, bound))
  const { workers, stop } = forWorkers(context)
  const pace = await paceOf(workers, options)
  const passed: Passed = options.alive ? await passedInLegacy(context.connection.db, bound) : new Map()
  const queue = await remainingShards(context, bound)
  const total = bound.legacy.reduce((sum, { live }) => sum + live.estimatedRows, 0)
  const before = await rowsCarried(context)
  const sum = { families: 0, rows: 0 }
  const advance = (families: number, rows: number) => {
    sum.families += families
    sum.rows += rows
    const done = before + sum.rows
    context.report.progress({ task: 'copy', done, total: Math.max(total, done) })
  }
  const worker = async (wave: number | undefined) => {
    try {
      while (queue[0] && waveOf(bound, queue[0]) === wave)
        await carryShard(workers, bound, queue.shift() as Shard, { ...options, pace, fresh, passed }, advance)
    } catch (error) {
      stop(error)
    }
  }
  // a wave refers to rows of those before it
  while (queue[0] && !workers.signal.aborted) {
    const wave = waveOf(bound, queue[0])
    await Promise.all(Array.from({ length: Math.max(1, options.workers) }, () => worker(wave)))
  }
  workers.signal.throwIfAborted()
  if (!options.alive) await carryDependents(context, bound)
  return sum
}

async function carryShard(
  context: Context,
  bound: Bound,
  shard: Shard,
  { pace, fresh, alive, passed }: { pace: Pace; fresh: boolean; alive: boolean; passed: Passed },
  advance: (families: number, rows: number) => void,
): Promise<void> {
  const { db } = context.connection
  while (true) {
    const size = await pace.next()
    const batch = await next(db, bound, shard, size)
    if (batch === null) return
    context.signal.throwIfAborted()
    const { upTo, families, isLast } = batch
    const once = (range: Range, withheld: Withheld | undefined, fresh: boolean) =>
      inTransaction(
        db,
        async (tx) => {
          await readFew(tx)
          if ((await claim(tx, shard)) === null) return 0
          const carried = alive
            ? await carryAlive(tx, bound, range, passed)
            : await carry(tx, bound, await scopeOf(tx, bound, range), { fresh, withheld })
          const atEnd = range.upTo === upTo
          await move(tx, shard, {
            position: range.upTo,
            families: atEnd ? families : 0,
            rows: carried,
            finished: isLast && atEnd,
          })
          return carried
          // a batch that is alive waits for writers and then sees what they wrote
        },
        alive ? 'read committed' : 'repeatable read',
        attempts,
      )
    const rows = await carriedOrSetAside(context, bound, batch, async (range, withheld) => {
      const began = performance.now()
      try {
        const carried = await once(range, withheld, fresh)
        if (range === batch && !isLast) pace.took(size, performance.now() - began)
        return carried
      } catch (error) {
        // to insert is faster than to replace, and hardly ever finds that something is there already
        if (!fresh || sqlstate(error) !== '23505') throw error
        return once(range, withheld, false)
      }
    })
    advance(families, rows)
  }
}

/** The families of one wave are no range of all families, so they are listed. */
async function scopeOf(db: Executor, bound: Bound, range: Range): Promise<Scope> {
  if (range.wave === undefined) return range
  await askFor(db, familiesIn(bound, range))
  return 'listed'
}

type Batch = Range & { families: number; isLast: boolean }

/** The next batch of a shard; the last one reaches to the shard's end, for target rows beyond the last legacy family. */
async function next(db: Database, bound: Bound, shard: Shard, size: number): Promise<Batch | null> {
  const claimed = await db.transaction((tx) => claim(tx, shard))
  if (claimed === null) return null
  const wave = waveOf(bound, shard)
  const range = wave === undefined ? claimed : { ...claimed, wave }
  const { last, families } = await nextFamilies(db, bound, range, size)
  const isLast = families < size
  return { ...range, upTo: isLast ? range.upTo : last, families, isLast }
}
