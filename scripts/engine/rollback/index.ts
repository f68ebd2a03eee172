import type { PgTable } from 'drizzle-orm/pg-core'
import type { Database } from '../../database/connect.ts'
import { Failure, Refusal, SluiceError } from '../../errors.ts'
import { bind } from '../bound.ts'
import type { Context } from '../context.ts'
import { dependents } from '../contract/dependents.ts'
import { lockSteps } from '../contract/index.ts'
import { legacyRelations } from '../contract/text.ts'
import { removeExtensions } from '../extend/rollback.ts'
import { currentPhase, phaseOf } from '../ledger.ts'
import { sqlstate } from '../lock.ts'
import { lockTables } from '../locks.ts'
import type { Phase } from '../phase.ts'
import { unsettle } from '../place.ts'
import type { Executor } from '../sql.ts'
import type { System } from '../system.ts'
import { archivedSince, archiveOwn, countRows, lastArchived } from './archive.ts'
import { archiveGrown } from './grown.ts'
import { lockSystem } from './locks.ts'
import { rebuild } from './rebuild.ts'
import { dropsOfOwnTriggers, remove } from './remove.ts'

export interface RolledBack {
  /** The phase before. */
  from: Phase
  dryRun: boolean
  /** Rows of each legacy table afterwards. */
  tables: Record<string, number>
  /** Rows that the legacy shape cannot hold, by table. They are kept in the ledger's archive. */
  archived: Record<string, number>
  /** Of a system that adds columns in place: how many values of its own each of them has, which go with it to the archive. */
  lost?: Record<string, number>
  seconds: number
}

/** Ends the transaction of a dry run, and carries what it found. */
class Undone extends Error {
  readonly found: Pick<RolledBack, 'tables' | 'archived' | 'lost'>

  constructor(found: Undone['found']) {
    super('a dry run changes nothing')
    this.found = found
  }
}

/**
 * Makes the database the legacy one again, from every phase, in one transaction. Where the legacy tables still are,
 * they are the originals, in which all is that was written to the target while both shapes were kept in step; after the contract they are rebuilt as they were, with the rows that the target and the
 * complement yield now. A dry run does the same but for removing the target, and undoes it: it locks nothing that exists
 * except views that a contract has left in the place of the tables, and target tables that it has moved there.
 * @throws Refusal where there is nothing to roll back, or something of others depends on the target
 */
export async function rollback(context: Context, { dryRun }: { dryRun: boolean }): Promise<RolledBack> {
  if ((await currentPhase(context)) === 'legacy') throw nothing(context.system.name)
  const way = context.system.extended ? removeExtensions : inOne
  return undoable(context, dryRun, (tx) => way(context, tx, dryRun))
}

/** Runs `work` in one transaction, which a dry run undoes, and says what it has found. */
export async function undoable(
  context: Context,
  dryRun: boolean,
  work: (tx: Database) => Promise<Undone['found']>,
): Promise<RolledBack> {
  const started = performance.now()
  const from = await currentPhase(context)
  const found = await context.connection.db
    .transaction(async (tx) => {
      const done = await work(tx as unknown as Database)
      if (dryRun) throw new Undone(done)
      return done
    })
    .catch((error) => (error instanceof Undone ? error.found : explain(error)))
  return { from, dryRun, ...found, seconds: (performance.now() - started) / 1000 }
}

async function inOne(context: Context, tx: Database, dryRun: boolean): Promise<Undone['found']> {
  const { system, report } = context
  await lockSteps(tx)
  await lockSystem(tx, system)
  const phase = await phaseOf(system, tx)
  if (phase === 'legacy') throw nothing(system.name)
  const target = Object.values(system.target)
  if (phase === 'contracted') await unsettle(context, tx)
  await refuseDependents(tx, [...target, ...(phase === 'contracted' ? legacyRelations(system) : [])])
  if (!dryRun) {
    if (phase === 'contracted') await lockTables(context, tx, target, 'share')
    // nothing is written to either shape from here on, and the triggers go from the legacy tables too
    else await lockTables(context, tx, [...target, ...(await watchedLegacy(tx, system))], 'access exclusive')
  }
  const last = await lastArchived(tx)
  const found =
    phase === 'contracted'
      ? await rebuild(context, tx, dryRun)
      : { tables: await countRows(tx, Object.values(system.legacy)) }
  if (phase !== 'contracted') await archiveOwn(tx, await bind(system, tx), ['part', 'whole', 'absent'])
  context.signal.throwIfAborted()
  if (!dryRun && phase === 'contracted') await lockTables(context, tx, target, 'access exclusive')
  await archiveGrown(tx, system, target)
  const archived = await archivedSince(tx, system, last)
  if (!dryRun) {
    report.note('Removing the target and the ledger')
    await remove(tx, system, { undone: phase === 'contracted' })
  }
  return { tables: found.tables, archived }
}

/** The legacy tables, where triggers of ours are on any of them: only then must their readers wait. */
const watchedLegacy = async (tx: Executor, system: System): Promise<PgTable[]> =>
  (await dropsOfOwnTriggers(tx, system)).length ? Object.values(system.legacy) : []

/** What others have built on the relations would go with them. */
export async function refuseDependents(tx: Executor, relations: Parameters<typeof dependents>[1]): Promise<void> {
  const found = relations.length ? await dependents(tx, relations) : []
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
  if (error instanceof SluiceError || sqlstate(error) !== '55P03') throw error
  throw new Failure(
    'other sessions hold locks on the tables; nothing was changed',
    {},
    'end their transactions, then start the same command again',
    error,
  )
}
