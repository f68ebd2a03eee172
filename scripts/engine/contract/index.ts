import { sql } from 'drizzle-orm'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import type { Database } from '../../database/connect.ts'
import { migrateLock } from '../../database/lock.ts'
import { Failure, Refusal } from '../../errors.ts'
import { bind } from '../bound.ts'
import type { Context } from '../context.ts'
import { finish, requireFinishable } from '../extend/finish.ts'
import { currentPhase } from '../ledger.ts'
import { sqlstate } from '../lock.ts'
import { rows } from '../preflight/look.ts'
import { readSteps, stepsFolder } from '../preflight/steps.ts'
import { refusalOf } from '../refused.ts'
import { tableName } from '../shape.ts'
import type { Executor } from '../sql.ts'
import { syncOf } from '../step.ts'
import { dependents } from './dependents.ts'
import { legacyRelations } from './text.ts'
import { typesDropped } from './types.ts'
import { keepViews, keptView } from './views.ts'

/** What it takes to be contracted where nothing keeps both shapes in step. */
const alive = 'npm run sync, npm run copy and npm run verify'

export interface Contracted {
  /** Names of the steps that were applied; none where the contract was done before. */
  applied: string[]
  /** Names of the tables that are gone. */
  dropped: string[]
  /** Names of the views in their place. */
  views: string[]
  seconds: number
}

/**
 * What can be said before anything is locked. The contract itself asks it all again.
 * @returns whether there is anything left to do
 * @throws Refusal where the contract would refuse
 */
export async function requireContractable(context: Context): Promise<boolean> {
  const { system, connection } = context
  if (system.extended) return requireFinishable(context)
  const phase = await currentPhase(context)
  if (phase === 'contracted') return false
  if (phase !== 'verified') {
    const next = { legacy: 'npm run migrate', expanded: alive, syncing: 'npm run copy, then npm run verify' }[phase]
    throw new Refusal('only what is verified can be contracted', { system: system.name, phase }, next)
  }
  const sync = await syncOf(connection.db, system)
  if (sync !== 'on') {
    throw new Refusal('both shapes are not kept in step', { system: system.name, sync }, alive)
  }
  const [first, ...more] = await dependents(connection.db, legacyRelations(system), typesDropped(system))
  if (first) {
    throw new Refusal(
      'something depends on the legacy tables, or cannot be rebuilt',
      { [first.fact]: first.object, 'and more': more.map(({ object }) => object).join(', ') || undefined },
      'drop or change it, then start the same command again',
    )
  }
  return true
}

/**
 * Drops the legacy tables, in one transaction with the proof, through drizzle's own migrator: `drizzle-kit migrate`
 * at this stage finds nothing to do afterwards.
 * @throws Refusal where the guard among the steps refuses, and nothing has changed then
 */
export async function contract(context: Context, options: { keepViews: boolean }): Promise<Contracted> {
  const started = performance.now()
  const { system, connection, report, signal } = context
  if (options.keepViews && system.settlesIn !== undefined) throw noPlace(system.name)
  if (system.extended) return finish(context)
  if (!(await requireContractable(context))) {
    if (options.keepViews) throw tooLate(system.name)
    return { applied: [], dropped: [], views: [], seconds: 0 }
  }
  signal.throwIfAborted()
  report.note('Proving once more while writers of both shapes wait, then dropping the legacy tables')
  const done = await connection.db
    .transaction((tx) => inOne(context, tx as unknown as Database, options))
    .catch(explain)
  return { ...done, seconds: (performance.now() - started) / 1000 }
}

async function inOne({ system, lockTimeout }: Context, tx: Database, options: { keepViews: boolean }) {
  await lockSteps(tx)
  // the guard among the steps takes the locks
  if (lockTimeout !== undefined)
    await tx.execute(sql`select set_config('sluice.lock_timeout', ${`${lockTimeout}ms`}, true)`)
  const bound = await bind(system, tx)
  const statements = options.keepViews ? bound.legacy.map((each) => keptView(bound, each)) : []
  const pending = (await readSteps(system, tx, 'contract')).filter(({ applied }) => !applied)
  await migrate(tx, { migrationsFolder: stepsFolder(system, 'contract') })
  const names = bound.legacy.map(({ table }) => tableName(table))
  if (options.keepViews) await keepViews(tx, bound, statements)
  return { applied: pending.map(({ name }) => name), dropped: names, views: options.keepViews ? names : [] }
}

/** No step may be applied or taken back by two at once. The lock ends with the transaction. */
export async function lockSteps(tx: Executor): Promise<void> {
  const [lock] = await rows<{ held: boolean }>(
    tx,
    sql`select pg_try_advisory_xact_lock(${migrateLock.toString()}::bigint) as "held"`,
  )
  if (lock?.held) return
  throw new Refusal(
    'another process is migrating this database',
    {},
    'wait for it to end, then start the same command again',
  )
}

const noPlace = (system: string) =>
  new Refusal(
    'the new tables take the names of the old ones, and no views can be put in their place',
    { system },
    'npm run contract without --keep-views',
  )

const tooLate = (system: string) =>
  new Refusal(
    'the legacy tables are gone already, and no views can be put in their place',
    { system },
    'npm run rollback, npm run migrate, and then npm run contract -- --keep-views',
  )

/** The guard's words are those of a Refusal; a lock that the drop did not get is another session's. */
function explain(error: unknown): never {
  const refusal = refusalOf(error)
  if (refusal) throw refusal
  const code = sqlstate(error)
  if (code === '55P03' || code === '40P01') {
    throw new Failure(
      'other sessions hold locks on the legacy tables; nothing was dropped',
      {},
      'end their transactions, then start the same command again',
      error,
    )
  }
  throw error
}
