import { setTimeout } from 'node:timers/promises'
import { type SQL, sql } from 'drizzle-orm'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import { connect } from '../database/connect.ts'
import { migrateLock } from '../database/lock.ts'
import { Failure, Refusal } from '../errors.ts'
import type { Context } from './context.ts'
import { sqlstate } from './lock.ts'
import { requireLegacy, rows } from './preflight/look.ts'
import { missingRights } from './preflight/rights.ts'
import { readSteps, stepsFolder } from './preflight/steps.ts'
import { occupiedTargets } from './preflight/targets.ts'
import type { Executor } from './sql.ts'
import type { System } from './system.ts'

const lockNotAvailable = '55P03'
const attempts = 40

/**
 * Applies the expand steps that drizzle's bookkeeping does not hold yet, in one transaction, through drizzle's own
 * migrator: `drizzle-kit migrate` finds nothing to do afterwards. Holds the advisory lock that drizzle.config.ts takes.
 * A statement that waits for a lock lets go after `lockTimeout` milliseconds and the whole is tried again, so that
 * no reader queues behind it (design §4).
 * @returns the names of the steps that were applied
 * @throws Refusal without the legacy tables, without the rights, or where something else has the target's names
 */
export async function expand(
  context: Pick<Context, 'system' | 'report' | 'signal'>,
  url: string,
  { lockTimeout = 300 }: { lockTimeout?: number } = {},
): Promise<{ applied: string[] }> {
  const { system, signal } = context
  // One session: it holds the advisory lock, the timeout, and the transaction.
  const { db, close } = await connect(url, { max: 1 })
  try {
    await requireReady(system, db)
    await holdLock(context, db)
    await db.execute(sql.raw(`set lock_timeout = ${Number(lockTimeout)}`))
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted()
      const pending = (await readSteps(system, db)).filter(({ applied }) => !applied)
      if (pending.length === 0) return { applied: [] }
      try {
        await migrate(db, { migrationsFolder: stepsFolder(system) })
        return { applied: pending.map(({ name }) => name) }
      } catch (error) {
        if (sqlstate(error) !== lockNotAvailable) throw error
        if (attempt === attempts) throw busy(attempt, lockTimeout, error)
        await setTimeout(lockTimeout * (0.5 + Math.random()))
      }
    }
  } finally {
    await close()
  }
}

/**
 * Changes nothing, and passes where `expand` has nothing to object to.
 * @throws Refusal without the legacy tables, without the rights, or where something else has the target's names
 */
export async function requireReady(system: System, db: Executor): Promise<void> {
  await requireLegacy(system, db)
  const [right, ...more] = await missingRights(system, db)
  if (right) {
    throw new Refusal(
      'this role lacks a right that Sluice needs',
      { role: right.role, missing: right.right, 'and more': more.length || undefined },
      right.grant,
    )
  }
  const [occupied] = await occupiedTargets(system, db, await readSteps(system, db))
  if (occupied) {
    const { table, differences } = occupied
    throw new Refusal(
      differences.length ? 'a target table already exists with another shape' : 'a target table already exists',
      { table, differs: differences.length ? differences.slice(0, 3).join('; ') : undefined },
      `rename or drop ${table}, then start the same command again`,
    )
  }
}

/** Asked again and again rather than waited for, so that a person can stop it. */
async function holdLock({ report, signal }: Pick<Context, 'report' | 'signal'>, db: Executor): Promise<void> {
  const ask: SQL = sql`select pg_try_advisory_lock(${migrateLock.toString()}::bigint) as "held"`
  for (let told = false; ; told = true) {
    const [lock] = await rows<{ held: boolean }>(db, ask)
    if (lock?.held) return
    if (!told) report.note('Another process is migrating this database: waiting until it has finished')
    signal.throwIfAborted()
    await setTimeout(100 + Math.random() * 100)
  }
}

const busy = (tries: number, lockTimeout: number, cause: unknown) =>
  new Failure(
    'other sessions hold locks that the new tables need',
    { tries, 'waited each time': `${lockTimeout} ms` },
    'end long transactions on the legacy tables, then start the same command again',
    cause,
  )
