import { getColumns, type SQL, sql } from 'drizzle-orm'
import { type PgTable, QueryBuilder } from 'drizzle-orm/pg-core'
import type { Bound, LegacyTable } from './bound.ts'
import { configOf } from './declared.ts'
import { everything, familyOf, type Keys } from './family.ts'
import { type LiveColumn, tableSql } from './shape.ts'
import { all, column, keyText, list, rowText, sameText } from './sql.ts'
import type { Tables, Transform } from './system.ts'

/**
 * The legacy rows of some families with every live column, and "#key", "#ordinal", "#family".
 * The ordinal numbers the rows that share a declared key, in the order of their text.
 * @param from the rows of these families, of a table that has its key
 */
export function legacyRows(bound: Bound, legacy: LegacyTable, keys: Keys, from?: SQL): SQL {
  const own = (name: string) => column(legacy.live.name, name)
  const family = familyOf(familyColumnsOf(bound, legacy.name, bound.system.legacy).map(own))
  const match = keys.match(legacy.keyed ? legacy.table : (bound.sources[legacy.name] as object))
  const rows = from ? sql`${from} as ${sql.identifier(legacy.live.name)}` : ownRows(legacy, own)
  return sql`(select ${keyText(legacy.key.map(own))} as "#key",
      ${legacy.keyed ? sql`1` : own('#ordinal')} as "#ordinal",
      coalesce(${family}, '') as "#family",
      ${list(legacy.live.columns.map(({ name }) => own(name)))}
    from ${rows}${match ? sql` where ${match}` : sql``})`
}

const ownRows = (legacy: LegacyTable, own: (column: string) => SQL): SQL =>
  legacy.keyed ? tableSql(legacy.table) : numbered(legacy, own)

/** The ordinal is counted over the whole table: rows that share a key may be of different families. */
const numbered = ({ table, live, key }: LegacyTable, own: (column: string) => SQL): SQL => sql`(
      select *, row_number() over (partition by ${list(key.map(own))} order by ${rowText(live.name)})::integer as "#ordinal"
      from ${tableSql(table)}) as ${sql.identifier(live.name)}`

/** The ledger's text of the key of row `alias`, which may have any or all columns of a legacy table. */
export const keyOfRow = (alias: string, { key }: LegacyTable): SQL => keyText(key.map((name) => column(alias, name)))

/** The family of row `alias`, which has the columns of a legacy table. */
export const familyOfRow = (bound: Bound, alias: string, legacy: LegacyTable): SQL =>
  sql`coalesce(${familyOf(familyColumnsOf(bound, legacy.name, bound.system.legacy).map((name) => column(alias, name)))}, '')`

/** What is at hand of the families asked for, and of no others. */
export interface Staged {
  target: Tables
  /** The rows of the legacy table; where there are none they are read off the table. */
  rows: SQL | undefined
}

/**
 * Legacy rows `l` and restored rows `r` of some families, joined where they are one row. A side that is missing has no
 * "#ordinal". Texts are asked of the rows that come out of it, by `keyOfRow` and `familyOfRow`: "#key" and "#family" of
 * either side would be made of all rows, and carried through the join.
 */
export const legacyBesideRestored = (bound: Bound, legacy: LegacyTable, keys: Keys, staged?: Staged): SQL =>
  sql`${legacyRows(bound, legacy, staged?.rows ? everything : keys, staged?.rows)} as l
      full join ${restoredRows(bound, legacy, staged ? everything : keys, { from: staged?.target })} as r on ${sameRow(legacy)}`

/**
 * The same of all families, but for restored rows without a legacy row. A full join would make every restored row and
 * then hold one of the sides in memory, both of them wide; here the server may join the tables that restore reads to the
 * legacy rows one by one, and hold nothing but those.
 */
export const legacyWithRestored = (bound: Bound, legacy: LegacyTable): SQL =>
  sql`${legacyRows(bound, legacy, everything)} as l
      left join ${restoredRows(bound, legacy, everything, { ordinal: ofKey(legacy) })} as r on ${sameRow(legacy)}`

/** The restored rows `r` that have no legacy row. */
export const restoredAlone = (bound: Bound, legacy: LegacyTable): SQL =>
  sql`(
        select *
        from ${restoredRows(bound, legacy, everything)} as r
        where not exists (select from ${legacyRows(bound, legacy, everything)} as l where ${sameRow(legacy)})) as r`

/** The same with an `l` that is null. */
export const restoredWithout = (bound: Bound, legacy: LegacyTable): SQL =>
  sql`(${restoredAlone(bound, legacy)}
      left join (select * from ${legacyRows(bound, legacy, everything)} as l where false) as l on false)`

/**
 * How many rows restore yields. With the number of legacy rows that have none it tells whether there are any without a
 * legacy row, much faster than looking for them: the server joins nothing that only adds columns to what it counts.
 */
export const countRestored = (bound: Bound, legacy: LegacyTable): SQL =>
  sql`select count(*) from ${restoredRows(bound, legacy, everything)} as r`

/** The ordinal of a restored row read off its key: a constant the server would add after all joins that make the row. */
const ofKey = ({ key }: LegacyTable): SQL => sql`case when ${column('d', key[0] as string)} is null then 1 else 1 end`

/** By the columns of the key where they are one, of which there are statistics. */
const sameRow = (legacy: LegacyTable): SQL =>
  legacy.keyed ? sameKey(legacy, 'l', 'r') : sql`l."#key" = r."#key" and l."#ordinal" = r."#ordinal"`

/**
 * Whether two rows have the key of a legacy table in common, texts included, which may differ where values are equal.
 * `is true` keeps the texts from being made before the values are found to be equal.
 */
export const sameKey = ({ key, live }: LegacyTable, one: string, other: string): SQL =>
  all(
    key.flatMap((name) => {
      const [a, b] = [column(one, name), column(other, name)]
      const same = sameText(a, b, live.columns.find((each) => each.name === name)?.type ?? '')
      return same ? [sql`${a} = ${b}`, sql`(${same}) is true`] : sql`${a} = ${b}`
    }),
  )

/** The rows that restore yields for some families, with every live column in its live type; unknown ones are null. */
export function restoredRows(
  bound: Bound,
  legacy: LegacyTable,
  keys: Keys,
  { ordinal = sql`1`, from = bound.system.target }: { ordinal?: SQL; from?: Tables | undefined } = {},
): SQL {
  const known = new Set(Object.values(getColumns(legacy.table)).map(({ name }) => name))
  const value = ({ name, type }: LiveColumn) =>
    sql`${known.has(name) ? column('d', name) : sql.raw('null')}::${sql.raw(type)} as ${sql.identifier(name)}`
  const family = familyOf(familyColumnsOf(bound, legacy.name, bound.system.legacy).map((name) => column('d', name)))
  return sql`(select ${keyText(legacy.key.map((name) => column('d', name)))} as "#key",
      ${ordinal} as "#ordinal",
      coalesce(${family}, '') as "#family",
      ${list(legacy.live.columns.map(value))}
    from ${query(legacy.restore, from, keys)} as d(${selected(legacy.restore, bound.system.target)}))`
}

/** Some rows in the place of a table, as a query's source: `rows` is a relation with the table's columns. */
export const inPlace = (table: PgTable, rows: SQL): PgTable => {
  const { name } = configOf(table)
  const columns = Object.entries(getColumns(table))
  const fields = columns.map(([property, each]) => [property, sql`${sql.identifier(each.name)}`.as(each.name)])
  return new QueryBuilder()
    .select(Object.fromEntries(fields) as Record<string, SQL.Aliased>)
    .from(sql`${rows} as ${sql.identifier(name)}`)
    .as(name) as unknown as PgTable
}

/** The query of a transform in parentheses. */
export const query = (transform: Transform, sources: Tables, keys: Keys): SQL => sql`${transform.query(sources, keys)}`

/** The names of the columns that a transform's query yields, in its order. */
export function selected(transform: Transform, sources: Tables): SQL {
  const columns = getColumns(transform.table)
  const properties = Object.keys(fields(transform, sources))
  return list(properties.map((property) => sql`${sql.identifier(columns[property]?.name ?? property)}`))
}

/** What a transform's query selects, by property. Read off its configuration: the selection itself is a proxy. */
export function fields(transform: Transform, sources: Tables): Record<string, unknown> {
  const { _ } = transform.query(sources, { match: () => undefined })
  return (_.config as { fields: Record<string, unknown> }).fields
}

/** Names of the columns that make a row's family. */
export const familyColumnsOf = (bound: Bound, name: string, tables: Tables): string[] =>
  (bound.system.family[name] ?? []).map((property) => {
    const table = tables[name]
    return (table && getColumns(table)[property]?.name) ?? property
  })
