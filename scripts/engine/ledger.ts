import { eq, sql } from 'drizzle-orm'
import { migration } from '../../schema/ledger.ts'
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
  const { ledger, target } = await found(db, system)
  if (!ledger) return 'legacy'
  const [row] = await db.execute(sql`
    select ${migration.phase} as phase
    from ${migration}
    where ${eq(migration.system, system.name)}`)
  const phase = (row as { phase: Phase } | undefined)?.phase ?? 'expanded'
  // a contract may have moved the target elsewhere
  return target || phase === 'contracted' ? phase : 'legacy'
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

/** What is there: the ledger, and the target, which where it grows in phases is the tables that get rows of the legacy. */
async function found(db: Executor, system: System): Promise<{ ledger: boolean; target: boolean }> {
  const names = system.derive.map(({ table }) => tableName(table))
  // the catalogs are asked by name: to_regclass fails where a schema may not be used
  const [row] = await db.execute(sql`
    with here as (
      select n.nspname || '.' || c.relname as name
      from pg_class as c
      join pg_namespace as n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p'))
    select ${tableName(migration)} in (select name from here) as ledger,
      bool_and(wanted.name in (select name from here)) as target
    from unnest(string_to_array(${names.join(',')}, ',')) as wanted(name)`)
  const { ledger, target } = row as { ledger: boolean; target: boolean | null }
  // where columns are added in place, nothing is derived
  return { ledger, target: target !== false && (await hasAddedColumns(db, system)) }
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

/** Notes the phase as it is once the transaction commits, for who has the lock and knows that an edge leads there. */
export async function setPhase(tx: Executor, { name }: System, phase: Phase): Promise<void> {
  await tx.execute(sql`
    insert into ${migration} (system, phase)
    values (${name}, ${phase})
    on conflict (system) do update
    set phase = excluded.phase,
      changed_at = now()`)
}
