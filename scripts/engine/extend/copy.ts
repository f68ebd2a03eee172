import { sql } from 'drizzle-orm'
import { Failure } from '../../errors.ts'
import { type Context, forWorkers } from '../context.ts'
import type { Copied, CopyOptions } from '../copy.ts'
import type { Range } from '../family.ts'
import { currentPhase, enter, requireExpanded } from '../ledger.ts'
import { withLock } from '../lock.ts'
import { whileWritersWait } from '../locks.ts'
import { type Pace, paceOf } from '../pace.ts'
import { rows } from '../preflight/look.ts'
import { tableSql } from '../shape.ts'
import { claim, move, rowsCarried } from '../shards.ts'
import { column, type Executor, list, rowOf, sameImage } from '../sql.ts'
import { inTransaction, readFew } from '../transaction.ts'
import { bringBack } from './back.ts'
import { type BoundExtension, bindExtensions } from './bind.ts'
import { forgetAbsent, keep } from './keep.ts'
import { inKeys, type KeyRange, nextKeys, remainingRanges } from './ranges.ts'
import { differs, expected, keyOf, keyTextOf, rowsWhere, sameKey } from './rows.ts'
import { modeOf, settle } from './sync.ts'
import { extensionSync } from './triggers.ts'

/**
 * The counterpart of `copy` for tables that are extended in place: fills the new columns of the rows that lack them, in
 * batches by key, each one transaction with its cursor. No old column and nothing that a new application has written
 * is overwritten.
 * @throws Failure where a trigger of the table's own would have changed an old column
 */
export async function backfill(context: Context, options: CopyOptions): Promise<Copied> {
  const started = performance.now()
  await requireExpanded(context)
  const carried = await withLock(context, 'exclusive', async () => {
    const { system, connection } = context
    const bound = await bindExtensions(system, connection.db)
    await connection.db.transaction((tx) => bringBack(tx, bound))
    await begin(context)
    return options.bulk
      ? whileWritersWait(context, (inside) => inBatches(inside, bound, { ...options, workers: 1 }))
      : inBatches(context, bound, options)
  })
  return { ...carried, seconds: (performance.now() - started) / 1000 }
}

const isAlive = async ({ system, connection: { db } }: Context) => (await extensionSync(db, system)) === 'on'

/** What was proven is proven no longer once a backfill starts; in the end it only puts in order what was damaged. */
async function begin(context: Context): Promise<void> {
  const phase = await currentPhase(context)
  if (phase === 'contracted') return
  await enter(context, phase === 'verified' ? ((await isAlive(context)) ? 'syncing' : 'expanded') : phase)
}

async function inBatches(
  context: Context,
  all: readonly BoundExtension[],
  options: CopyOptions,
): Promise<Omit<Copied, 'seconds'>> {
  const { system, connection } = context
  const { db } = connection
  const { stale } = await modeOf(db, system)
  const { workers, stop } = forWorkers(context)
  const pace = await paceOf(workers, options)
  const queue = await remainingRanges(context, all)
  const total = all.reduce((sum, { live }) => sum + live.estimatedRows, 0)
  const before = await rowsCarried(context)
  let sum = 0
  const advance = (count: number) => {
    sum += count
    context.report.progress({ task: 'copy', done: before + sum, total: Math.max(total, before + sum) })
  }
  const worker = async () => {
    try {
      for (let range = queue.shift(); range; range = queue.shift())
        await fillRange(workers, range, pace, stale, advance)
    } catch (error) {
      stop(error)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, options.workers) }, worker))
  workers.signal.throwIfAborted()
  const alive = await isAlive(context)
  await db.transaction(async (tx) => {
    for (const bound of all) for (const statement of forgetAbsent(bound)) await tx.execute(statement)
    if (alive) await settle(tx, all)
  })
  return { families: sum, rows: sum }
}

async function fillRange(
  context: Context,
  { shard, bound }: KeyRange,
  pace: Pace,
  stale: boolean,
  advance: (rows: number) => void,
): Promise<void> {
  for (let more = true; more; ) {
    const size = await pace.next()
    context.signal.throwIfAborted()
    const began = performance.now()
    more = await inTransaction(
      context.connection.db,
      async (tx) => {
        await readFew(tx)
        const range = await claim(tx, shard)
        if (range === null) return false
        const { last, rows: count } = await nextKeys(tx, bound, range, size)
        const isLast = count < size
        const batch = { after: range.after, upTo: isLast ? range.upTo : last }
        await fill(tx, bound, batch, stale)
        await move(tx, shard, { position: batch.upTo, families: count, rows: count, finished: isLast })
        advance(count)
        return !isLast
      },
      // a batch waits for writers, and then sees what they wrote
      'read committed',
    )
    if (more) pace.took(size, performance.now() - began)
  }
}

/** Fills the rows of a range of keys, under their locks, so that what is derived is derived from what they are. */
async function fill(tx: Executor, bound: BoundExtension, range: Range, stale: boolean): Promise<void> {
  const { table, added, old } = bound
  const batch = inKeys(bound, range)
  const fresh = rowsWhere(bound, batch)
  await tx.execute(sql`select set_config('sluice.extending', 'on', true)`)
  await tx.execute(
    sql`select from ${tableSql(table)} as v where ${batch} order by ${list(keyOf(bound, 'v'))} for no key update`,
  )
  const [found] = await rows<{ altered: number; sample: string | null }>(
    tx,
    sql`
      with wanted as materialized (
        select * from ${expected(bound, fresh, stale)} as e),
      before as materialized (select * from ${fresh} as rows_in_place),
      written as (
        update ${tableSql(table)} as v
        set ${list(added.map(({ name }) => sql`${sql.identifier(name)} = ${column('w', name)}`))}
        from wanted as w
        where ${sameKey(bound, 'w', 'v')}
          and (${sql.join(
            added.map((each) => differs(each, 'v', 'w')),
            sql` or `,
          )})
        returning v.*)
      select count(*)::integer as "altered", min(${keyTextOf(bound, 'v')}) as "sample"
      from written as v
      left join before as b on ${sameKey(bound, 'b', 'v')}
      where not ${sameImage(rowOf('v', old), rowOf('b', old))}`,
  )
  if (found?.altered)
    throw new Failure(
      'a trigger of the table changes old columns when new ones are filled; nothing of the batch was written',
      { table: bound.relation, rows: found.altered, 'for example': found.sample },
      'make the trigger leave such updates alone (npm run plan names it), then start the same command again',
    )
  await tx.execute(keep(bound, fresh))
  await tx.execute(sql`select set_config('sluice.extending', '', true)`)
}
