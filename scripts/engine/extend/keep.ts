import { type SQL, sql } from 'drizzle-orm'
import { complement, targetComplement } from '../../../schema/ledger.ts'
import { column, list, textForm, textsOf } from '../sql.ts'
import type { BoundExtension } from './bind.ts'
import { derived, differs, keyTextOf, restored, sameKey } from './rows.ts'

/** The columns in which row `v` differs from another, with the text forms of one of them. */
const differing = (columns: BoundExtension['old'], other: string, of: string): SQL =>
  textsOf(
    columns.map((each) => ({
      name: each.name,
      differs: differs(each, 'v', other),
      text: textForm(column(of, each.name), each.type),
    })),
  )

/**
 * Keeps what the queries do not give back of some rows: of the old columns what restore does not yield, of the new
 * ones what derive does not. One statement: entries that say the same stay as they are.
 * @param rows the rows as they are in the table now
 * @param keys a query for the ledger's keys of all rows that were touched, those that are gone included
 */
export function keep(bound: BoundExtension, rows: SQL, keys: SQL): SQL {
  const { system, relation, old } = bound
  const added = bound.following.filter((each) => each.added)
  const own = (entry: string) =>
    sql`${column(entry, 'system')} = ${system.name} and ${column(entry, 'relation')} = ${relation}`
  return sql`
    with touched as materialized (${keys}),
    v as materialized (select * from ${rows} as rows_in_place),
    lost as materialized (
      select *
      from (
        select ${keyTextOf(bound, 'v')} as key, ${differing(old, 'r', 'v')} as kept
        from v
        join ${restored(bound, sql`v`)} as r on ${sameKey(bound, 'r', 'v')}) as each
      where kept <> '{}'),
    own as materialized (
      select *
      from (
        select ${keyTextOf(bound, 'v')} as key, ${differing(added, 'd', 'v')} as kept,
          ${differing(added, 'd', 'd')} as derived
        from v
        join ${derived(bound, sql`v`)} as d on ${sameKey(bound, 'd', 'v')}) as each
      where kept <> '{}'),
    found as (
      delete from ${complement} as c
      where ${own('c')}
        and c.key in (select key from touched)
        and c.key not in (select key from lost)),
    followed as (
      delete from ${targetComplement} as c
      where ${own('c')}
        and c.key in (select key from touched)
        and c.key not in (select key from own)),
    kept as (
      insert into ${complement} as c (system, relation, key, ordinal, family, kind, kept)
      select ${system.name}, ${relation}, key, 1, key, 'part', kept
      from lost
      on conflict (system, relation, key, ordinal) do update
      set kept = excluded.kept
      where c.kept <> excluded.kept)
    insert into ${targetComplement} as c (system, relation, key, family, target_family, kind, kept, derived)
    select ${system.name}, ${relation}, key, key, key, 'part', kept, derived
    from own
    on conflict (system, relation, key) do update
    set kept = excluded.kept,
      derived = excluded.derived
    where (c.kept, c.derived) is distinct from (excluded.kept, excluded.derived)`
}

/** Forgets what was kept of rows, or of all. */
export const forget = ({ system, relation }: BoundExtension, keys?: SQL): SQL[] =>
  [complement, targetComplement].map(
    (entries) => sql`
    delete from ${entries}
    where system = ${system.name}
      and relation = ${relation}
      ${keys ? sql`and key in (${keys})` : sql``}`,
  )

/** Columns by name, as a list. */
export const names = (columns: readonly { name: string }[]): SQL =>
  list(columns.map(({ name }) => sql`${sql.identifier(name)}`))
