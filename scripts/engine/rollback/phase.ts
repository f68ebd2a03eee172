import { sql } from 'drizzle-orm'
import type { Database } from '../../database/connect.ts'
import { Refusal } from '../../errors.ts'
import type { Context } from '../context.ts'
import { lockSteps } from '../contract/index.ts'
import { configOf } from '../declared.ts'
import { type Part, partsOf } from '../gate/parts.ts'
import { phaseOf } from '../ledger.ts'
import { lockTables } from '../locks.ts'
import { makerOf, readSteps, type Step } from '../preflight/steps.ts'
import { tableSql } from '../shape.ts'
import type { Executor } from '../sql.ts'
import { list } from '../sql.ts'
import type { System } from '../system.ts'
import { archivedSince, countRows, lastArchived } from './archive.ts'
import { additionsIn, archiveGrown, existing, isOf } from './grown.ts'
import { type RolledBack, refuseDependents, undoable } from './index.ts'
import { lockSystem } from './locks.ts'
import { dropFunctions, forgetSteps } from './remove.ts'
import { dropTypes } from './types.ts'

/**
 * Takes back the phases that come after one of a system that grows in several, in one transaction: their tables,
 * constraints, indexes, functions and types. The rows of their tables go to the archive. What that phase and those before
 * it hold is not touched.
 * @throws Refusal where there is no such phase, nothing after it, or something of others depends on what would go
 */
export async function rollbackTo(context: Context, gate: string, { dryRun }: { dryRun: boolean }): Promise<RolledBack> {
  return undoable(context, dryRun, async (tx) => {
    const { system } = context
    await lockSteps(tx)
    await lockSystem(tx, system)
    const undone = await stepsAfter(system, tx, gate)
    const stays = (await readSteps(system, tx)).filter(
      ({ applied, name }) => applied && !undone.some((step) => step.name === name),
    )
    const last = await lastArchived(tx)
    const gone = await existing(tx, tablesOf(system, undone))
    await refuseDependents(tx, gone)
    if (!dryRun) await lockTables(context, tx, gone, 'access exclusive')
    await archiveGrown(tx, system, gone)
    const found = {
      tables: await countRows(tx, await existing(tx, tablesOf(system, stays))),
      archived: await archivedSince(tx, system, last),
    }
    if (!dryRun) {
      context.report.note(`Taking back what came after phase ${gate}`)
      await takeBack(tx, system, undone, gone)
    }
    return found
  })
}

/** The applied steps of the phases after one. */
async function stepsAfter(system: System, tx: Executor, gate: string): Promise<Step[]> {
  if ((await phaseOf(system, tx)) === 'contracted') {
    throw new Refusal(
      'after the contract there is only the whole way back',
      { system: system.name },
      'npm run rollback',
    )
  }
  const parts: Part[] = partsOf(system, await readSteps(system, tx))
  const at = parts.findIndex((part) => part.gate?.name === gate)
  if (at < 0) {
    throw new Refusal(
      'there is no such phase',
      { phase: gate, known: parts.map((part) => part.gate?.name).join(' ') },
      'npm run gate lists the phases',
    )
  }
  const undone = parts.slice(at + 1).flatMap(({ steps }) => steps.filter(({ applied }) => applied))
  if (undone.length > 0) return undone
  throw new Refusal('nothing that comes after this phase has been applied', { phase: gate }, 'npm run gate')
}

const tablesOf = ({ target }: System, steps: readonly Step[]) =>
  Object.values(target).filter((table) => {
    const { schema, name } = configOf(table)
    return makerOf(steps, schema ?? 'public', name) !== undefined
  })

async function takeBack(
  tx: Database,
  system: System,
  undone: readonly Step[],
  gone: Awaited<ReturnType<typeof existing>>,
): Promise<void> {
  const texts = undone.map(({ text }) => text)
  for (const added of additionsIn(texts)
    .filter((each) => !isOf(each, gone))
    .reverse()) {
    const { schema, table, name, kind } = added
    const [of, own] = [sql`${sql.identifier(schema)}.${sql.identifier(table)}`, sql.identifier(name)]
    await tx.execute(
      kind === 'constraint'
        ? sql`alter table ${of} drop constraint if exists ${own}`
        : sql`drop index if exists ${sql.identifier(schema)}.${own}`,
    )
  }
  if (gone.length) await tx.execute(sql`drop table ${list(gone.map(tableSql))}`)
  await dropFunctions(tx, texts)
  await dropTypes(tx, system, { used: 'keep' })
  await forgetSteps(
    tx,
    undone.map(({ name }) => name),
  )
}
