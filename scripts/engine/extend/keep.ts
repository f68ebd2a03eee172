import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { complement, targetComplement } from '../../../schema/ledger.ts'
import { tableSql } from '../shape.ts'
import { column, textForm, textsOf } from '../sql.ts'
import type { BoundExtension } from './bind.ts'
import { derived, differs, keyTextOf, restored, rowOnly } from './rows.ts'

/** The columns in which row `v` differs from another, with the text forms of one of them. */
const differing = (columns: BoundExtension['old'], other: string, of: string): SQL =>
  textsOf(
    columns.map((each) => ({
      name: each.name,
      differs: differs(each, 'v', other),
      text: textForm(column(of, each.name), each.type),
    })),
  )

/** The entries of some keys, looked up one by one: however many there are, and whatever the planner takes them to be. */
const entriesOf = ({ system, relation }: BoundExtension, entries: PgTable, keys: SQL): SQL => sql`any (array(
        select e.ctid
        from (${keys}) as wanted (key)
        cross join lateral (
          select c.ctid
          from ${entries} as c
          where c.system = ${system.name}
            and c.relation = ${relation}
            and c.key = wanted.key
            and c.family = wanted.key
          offset 0) as e))`

/**
 * Keeps what the queries do not give back of some rows: of the old columns what restore does not yield, of the new
 * ones what derive does not. One statement: entries that say the same stay as they are. Nothing in it joins rows with
 * rows, for its plan may have been made for one row and meet thousands.
 * @param rows the rows as they are in the table now
 */
export function keep(bound: BoundExtension, rows: SQL): SQL {
  const { system, relation, old } = bound
  const added = bound.following.filter((each) => each.added)
  return sql`
    with state as materialized (
      select ${keyTextOf(bound, 'v')} as key, ${differing(old, 'r', 'v')} as lost, ${differing(added, 'd', 'v')} as own,
        ${differing(added, 'd', 'd')} as derived
      from ${rows} as v
      cross join lateral ${restored(bound, rowOnly(sql`v`))} as r
      cross join lateral ${derived(bound, rowOnly(sql`v`))} as d),
    found as (
      delete from ${complement}
      where ctid = ${entriesOf(bound, complement, sql`select key from state where lost = '{}'`)}),
    followed as (
      delete from ${targetComplement}
      where ctid = ${entriesOf(bound, targetComplement, sql`select key from state where own = '{}'`)}),
    kept as (
      insert into ${complement} as c (system, relation, key, ordinal, family, kind, kept)
      select ${system.name}, ${relation}, key, 1, key, 'part', lost
      from state
      where lost <> '{}'
      on conflict (system, relation, key, ordinal) do update
      set kept = excluded.kept
      where c.kept <> excluded.kept)
    insert into ${targetComplement} as c (system, relation, key, family, target_family, kind, kept, derived)
    select ${system.name}, ${relation}, key, key, key, 'part', own, derived
    from state
    where own <> '{}'
    on conflict (system, relation, key) do update
    set kept = excluded.kept,
      derived = excluded.derived
    where (c.kept, c.derived) is distinct from (excluded.kept, excluded.derived)`
}

/**
 * Forgets what was kept of rows that are gone, or of all.
 * @param keys a query for the ledger's keys of the rows
 */
export const forget = (bound: BoundExtension, keys?: SQL): SQL[] =>
  [complement, targetComplement].map(
    (entries) => sql`
    delete from ${entries}
    where ${keys ? sql`ctid = ${entriesOf(bound, entries, keys)}` : sql`system = ${bound.system.name} and relation = ${bound.relation}`}`,
  )

/** Forgets what is kept of rows that are not there, which only damage leaves behind. */
export const forgetAbsent = (bound: BoundExtension): SQL[] =>
  [complement, targetComplement].map(
    (entries) => sql`
    delete from ${entries} as c
    where c.system = ${bound.system.name}
      and c.relation = ${bound.relation}
      and not exists (select from ${tableSql(bound.table)} as v where ${keyTextOf(bound, 'v')} = c.key)`,
  )
