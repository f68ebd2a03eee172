import { sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Database } from '../../database/connect.ts'
import { Refusal } from '../../errors.ts'
import type { Context } from '../context.ts'
import { lockSteps } from '../contract/index.ts'
import { phaseOf } from '../ledger.ts'
import { lockTables } from '../locks.ts'
import { rows, textArray } from '../preflight/look.ts'
import { archivedSince, countRows, lastArchived } from '../rollback/archive.ts'
import { existing } from '../rollback/grown.ts'
import { lockSystem } from '../rollback/locks.ts'
import { remove } from '../rollback/remove.ts'
import { tableName, tableSql } from '../shape.ts'
import { type Executor, list } from '../sql.ts'
import type { System } from '../system.ts'
import { archiveAdded, madeTables } from './back.ts'
import { type BoundExtension, bindExtensions } from './bind.ts'
import { watchedTables } from './triggers.ts'

/**
 * Goes back from every phase, in the transaction `tx`: what the new columns and tables have of their own goes to the
 * archive, and exactly what was added is dropped. No row of the old columns is written.
 * @throws Refusal where something of others depends on what goes
 */
export async function removeExtensions(
  context: Context,
  tx: Database,
  dryRun: boolean,
): Promise<{ tables: Record<string, number>; archived: Record<string, number>; lost: Record<string, number> }> {
  const { system, report, signal } = context
  await lockSteps(tx)
  await lockSystem(tx, system)
  if ((await phaseOf(system, tx)) === 'legacy')
    throw new Refusal('there is nothing to roll back', { system: system.name, phase: 'legacy' }, 'npm run status')
  const bound = await bindExtensions(system, tx)
  const made = await existing(tx, madeTables(system))
  await refuseDependents(tx, bound, made)
  if (!dryRun) await lockTables(context, tx, [...watchedTables(system), ...made], 'access exclusive')
  signal.throwIfAborted()
  const last = await lastArchived(tx)
  await archiveAdded(tx, bound)
  const archived = await archivedSince(tx, system, last)
  const lost = await lostValues(tx, system, last)
  const tables = await countRows(
    tx,
    bound.map(({ legacy }) => legacy),
  )
  if (!dryRun) {
    report.note('Removing the new columns, the new tables and the ledger')
    await remove(tx, system, { undone: false })
  }
  return { tables, archived, lost }
}

/** Drops the new columns, and with them what is on them alone. Never cascades. */
export async function dropColumns(tx: Executor, system: System): Promise<void> {
  for (const { table, added } of await bindExtensions(system, tx))
    await tx.execute(
      sql`alter table ${tableSql(table)} ${list(added.map(({ name }) => sql`drop column ${sql.identifier(name)}`))}`,
    )
}

/** How many values of each column the archive keeps since. */
async function lostValues(tx: Executor, { name }: System, last: number): Promise<Record<string, number>> {
  const found = await rows<{ column: string; values: number }>(
    tx,
    sql`
      select a.relation || '.' || each.key as "column", count(*)::float8 as "values"
      from sluice.archive as a
      cross join lateral jsonb_each_text(a.row) as each
      where a.system = ${name}
        and a.id > ${last}
        and a.row ? '#derived'
        and each.key <> '#derived'
      group by 1
      order by 1`,
  )
  return Object.fromEntries(found.map((each) => [each.column, each.values]))
}

/** Views, functions, triggers, policies, and constraints that others have built on what goes. */
async function refuseDependents(
  tx: Executor,
  bound: readonly BoundExtension[],
  made: readonly PgTable[],
): Promise<void> {
  const columns = sql.join(
    [
      ...bound.map(
        ({ table, added }) => sql`
        select a.attrelid, a.attnum
        from pg_attribute as a
        where a.attrelid = to_regclass(${tableName(table)})
          and a.attname = any (${textArray(added.map(({ name }) => name))})`,
      ),
      ...made.map((table) => sql`select to_regclass(${tableName(table)})::oid, 0::smallint`),
    ],
    sql` union all `,
  )
  const found = await rows<{ object: string }>(
    tx,
    sql`
      with gone(relation, place) as (${columns})
      select distinct pg_describe_object(d.classid, d.objid, 0) as "object"
      from gone
      join pg_depend as d on d.refclassid = 'pg_class'::regclass
        and d.refobjid = gone.relation
        and (gone.place = 0 or d.refobjsubid = gone.place)
      where d.deptype = 'n'
        and not (d.classid = 'pg_class'::regclass and d.objid in (select relation from gone))
        and not exists (
          select
          from pg_constraint as k
          where d.classid = 'pg_constraint'::regclass
            and k.oid = d.objid
            and exists (
              select
              from gone as own
              where own.relation = k.conrelid
                and (own.place = 0 or own.place = any (k.conkey))))
        and not exists (
          select
          from pg_proc as p
          where d.classid = 'pg_proc'::regclass
            and p.oid = d.objid
            and p.pronamespace = to_regnamespace('sluice'))
        and not (d.classid = 'pg_trigger'::regclass and exists (
          select
          from pg_trigger as t
          join pg_proc as p on p.oid = t.tgfoid
          where t.oid = d.objid
            and p.pronamespace = to_regnamespace('sluice')))
        and d.classid <> 'pg_attrdef'::regclass
      order by 1`,
  )
  const [first, ...more] = found
  if (!first) return
  throw new Refusal(
    'something depends on the new columns or tables',
    { object: first.object, 'and more': more.map(({ object }) => object).join(', ') || undefined },
    'drop or change it, then start the same command again',
  )
}
