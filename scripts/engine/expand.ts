import { setTimeout } from 'node:timers/promises'
import { type SQL, sql } from 'drizzle-orm'
import { connect, type Database } from '../database/connect.ts'
import { migrateLock } from '../database/lock.ts'
import { Refusal } from '../errors.ts'
import { applyPart } from './apply.ts'
import type { Context } from './context.ts'
import { requireBefore, requireGate } from './gate/index.ts'
import { isApplied, type Part, partsOf } from './gate/parts.ts'
import { defaultLockTimeout } from './locks.ts'
import { requireLegacy, rows } from './preflight/look.ts'
import { missingRights } from './preflight/rights.ts'
import { readSteps } from './preflight/steps.ts'
import { occupiedSchemas, occupiedTargets } from './preflight/targets.ts'
import type { Executor } from './sql.ts'
import type { System } from './system.ts'

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
  return withSteps(context, url, options, (db) => requireReady(context.system, db, options))
}

/** The same where the steps may have to make the legacy tables first, in an empty database, or do without them. */
export const grow = (context: Grower, url: string, options: ExpandOptions = {}): Promise<{ applied: string[] }> =>
  withSteps(context, url, options, (db) => requireFree(context.system, db, options))

/** What the steps are applied with. */
type Grower = Pick<Context, 'system' | 'report' | 'signal' | 'lockTimeout'>

export interface ExpandOptions {
  lockTimeout?: number
  phases?: number
  /** Takes over new columns and tables that are there already, as declared. */
  stamp?: boolean
}

async function withSteps(
  context: Grower,
  url: string,
  {
    lockTimeout = context.lockTimeout ?? defaultLockTimeout,
    phases = Number.POSITIVE_INFINITY,
    stamp = false,
  }: ExpandOptions,
  require: (db: Database) => Promise<void>,
): Promise<{ applied: string[] }> {
  const { system, report } = context
  // One session: it holds the advisory lock, the timeout, and the transactions.
  const { db, close } = await connect(url, { max: 1 })
  try {
    await holdLock(context, db)
    // not before: what another process is just making is nobody else's
    await require(db)
    await db.execute(sql.raw(`set lock_timeout = ${Number(lockTimeout)}`))
    if (stamp) await db.execute(sql`select set_config('sluice.stamp', 'on', false)`)
    const applied: string[] = []
    for (let phase = 0; phase < phases; phase++) {
      const parts = partsOf(system, await readSteps(system, db))
      const next = parts.find((part) => !isApplied(part))
      if (!next) break
      for (const part of parts.slice(0, parts.indexOf(next))) await requireGate(system, db, parts, part)
      if (next.gate) await requireBefore(db, next.gate)
      const names = await applyPart(context, db, parts, next, lockTimeout)
      applied.push(...names)
      if (!next.gate) break
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

/**
 * Changes nothing, and passes where `expand` has nothing to object to.
 * @param options.stamp whether what is there as declared is taken over
 * @throws Refusal without the legacy tables, without the rights, or where something else has the target's names
 */
export async function requireReady(system: System, db: Executor, { stamp = false } = {}): Promise<void> {
  await requireLegacy(system, db)
  const [right, ...more] = await missingRights(system, db)
  if (right) {
    throw new Refusal(
      'this role lacks a right that Sluice needs',
      { role: right.role, missing: right.right, 'and more': more.length || undefined },
      right.grant,
    )
  }
  await requireFree(system, db, { stamp })
}

/** @throws Refusal where something else has the target's names */
async function requireFree(system: System, db: Executor, { stamp = false }: ExpandOptions): Promise<void> {
  const steps = await readSteps(system, db)
  const [schema] = await occupiedSchemas(db, steps)
  if (schema) {
    throw new Refusal(
      'a schema that the target needs already exists',
      { schema },
      `rename or drop ${schema}, then start the same command again`,
    )
  }
  const all = await occupiedTargets(system, db, steps)
  const occupied = stamp ? all.find(({ differences }) => differences.length > 0) : all[0]
  if (occupied) {
    const { table, differences, columns } = occupied
    const what = columns ? 'some of the new columns' : 'a target table'
    throw new Refusal(
      `${what} already ${columns ? 'exist' : 'exists'}${differences.length ? ' with another shape' : ''}`,
      {
        table,
        columns: columns?.slice(0, 3).join(', '),
        differs: differences.length ? differences.slice(0, 3).join('; ') : undefined,
      },
      system.extended && differences.length === 0
        ? 'npm run migrate -- --stamp takes over what is there'
        : `rename or drop ${columns ? 'them' : table}, then start the same command again`,
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
