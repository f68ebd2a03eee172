import { eq, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { migration, shard } from '../../../schema/ledger.ts'
import { Refusal } from '../../errors.ts'
import type { Context } from '../context.ts'
import { functionOf, withoutCheck } from '../contract/text.ts'
import { phaseOf, requireExpanded, setPhase } from '../ledger.ts'
import { withLock } from '../lock.ts'
import { rows } from '../preflight/look.ts'
import type { Executor } from '../sql.ts'
import { ownedSchemas } from '../sync/index.ts'
import type { System } from '../system.ts'
import { changeTriggers } from '../triggers.ts'
import { bringBack } from './back.ts'
import { type BoundExtension, bindExtensions } from './bind.ts'
import { functionNames, keptFunction, type Mode, readOnlyFunction } from './functions.ts'
import { joinedFunction } from './joined.ts'
import { extensionSync, ownTriggers, readOnlyTrigger, triggersOf, triggersOfJoined, watchedTables } from './triggers.ts'
import { writeFunction } from './write.ts'

/** The counterpart of `startSync` for tables that are extended in place. */
export async function startExtensionSync(context: Context): Promise<{ already: boolean }> {
  const { system, connection } = context
  await requireExpanded(context)
  return withLock(context, 'exclusive', async () => {
    const { db } = connection
    const bound = await bindExtensions(system, db)
    const already = (await extensionSync(db, system)) === 'on'
    if (already) {
      await db.transaction(async (tx) => makeFunctions(tx, bound, await modeOf(tx, system)))
      return { already }
    }
    await db.transaction(async (tx) => {
      await bringBack(tx, bound)
      // what a copy has brought over without the triggers may have been written since
      await tx.execute(sql`
        insert into ${migration} (system, phase, shape)
        values (${system.name}, 'expanded', jsonb_build_object('stale', false))
        on conflict (system) do update
        set shape = jsonb_build_object('stale', coalesce((sluice.migration.shape ->> 'stale')::boolean, false)
          or exists (select from ${shard} where system = ${system.name}))`)
      const { stale } = await modeOf(tx, system)
      await makeFunctions(tx, bound, { carrying: true, stale })
    })
    // who joins first: nobody who writes an extended row meets a joined one that is changed unheard
    for (const each of bound)
      for (const joined of each.joined)
        await withTable(context, joined.table, `_of_${each.relation}`, (tx) => run(tx, triggersOfJoined(each, joined)))
    for (const each of bound) await withTable(context, each.table, '', (tx) => run(tx, triggersOf(each)))
    await db.transaction(async (tx) => {
      await tx.delete(shard).where(eq(shard.system, system.name))
      const phase = await phaseOf(system, tx)
      if (phase !== 'contracted') await setPhase(tx, system, 'syncing')
    })
    return { already }
  })
}

/** The counterpart of `stopSync`. @throws Refusal in the end, where only the triggers fill old columns that must not be null */
export async function stopExtensionSync(context: Context): Promise<{ stopped: boolean }> {
  const { system, connection } = context
  await requireExpanded(context)
  if ((await phaseOf(system, connection.db)) === 'contracted')
    throw new Refusal(
      'the new columns must be filled from now on, and only the triggers fill them for those who write the old ones',
      { system: system.name },
      'npm run rollback, where the new columns are to go',
    )
  return withLock(context, 'exclusive', async () => {
    const tables = watchedTables(system)
    const found = await ownTriggers(connection.db, system, tables)
    if (!found.some(({ syncs }) => syncs)) return { stopped: false }
    const bound = await bindExtensions(system, connection.db)
    await connection.db.transaction(async (tx) => {
      const schemas = await ownedSchemas(tx, system)
      for (const each of bound) await tx.execute(readOnlyFunction(each, schemas))
      await tx.execute(sql`
        update ${migration}
        set phase = 'expanded',
          shape = jsonb_build_object('stale', true),
          changed_at = now()
        where system = ${system.name}`)
    })
    for (const each of bound) await withTable(context, each.table, '', (tx) => run(tx, [readOnlyTrigger(each)]))
    for (const table of tables) await withTable(context, table, '_of_', async () => {})
    return { stopped: true }
  })
}

/** What the functions have to reckon with, from the ledger: rows that the backfill has not come to, or not since a stop. */
export async function modeOf(db: Executor, { name }: System): Promise<Mode> {
  const [found] = await rows<Mode>(
    db,
    sql`
      select coalesce((m.shape ->> 'stale')::boolean, false) as "stale",
        not exists (select from ${shard} where system = ${name})
          or exists (select from ${shard} where system = ${name} and not finished) as "carrying"
      from (select ${name}::text as system) as own
      left join ${migration} as m on m.system = own.system`,
  )
  return found ?? { stale: false, carrying: true }
}

/** Every row is carried: the functions need not look for others any longer. */
export async function settle(db: Executor, bound: readonly BoundExtension[]): Promise<void> {
  const [first] = bound
  if (!first) return
  await db.execute(sql`
    update ${migration}
    set shape = jsonb_build_object('stale', false)
    where system = ${first.system.name}`)
  await makeFunctions(db, bound, { carrying: false, stale: false })
}

const run = async (tx: Executor, statements: readonly ReturnType<typeof sql>[]): Promise<void> => {
  for (const statement of statements) await tx.execute(statement)
}

async function makeFunctions(tx: Executor, bound: readonly BoundExtension[], mode: Mode): Promise<void> {
  await tx.execute(withoutCheck)
  for (const each of bound) {
    const schemas = await ownedSchemas(tx, each.system)
    await run(tx, [
      writeFunction(each, mode, schemas),
      keptFunction(each, schemas),
      ...each.joined.map((joined) => joinedFunction(each, joined, schemas)),
    ])
    const names = [
      functionNames.write(each),
      functionNames.kept(each),
      ...each.joined.map((joined) => functionNames.joined(each, joined)),
    ]
    for (const name of names)
      await tx.execute(sql`revoke all on function ${functionOf(each.system, `watch_${name}`)}() from public`)
  }
}

/**
 * Changes the triggers of one table, after dropping those of ours that it has.
 * @param suffix of the names of those that are dropped; empty for all
 */
const withTable = (
  context: Context,
  table: PgTable,
  suffix: string,
  work: (tx: Executor) => Promise<unknown>,
): Promise<void> =>
  changeTriggers(
    context,
    table,
    async (tx) =>
      (await ownTriggers(tx, context.system, [table])).filter(({ drop }) =>
        suffix ? drop.includes(suffix) : !/_of_/.test(drop),
      ),
    work,
  )
