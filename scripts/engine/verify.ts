import { sql } from 'drizzle-orm'
import { proof as proofs } from '../../schema/ledger.ts'
import type { Database } from '../database/connect.ts'
import { type Bound, bind, type LegacyTable, type TargetTable, valuesOf, valuesRead } from './bound.ts'
import { requireAttached } from './bulk/detach.ts'
import type { Context } from './context.ts'
import { install } from './contract/install.ts'
import { verifyExtensions } from './extend/verify.ts'
import { currentPhase, enter, requireExpanded } from './ledger.ts'
import { withLock } from './lock.ts'
import { compareLedger, ledgerDifferences } from './proof/ledger.ts'
import { compareLegacy } from './proof/legacy.ts'
import { compareMirror, mirroredBy } from './proof/mirror.ts'
import { compareTarget, targetDifferences } from './proof/target.ts'
import type { Difference, Proof } from './results.ts'
import { tableName } from './shape.ts'
import type { Executor } from './sql.ts'
import { isSyncing } from './sync/index.ts'
import { readWhole } from './transaction.ts'

/** Sessions that compare tables side by side. */
const sessions = 2

/**
 * Proves design §1's equation in one snapshot: the effective legacy is the legacy, the target is what derive yields,
 * and every legacy row is carried, complemented or quarantined. The outcome is recorded; a migration that is identical
 * is verified from then on, one that is not is no longer.
 * @param options.show how many differing rows to name
 * @throws Refusal when the target is not there or a copy is at work
 */
export async function verify(context: Context, { show }: { show: number }): Promise<Proof> {
  if (context.system.extended) return verifyExtensions(context, { show })
  const started = performance.now()
  await requireExpanded(context)
  return withLock(context, 'shared', async () => {
    await requireAttached(context)
    const bound = await bind(context.system, context.connection.db)
    const result = await compare(context, bound, show)
    const proof = { ...result, seconds: (performance.now() - started) / 1000 }
    if (proof.identical) await install(context, bound)
    await record(context, proof)
    return proof
  })
}

async function compare(context: Context, bound: Bound, show: number): Promise<Omit<Proof, 'seconds'>> {
  const result: Omit<Proof, 'seconds'> = {
    identical: true,
    differences: 0,
    tables: {},
    target: {},
    accounts: {},
    shown: [],
  }
  let done = 0
  const total = bound.legacy.length + bound.target.length + 1
  const mirrors = new Map(bound.target.map((target) => [target, mirroredBy(bound, target)]))
  const legacyTask = (legacy: LegacyTable) => async (db: Executor) => {
    const { differences, account, other, shown } = await compareLegacy(db, bound, legacy, show)
    result.tables[legacy.relation] = differences
    result.accounts[legacy.relation] = account
    const unaccounted = Math.abs(account.rows - account.carried - account.complemented - account.quarantined)
    const count = differences.missing + differences.extra + differences.differing + other
    const wrong = count === 0 ? unaccounted : count
    await found(wrong, () => shown)
    // what is known of a table that is proven need not be found out again of its mirror
    for (const [target, mirrored] of mirrors)
      if (mirrored === legacy) await targetTask(target, wrong === 0 ? legacy : undefined)(db)
  }
  const targetTask = (target: TargetTable, mirrored?: LegacyTable) => async (db: Executor) => {
    const { differences, other } =
      (mirrored && (await compareMirror(db, bound, target, mirrored))) ?? (await compareTarget(db, bound, target))
    result.target[tableName(target.table).split('.')[1] ?? ''] = differences
    const count = differences.missing + differences.extra + differences.differing + other
    return found(count, () => targetDifferences(db, bound, target, show))
  }
  const ledgerTask = async (db: Executor) => {
    const count = await compareLedger(db, bound)
    return found(count, () => ledgerDifferences(db, bound, show))
  }
  // the longest first, so that no session is left with it at the end while the others have nothing to do
  const tasks = [
    ...bound.legacy.map((legacy) => ({ size: valuesOf(legacy), run: legacyTask(legacy) })),
    ...bound.target
      .filter((target) => !mirrors.get(target))
      .map((target) => ({ size: valuesRead(bound, target), run: targetTask(target) })),
    { size: 0, run: ledgerTask },
  ]
    .sort((a, b) => b.size - a.size)
    .map(({ run }) => run)
  const found = async (count: number, rows: () => Difference[] | Promise<Difference[]>) => {
    context.report.progress({ task: 'verify', unit: 'checks', done: ++done, total })
    context.signal.throwIfAborted()
    result.differences += count
    if (count > 0 && result.shown.length < show) result.shown.push(...(await rows()))
  }
  await inOneSnapshot(context.connection.db, tasks)
  result.identical = result.differences === 0
  result.shown = result.shown.slice(0, show)
  result.tables = ordered(result.tables, bound.legacy)
  result.accounts = ordered(result.accounts, bound.legacy)
  result.target = ordered(result.target, bound.target)
  return result
}

const ordered = <T>(results: Record<string, T>, tables: readonly { relation: string }[]): Record<string, T> =>
  Object.fromEntries(tables.map(({ relation }) => [relation, results[relation] as T]))

/** Runs the tasks in several read-only sessions that all see the snapshot of the first. */
async function inOneSnapshot(db: Database, tasks: ((db: Executor) => Promise<void>)[]): Promise<void> {
  const queue = [...tasks]
  const settings = { isolationLevel: 'repeatable read', accessMode: 'read only' } as const
  const work = async (tx: Executor) => {
    await readWhole(tx)
    for (let task = queue.shift(); task; task = queue.shift()) await task(tx)
  }
  await db.transaction(async (first) => {
    const [row] = await first.execute(sql`select pg_export_snapshot() as snapshot`)
    const snapshot = (row as { snapshot: string }).snapshot
    const others = Array.from({ length: sessions - 1 }, () => db.transaction(work, { ...settings, snapshot }))
    const outcomes = await Promise.allSettled([work(first), ...others])
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }, settings)
}

async function record(context: Context, proof: Proof): Promise<void> {
  const { db } = context.connection
  await db.insert(proofs).values({
    system: context.system.name,
    identical: proof.identical,
    differences: proof.differences,
    tables: { legacy: proof.tables, target: proof.target, accounts: proof.accounts },
    seconds: proof.seconds,
  })
  const phase = await currentPhase(context)
  if (proof.identical && phase !== 'contracted') await enter(context, 'verified')
  if (!proof.identical && phase === 'verified') {
    await enter(context, (await isSyncing(db, context.system)) ? 'syncing' : 'expanded')
  }
}
