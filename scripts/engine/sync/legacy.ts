import { getColumns, type SQL, sql } from 'drizzle-orm'
import { complement, quarantine } from '../../../schema/ledger.ts'
import type { Bound, LegacyTable } from '../bound.ts'
import { differing, duplicates } from '../complement.ts'
import type { Keys } from '../family.ts'
import { legacyRows, restoredRows } from '../rows.ts'
import { type LiveColumn, tableSql } from '../shape.ts'
import { all, column, keyText, list, rowOf, rowText, sameImage, textForm } from '../sql.ts'
import { families, only, theFamilies, yieldingAll } from './variables.ts'

/** The live columns that restore yields and that may be written. */
const restorable = ({ table, live }: LegacyTable): LiveColumn[] => {
  const known = new Set(Object.values(getColumns(table)).map(({ name }) => name))
  return live.columns.filter(({ name, generated }) => known.has(name) && !generated)
}

const sameKey = ({ key }: LegacyTable, a: string, b: string): SQL =>
  all(key.map((name) => sql`${column(a, name)} = ${column(b, name)}`))

/** What is kept of the legacy table: rows `k` of the ledger. */
export const keptOf = ({ system }: Bound, { relation }: LegacyTable): SQL =>
  sql`k.system = ${system.name} and k.relation = ${relation}`

/** Of rows that share a key, the one that is read. */
const first = (legacy: LegacyTable, alias: string): SQL =>
  legacy.keyed
    ? sql`true`
    : sql`${column(alias, 'ctid')} = (
        select y.ctid
        from ${tableSql(legacy.table)} as y
        where ${sameKey(legacy, 'y', alias)}
        order by ${rowText('y')}
        limit 1)`

/** The legacy rows of the families that the target no longer has, but for those that it never had. */
export function removeGone(bound: Bound, legacy: LegacyTable): SQL {
  const own = legacy.live.name
  const match = theFamilies.match(legacy.table) ?? sql`true`
  return sql`
    with restored as materialized (
      select *
      from ${restoredRows(bound, legacy, theFamilies)} as r)
    delete from ${tableSql(legacy.table)}
    where (${match})
      and not exists (select from restored as r where ${sameKey(legacy, 'r', own)})
      and not exists (
        select
        from ${complement} as k
        where ${keptOf(bound, legacy)}
          and k.key = ${keyText(legacy.key.map((name) => column(own, name)))}
          and k.ordinal = 1
          and k.kind = 'whole')
      and ${first(legacy, own)}`
}

/**
 * What yields, as text: a legacy column, as `table.column`, in the rows of a family.
 * @param shown the text form of a value: in those rows alone that have it
 */
export const yields = (column: SQL, family: SQL, shown?: SQL): SQL =>
  sql`${column} || ' ' || quote_literal(${family})${shown ? sql` || ' ' || quote_nullable(${shown})` : sql``}`

/**
 * Writes what the target's own applications wrote to the legacy rows of the families: restore, less what was kept of
 * the legacy (the constant complement), but for columns that would keep the write from being derived again. With `only` set, of one row alone.
 * @param keys the families, or that of the one row
 */
export function writeBack(bound: Bound, legacy: LegacyTable, keys: Keys): SQL {
  const columns = restorable(legacy)
  const names = list(columns.map(({ name }) => sql`${sql.identifier(name)}`))
  const changed = columns.filter(({ name }) => !legacy.key.includes(name))
  const value = ({ name, type }: LiveColumn): SQL => {
    const [source, family, own] = [sql`${`${legacy.live.name}.${name}`}::text`, sql`r."#family"`, column('l', name)]
    const yielded = [yields(source, family), yields(source, family, textForm(own, type))]
    return sql`case when k.kept ? ${name}::text and not array[${list(yielded)}] && ${yieldingAll}
          then ${own} else ${column('r', name)} end`
  }
  const asked = sql`(${only} is null or r."#key" = ${only})`
  // a row that is nothing but its key is there or not
  const update = sql`,
    changed as (
      update ${tableSql(legacy.table)} as l
      set ${list(changed.map((each) => sql`${sql.identifier(each.name)} = ${value(each)}`))}
      from restored as r
      left join ${complement} as k on ${keptOf(bound, legacy)} and k.key = r."#key" and k.ordinal = 1
      where ${sameKey(legacy, 'l', 'r')}
        and ${asked}
        and ${first(legacy, 'l')}
        and not ${sameImage(rowOf('l', changed), sql`row(${list(changed.map(value))})`)})`
  return sql`
    with restored as materialized (
      select *
      from ${restoredRows(bound, legacy, keys)} as r)${changed.length ? update : sql``}
    insert into ${tableSql(legacy.table)} (${names})
    select ${names}
    from restored as r
    where ${asked}
      and not exists (select from ${tableSql(legacy.table)} as l where ${sameKey(legacy, 'l', 'r')})`
}

/** The keys of the rows that would be written, in their order, and their families. */
export const keysToWrite = (bound: Bound, legacy: LegacyTable): SQL => sql`
    select r."#key", r."#family"
    from ${restoredRows(bound, legacy, theFamilies)} as r
    order by 1`

/** What restore does not give back of the legacy rows of the families, and nothing else, is the complement. */
export function keepComplement(bound: Bound, legacy: LegacyTable): SQL {
  const { columns } = legacy.live
  const elsewhere = sql`exists (
        select from ${tableSql(legacy.table)} as other
        where ${sameKey(legacy, 'other', 'r')})`
  return sql`
    with found as materialized (
      select *
      from (
        select coalesce(l."#key", r."#key") as key, coalesce(l."#ordinal", r."#ordinal") as ordinal,
          coalesce(l."#family", r."#family") as family,
          case when l."#key" is null then 'absent' when r."#key" is null then 'whole' else 'part' end as kind,
          case when l."#key" is null then '{}' else ${differing(columns)} end as kept
        from ${legacyRows(bound, legacy, theFamilies)} as l
        full join ${restoredRows(bound, legacy, theFamilies)} as r on l."#key" = r."#key" and l."#ordinal" = r."#ordinal"
        where (l."#key" is null and not ${elsewhere})
          or r."#key" is null
          or (l."#key" = r."#key" and not ${sameImage(rowOf('l', columns), rowOf('r', columns))})) as c
      where c.kind <> 'part'
        or c.kept <> '{}'),
    forgotten as (
      delete from ${complement} as k
      where ${keptOf(bound, legacy)}
        and k.family = any (${families})
        and not exists (select from found as f where f.key = k.key and f.ordinal = k.ordinal))
    insert into ${complement} as k (system, relation, key, ordinal, family, kind, kept)
    select ${bound.system.name}, ${legacy.relation}, key, ordinal, family, kind, kept
    from found
    on conflict (system, relation, key, ordinal) do update
    set family = excluded.family,
      kind = excluded.kind,
      kept = excluded.kept
    where (k.family, k.kind, k.kept) is distinct from (excluded.family, excluded.kind, excluded.kept)`
}

/** Rows that share a key which is missing live are set aside, but for the first. */
export function setDuplicatesAside(bound: Bound, legacy: LegacyTable): SQL[] {
  if (legacy.keyed) return []
  return [
    sql`
    delete from ${quarantine} as q
    where q.system = ${bound.system.name}
      and q.relation = ${legacy.relation}
      and q.family = any (${families})`,
    sql`
    insert into ${quarantine} (system, relation, key, family, scope, constraint_name, sqlstate, reason, held)
    select ${bound.system.name}, ${legacy.relation}, d.key, d.family, 'row', d.constraint_name, d.sqlstate, d.reason, d.held
    from (${duplicates(bound, legacy, theFamilies)}) as d
    on conflict do nothing`,
  ]
}
