import { getColumns, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { archive, targetComplement } from '../../../schema/ledger.ts'
import { primaryKey } from '../bound.ts'
import { references } from '../constraints.ts'
import { configOf } from '../declared.ts'
import { archiveGrown, existing } from '../rollback/grown.ts'
import { tableSql } from '../shape.ts'
import { all, column, type Executor, keyText, list, typeSql } from '../sql.ts'
import type { System } from '../system.ts'
import type { BoundExtension } from './bind.ts'
import { keyTextOf } from './rows.ts'
import { isExtended } from './triggers.ts'

/** Under which name the archive has, beside the columns of a row, what derive gave of them. */
const derivedThen = '#derived'

/** Why a row of an extended table is in the archive; only such rows are brought back. */
const reason = 'the old columns do not give back: '

/** The target's tables that the steps make, and do not only extend. */
export const madeTables = (system: System): PgTable[] =>
  Object.values(system.target).filter((table) => !isExtended(system, table))

/** Copies what goes with the new columns and tables to the archive. */
export async function archiveAdded(tx: Executor, bound: readonly BoundExtension[]): Promise<void> {
  for (const { system, relation } of bound) {
    await tx.execute(sql`
      insert into ${archive} (system, relation, key, row, reason)
      select system, relation, key, kept || jsonb_build_object(${derivedThen}::text, derived::text),
        ${reason}::text || (select string_agg(name, ', ' order by name) from jsonb_object_keys(kept) as name)
      from ${targetComplement}
      where system = ${system.name}
        and relation = ${relation}
      order by key`)
  }
  const system = bound[0]?.system
  if (system) await archiveGrown(tx, system, madeTables(system))
}

/**
 * Brings back what a rollback has archived, of rows that still are there: the new columns' own values become the target's
 * complement again, from where the backfill puts them into the rows, unless an old application has written the row
 * since; rows of new tables come back where what they refer to is there. What cannot come back stays in the archive.
 */
export async function bringBack(tx: Executor, bound: readonly BoundExtension[]): Promise<void> {
  for (const each of bound) {
    const { system, relation, table } = each
    await tx.execute(sql`
      with latest as (
        select distinct on (a.key) a.*
        from ${archive} as a
        where a.system = ${system.name}
          and a.relation = ${relation}
          and a.row ? ${derivedThen}::text
          and exists (select from ${tableSql(table)} as v where ${keyTextOf(each, 'v')} = a.key)
        order by a.key, a.id desc),
      back as (
        insert into ${targetComplement} (system, relation, key, family, target_family, kind, kept, derived)
        select system, relation, key, key, key, 'part', row - ${derivedThen}::text, (row ->> ${derivedThen}::text)::jsonb
        from latest
        on conflict (system, relation, key) do nothing
        returning key)
      delete from ${archive}
      where system = ${system.name}
        and relation = ${relation}
        and row ? ${derivedThen}::text
        and key in (select key from back)`)
  }
  const system = bound[0]?.system
  if (system) for (const table of await existing(tx, madeTables(system))) await bringRowsBack(tx, system, table)
}

async function bringRowsBack(tx: Executor, system: System, table: PgTable): Promise<void> {
  const { name } = configOf(table)
  const columns = Object.values(getColumns(table))
  const names = columns.map((each) => sql`${sql.identifier(each.name)}`)
  const values = columns.map(
    (each) => sql`(a.row ->> ${each.name}::text)::${typeSql(each)} as ${sql.identifier(each.name)}`,
  )
  const there = references(table).map(
    ({ columns: own, parent, parentColumns }): SQL =>
      sql`(${sql.join(
        own.map((each) => sql`${column('r', each.name)} is null`),
        sql` or `,
      )} or exists (select from ${tableSql(parent)} as p where ${all(own.map((each, i) => sql`${column('p', parentColumns[i]?.name ?? '')} = ${column('r', each.name)}`))}))`,
  )
  await tx.execute(sql`
    with latest as (
      select distinct on (a.key) a.key, a.row
      from ${archive} as a
      where a.system = ${system.name}
        and a.relation = ${name}
      order by a.key, a.id desc),
    back as (
      insert into ${tableSql(table)} (${list(names)})
      select ${list(columns.map((each) => column('r', each.name)))}
      from latest as a
      cross join lateral (select ${list(values)}) as r
      ${there.length ? sql`where ${all(there)}` : sql``}
      on conflict do nothing
      returning ${keyText(primaryKey(table).map((each) => column(name, each)))} as key)
    delete from ${archive}
    where system = ${system.name}
      and relation = ${name}
      and key in (select key from back)`)
}
