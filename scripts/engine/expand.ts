import { setTimeout } from 'node:timers/promises'
import { type SQL, sql } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { migrate } from 'drizzle-orm/pg-core'
import { connect, type Database } from '../database/connect.ts'
import { migrateLock } from '../database/lock.ts'
import { Failure, Refusal } from '../errors.ts'
import type { Context } from './context.ts'
import { requireBefore, requireGate } from './gate/index.ts'
import { isApplied, type Part, partsOf } from './gate/parts.ts'
import { watch } from './gate/untouched.ts'
import { sqlstate } from './lock.ts'
import { requireLegacy, rows } from './preflight/look.ts'
import { missingRights } from './preflight/rights.ts'
import { readSteps, stepsFolder } from './preflight/steps.ts'
import { occupiedTargets } from './preflight/targets.ts'
import { refusalOf } from './refused.ts'
import type { Executor } from './sql.ts'
import type { System } from './system.ts'

const lockNotAvailable = '55P03'
const attempts = 40

/**
 * Applies the expand steps that drizzle's bookkeeping does not hold yet through drizzle's own migrator, so that
 * `drizzle-kit migrate` finds nothing to do afterwards: all in one transaction, or, for a system that grows in phases, a
 * transaction for each phase, and none before the gate of the phase before holds. Holds the advisory lock that
 * drizzle.config.ts takes. A statement that waits for a lock lets go after `lockTimeout` milliseconds and the whole is
 * tried again, so that no reader queues behind it (design §4).
 * @param options.phases how many phases are applied at most
 * @returns the names of the steps that were applied
 * @throws Refusal without the legacy tables, without the rights, where something else has the target's names, or where a
 * gate does not hold
 */
export async function expand(
  context: Grower,
  url: string,
  options: ExpandOptions = {},
): Promise<{ applied: string[] }> {
  return withSteps(context, url, options, (db) => requireReady(context.system, db))
}

/** The same where the steps may have to make the legacy tables first, in an empty database, or do without them. */
export const grow = (context: Grower, url: string, options: ExpandOptions = {}): Promise<{ applied: string[] }> =>
  withSteps(context, url, options, async () => {})

type Grower = Pick<Context, 'system' | 'report' | 'signal'>

export interface ExpandOptions {
  lockTimeout?: number
  phases?: number
}

async function withSteps(
  context: Grower,
  url: string,
  { lockTimeout = 300, phases = Number.POSITIVE_INFINITY }: ExpandOptions,
  require: (db: Database) => Promise<void>,
): Promise<{ applied: string[] }> {
  const { system, report } = context
  // One session: it holds the advisory lock, the timeout, and the transactions.
  const { db, close } = await connect(url, { max: 1 })
  try {
    await require(db)
    await holdLock(context, db)
    await db.execute(sql.raw(`set lock_timeout = ${Number(lockTimeout)}`))
    const applied: string[] = []
    for (let phase = 0; phase < phases; phase++) {
      const parts = partsOf(system, await readSteps(system, db))
      const next = parts.find((part) => !isApplied(part))
      if (!next) break
      for (const part of parts.slice(0, parts.indexOf(next))) await requireGate(system, db, parts, part)
      if (next.gate) await requireBefore(db, next.gate)
      const names = await applyPart(context, db, parts, next, lockTimeout)
      applied.push(...names)
      if (!next.gate) continue
      const after = partsOf(system, await readSteps(system, db))
      const lines = await requireGate(system, db, after, after[parts.indexOf(next)] as Part)
      report.note(
        `Phase ${next.gate.name}, ${next.gate.about}: its steps are applied, and its gate holds (${lines} checks)`,
      )
    }
    return { applied }
  } finally {
    await close()
  }
}

/** @returns the names of the steps that were applied, all of them or none */
async function applyPart(
  { system, signal }: Grower,
  db: Database,
  parts: readonly Part[],
  part: Part,
  lockTimeout: number,
): Promise<string[]> {
  const pending = part.steps.filter(({ applied }) => !applied).map(({ name }) => name)
  const before = parts.slice(0, parts.indexOf(part)).flatMap(({ gate }) => gate?.tables ?? [])
  const folder = { migrationsFolder: stepsFolder(system) }
  const steps = readMigrationFiles(folder).filter(({ name }) => pending.includes(name ?? ''))
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      await db.transaction(async (tx) => {
        // drizzle-kit leaves the name of this schema out of what it writes
        await tx.execute(sql`select set_config('search_path', 'public', true)`)
        const touched = part.gate && (await watch(tx, [...Object.values(system.legacy), ...before]))
        await migrate(steps, tx, folder)
        if (touched) requireUntouched(await touched())
      })
      return pending
    } catch (error) {
      if (sqlstate(error) !== lockNotAvailable) throw refusalOf(error) ?? error
      if (attempt === attempts) throw busy(attempt, lockTimeout, error)
      await setTimeout(lockTimeout * (0.5 + Math.random()))
    }
  }
}

/** A phase adds; what is there already is not its to change. */
function requireUntouched(touched: readonly string[]): void {
  const [table] = touched
  if (!table) return
  throw new Refusal(
    'a step would have changed rows that were there before it; nothing was changed',
    { table, 'and more': touched.length > 1 ? touched.slice(1).join(', ') : undefined },
    'take it out of the step, then start the same command again',
  )
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
