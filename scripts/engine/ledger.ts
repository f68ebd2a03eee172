import { eq, sql } from 'drizzle-orm'
import { migration, sluice } from '../../schema/ledger.ts'
import { Refusal } from '../errors.ts'
import type { Context } from './context.ts'
import { hasAddedColumns } from './extend/columns.ts'
import { next, type Phase } from './phase.ts'
import { tableName } from './shape.ts'
import type { Executor } from './sql.ts'
import type { System } from './system.ts'

/** Where the migration is, from the catalogs and the ledger. */
export const currentPhase = ({ system, connection: { db } }: Context): Promise<Phase> => phaseOf(system, db)

/** The same within a transaction. */
export async function phaseOf(system: System, db: Executor): Promise<Phase> {
  if (!(await isExpanded(db, system))) return 'legacy'
  const [row] = await db.execute(sql`
    select ${migration.phase} as phase
    from ${migration}
    where ${eq(migration.system, system.name)}`)
  return (row as { phase: Phase } | undefined)?.phase ?? 'expanded'
}

/** @throws Refusal when the target's tables or the ledger are not there, or the legacy tables no longer are */
export async function requireExpanded(context: Context): Promise<void> {
  const { system } = context
  const phase = await currentPhase(context)
  if (phase === 'contracted' && !system.extended) throw contracted(system)
  if (phase !== 'legacy') return
  throw new Refusal(
    'the target tables do not exist yet',
    { system: system.name },
    'npm run migrate, or npx drizzle-kit migrate for the tables alone',
  )
}

/** What needs the legacy tables can do nothing after the contract. */
export const contracted = (system: System): Refusal =>
  new Refusal(
    'the legacy tables were dropped by the contract',
    { system: system.name },
    'npm run rollback, or npm run status',
  )

/** A target that grows in phases is there with the tables that get rows of the legacy. */
async function isExpanded(db: Executor, system: System): Promise<boolean> {
  const names = [`${sluice.schemaName}.migration`, ...system.derive.map(({ table }) => tableName(table))]
  const found = await db.execute(sql`
    select bool_and(to_regclass(name) is not null) as expanded
    from unnest(string_to_array(${names.join(',')}, ',')) as name`)
  return (found[0] as { expanded: boolean }).expanded && (await hasAddedColumns(db, system))
}

/**
 * Moves the migration to a phase, along the edges of the transition map. Staying where it is is always allowed.
 * @throws Refusal where no edge leads there
 */
export async function enter(context: Context, phase: Phase, shape?: unknown): Promise<void> {
  const { db } = context.connection
  const from = await currentPhase(context)
  if (from !== phase && !(next[from] as readonly Phase[]).includes(phase)) {
    throw new Refusal('the migration cannot go there from here', { from, to: phase }, 'npm run status')
  }
  const changed = { phase, changedAt: sql`now()`, ...(shape === undefined ? {} : { shape }) }
  await db
    .insert(migration)
    .values({ system: context.system.name, phase, ...(shape === undefined ? {} : { shape }) })
    .onConflictDoUpdate({ target: migration.system, set: changed })
}
