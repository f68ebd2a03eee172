import { eq, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { family, shard } from '../../../schema/ledger.ts'
import type { Database } from '../../database/connect.ts'
import { type Bound, bind } from '../bound.ts'
import { takeBack } from '../bulk/detach.ts'
import type { Context } from '../context.ts'
import { functionOf, withoutCheck } from '../contract/text.ts'
import { startExtensionSync, stopExtensionSync } from '../extend/sync.ts'
import { requireExpanded, setPhase } from '../ledger.ts'
import { withLock } from '../lock.ts'
import { lockTables } from '../locks.ts'
import { rows } from '../preflight/look.ts'
import { tableName } from '../shape.ts'
import { type Executor, list } from '../sql.ts'
import { syncOf } from '../step.ts'
import type { System } from '../system.ts'
import type { Transaction } from '../transaction.ts'
import { changeTriggers } from '../triggers.ts'
import { bits, effectsOf } from './effects.ts'
import { forwardFunction } from './forward.ts'
import { nestedFunction } from './nested.ts'
import { readOnlyFunction, readOnlyTrigger } from './read-only.ts'
import { settlement } from './settle.ts'
import { sinceFunction } from './since.ts'
import { beginsFunction, triggerFunctions, triggerName, triggersOf } from './triggers.ts'

/**
 * Keeps both shapes in step from now on: a write to either is in the other when its transaction commits (design §2). The
 * triggers are there before the first batch of a copy, which brings over what was written before. Started again, it
 * fits the triggers to the legacy shape as it is live.
 * @returns whether the triggers were there already
 * @throws Refusal when the target is not there, a right is lacking, or another Sluice is at work; Failure when other
 * sessions hold their locks for too long
 */
export async function startSync(context: Context): Promise<{ already: boolean }> {
  const { system, connection } = context
  if (system.extended) return startExtensionSync(context)
  await requireExpanded(context)
  return withLock(context, 'exclusive', async () => {
    const bound = await bind(system, connection.db)
    await takeBack(context, bound)
    const already = await isSyncing(connection.db, system)
    await connection.db.transaction(async (tx) => {
      if (already) await toldFromNowOn(tx, system)
      else {
        await untold(context, tx)
        // what was carried before the last stop may have changed since
        await forgetCarried(tx, system)
      }
      await makeFunctions(tx, bound)
    })
    if (already) return { already }
    // one table at a time, for a lock on all of them is long in coming; the legacy first, so that nobody who writes the
    // target meets a family of which some writes are not told
    for (const { table } of bound.legacy) await withTable(context, table, (tx) => makeTriggers(tx, bound, table))
    await connection.db.transaction(async (tx) => {
      // who has written while some of the tables had no triggers yet is waited for
      await lockFamilies(context, tx)
      await toldFromNowOn(tx, system)
      await setPhase(tx, system, 'syncing')
    })
    for (const { table } of bound.target) await withTable(context, table, (tx) => makeTriggers(tx, bound, table))
    return { already }
  })
}

/**
 * Ends it: what is written to the legacy tables from now on stays there until sync is started and the rows are copied
 * again. Writes to the target would be overwritten then, so they are refused meanwhile.
 * @returns whether there was anything to stop
 */
export async function stopSync(context: Context): Promise<{ stopped: boolean }> {
  const { system, connection } = context
  if (system.extended) return stopExtensionSync(context)
  await requireExpanded(context)
  return withLock(context, 'exclusive', async () => {
    const found = await triggersOn(connection.db, tablesOf(system))
    if (!found.some(({ syncs }) => syncs)) return { stopped: false }
    await connection.db.transaction(async (tx) => {
      await tx.execute(readOnlyFunction(system))
      await setPhase(tx, system, 'expanded')
    })
    // the target first: what is written to it must not go unheard
    for (const { table } of system.derive)
      await withTable(context, table, (tx) => tx.execute(readOnlyTrigger(system, table)))
    await connection.db.transaction((tx) => untold(context, tx))
    for (const table of Object.values(system.legacy)) await withTable(context, table, async () => {})
    return { stopped: true }
  })
}

/** Changes the triggers of one table, after dropping those of ours that it has. */
const withTable = (context: Context, table: PgTable, work: (tx: Executor) => Promise<unknown>): Promise<void> =>
  changeTriggers(context, table, (tx) => triggersOn(tx, [table]), work)

/** Whether every table of both shapes has its triggers, enabled. The catalogs are asked, no flag. */
export const isSyncing = async (db: Executor, system: System): Promise<boolean> => (await syncOf(db, system)) === 'on'

/** Target tables that get nothing of the legacy are their applications' own. */
const tablesOf = ({ legacy, derive }: System) => [...Object.values(legacy), ...derive.map(({ table }) => table)]

/** The triggers of ours on some tables: whether each keeps its table in step, and how it is dropped. */
const triggersOn = (db: Executor, tables: readonly PgTable[]) =>
  rows<{ syncs: boolean; drop: string }>(
    db,
    sql`
      select t.tgname ~ ${`^${triggerName}_(insert|update|delete|truncate)$`} and t.tgenabled in ('O', 'A') as "syncs",
        format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass) as "drop"
      from pg_trigger as t
      where t.tgrelid in (
          select to_regclass(name)
          from unnest(array[${list(tables.map((table) => sql`${tableName(table)}::text`))}]) as name)
        and t.tgname like 'sluice\\_%'`,
  )

async function makeTriggers(tx: Executor, bound: Bound, table: PgTable): Promise<void> {
  for (const statement of triggersOf(bound, table)) await tx.execute(statement)
}

async function makeFunctions(tx: Executor, bound: Bound): Promise<void> {
  const { system } = bound
  await tx.execute(withoutCheck)
  const nested = nestedFunction(bound, bits(effectsOf(bound).everything))
  const parts = [...settlement(bound), forwardFunction(bound), nested]
  for (const { create } of parts) await tx.execute(create)
  await tx.execute(beginsFunction(bound))
  for (const statement of triggerFunctions(bound, await ownedSchemas(tx, system))) await tx.execute(statement)
  const signatures = parts.map(({ signature }) => signature)
  const watches = ['since', ...[...bound.legacy, ...bound.target].map(({ relation }) => relation)].map(
    (name) => sql`${functionOf(system, `watch_${name}`)}()`,
  )
  await tx.execute(sql`revoke all on function ${list([...signatures, ...watches])} from public`)
}

/** Waits for whoever is settling families, and holds up whoever is about to. */
const lockFamilies = (context: Context, tx: Transaction): Promise<void> =>
  lockTables(context, tx as unknown as Database, [family], 'share row exclusive')

/** Nobody settles families from now on, for not all that is written to the legacy tables is told. */
async function untold(context: Context, tx: Transaction): Promise<void> {
  await lockFamilies(context, tx)
  await tx.execute(sinceFunction(context.system, null))
}

/** Families are settled from now on, in snapshots alone that see this transaction. */
async function toldFromNowOn(tx: Executor, system: System): Promise<void> {
  const [row] = await rows<{ xid: string }>(tx, sql`select pg_current_xact_id()::text as "xid"`)
  await tx.execute(sinceFunction(system, row?.xid ?? null))
}

/** No family counts as carried. */
async function forgetCarried(tx: Transaction, { name }: System): Promise<void> {
  await tx.delete(family).where(eq(family.system, name))
  await tx.delete(shard).where(eq(shard.system, name))
}

/**
 * The schemas of the tables, in which the functions of the applications' own triggers may look for their names. One in
 * which others may create something is left out: what runs with our rights must not find what they put there.
 */
export async function ownedSchemas(db: Executor, system: System): Promise<string[]> {
  const names = [...new Set(tablesOf(system).map((table) => tableName(table).split('.')[0] ?? ''))]
  const found = await rows<{ name: string }>(
    db,
    sql`
      select n.nspname::text as "name"
      from pg_namespace as n
      where n.nspname in (${sql.join(
        names.map((name) => sql`${name}`),
        sql`, `,
      )})
        and not exists (
          select
          from aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as g
          where g.privilege_type = 'CREATE'
            and g.grantee not in (n.nspowner, (select oid from pg_roles where rolname = current_user)))`,
  )
  return found.map(({ name }) => name)
}
