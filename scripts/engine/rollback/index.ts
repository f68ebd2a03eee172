import type { Database } from '../../database/connect.ts'
import { Failure, Refusal } from '../../errors.ts'
import type { Context } from '../context.ts'
import { dependents } from '../contract/dependents.ts'
import { lockSteps } from '../contract/index.ts'
import { legacyRelations } from '../contract/text.ts'
import { currentPhase, phaseOf } from '../ledger.ts'
import { sqlstate } from '../lock.ts'
import type { Phase } from '../phase.ts'
import type { Executor } from '../sql.ts'
import { countRows } from './archive.ts'
import { lockSystem, lockTables } from './locks.ts'
import { rebuild } from './rebuild.ts'
import { remove } from './remove.ts'

export interface RolledBack {
  /** The phase before. */
  from: Phase
  dryRun: boolean
  /** Rows of each legacy table afterwards. */
  tables: Record<string, number>
  /** Rows that the legacy shape cannot hold, by table. They are kept in the ledger's archive. */
  archived: Record<string, number>
  seconds: number
}

/** Ends the transaction of a dry run, and carries what it found. */
class Undone extends Error {
  readonly found: Pick<RolledBack, 'tables' | 'archived'>

  constructor(found: Undone['found']) {
    super('a dry run changes nothing')
    this.found = found
  }
}

/**
 * Makes the database the legacy one again, from every phase, in one transaction. Where the legacy tables still are,
 * they are the originals; after the contract they are rebuilt as they were, with the rows that the target and the
 * complement yield now. A dry run does the same but for removing the target, and undoes it: it locks nothing that exists
 * except views that a contract has left in the place of the tables.
 * @throws Refusal where there is nothing to roll back, or something of others depends on the target
 */
export async function rollback(context: Context, { dryRun }: { dryRun: boolean }): Promise<RolledBack> {
  const started = performance.now()
  const { connection } = context
  const from = await currentPhase(context)
  if (from === 'legacy') throw nothing(context.system.name)
  const found = await connection.db
    .transaction((tx) => inOne(context, tx as unknown as Database, dryRun))
    .catch((error) => (error instanceof Undone ? error.found : explain(error)))
  return { from, dryRun, ...found, seconds: (performance.now() - started) / 1000 }
}

async function inOne(context: Context, tx: Database, dryRun: boolean) {
  const { system, report } = context
  await lockSteps(tx)
  await lockSystem(tx, system)
  const phase = await phaseOf(system, tx)
  if (phase === 'legacy') throw nothing(system.name)
  await refuseDependents(context, tx, phase)
  const target = Object.values(system.target)
  if (phase === 'contracted' && !dryRun) await lockTables(context, tx, target, 'share')
  const found =
    phase === 'contracted'
      ? await rebuild(context, tx, dryRun)
      : { tables: await countRows(tx, Object.values(system.legacy)), archived: {} }
  if (dryRun) throw new Undone(found)
  context.signal.throwIfAborted()
  report.note('Removing the target and the ledger')
  await lockTables(context, tx, target, 'access exclusive')
  await remove(tx, system, { undone: phase === 'contracted' })
  return found
}

/** What others have built on the target would go with it. */
async function refuseDependents({ system }: Context, tx: Executor, phase: Phase): Promise<void> {
  const own = phase === 'contracted' ? legacyRelations(system) : []
  const found = await dependents(tx, [...Object.values(system.target), ...own])
  const [first, ...more] = found.filter(({ fact }) => fact === 'reads or references')
  if (!first) return
  throw new Refusal(
    'something depends on the target tables',
    { [first.fact]: first.object, 'and more': more.map(({ object }) => object).join(', ') || undefined },
    'drop or change it, then start the same command again',
  )
}

const nothing = (system: string) =>
  new Refusal('there is nothing to roll back', { system, phase: 'legacy' }, 'npm run status')

/** A lock that was not given is another session's doing; everything else explains itself. */
function explain(error: unknown): never {
  if (sqlstate(error) !== '55P03') throw error
  throw new Failure(
    'other sessions hold locks on the tables; nothing was changed',
    {},
    'end their transactions, then start the same command again',
    error,
  )
}
