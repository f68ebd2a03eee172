import { setTimeout } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { migrate } from 'drizzle-orm/pg-core'
import type { Database } from '../database/connect.ts'
import { Failure, Refusal } from '../errors.ts'
import type { Context } from './context.ts'
import type { Part } from './gate/parts.ts'
import { watch } from './gate/untouched.ts'
import { sqlstate } from './lock.ts'
import { stepsFolder } from './preflight/steps.ts'
import { refusalOf } from './refused.ts'

const lockNotAvailable = '55P03'
const attempts = 40

/**
 * Applies the steps of one part that are not applied yet, in one transaction.
 * @returns their names
 * @throws Refusal where a step refuses, or a phase would touch rows that were there before it; Failure when other sessions
 * hold their locks for too long
 */
export async function applyPart(
  { system, signal }: Pick<Context, 'system' | 'signal'>,
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

const busy = (tries: number, lockTimeout: number, cause: unknown) =>
  new Failure(
    'other sessions hold locks that the new tables need',
    { tries, 'waited each time': `${lockTimeout} ms` },
    'end long transactions on the legacy tables, then start the same command again',
    cause,
  )
