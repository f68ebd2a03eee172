import { Column, getColumns, is, Param, SQL, StringChunk, Subquery, Table } from 'drizzle-orm'
import { fields } from './rows.ts'
import type { Tables, Transform } from './system.ts'

/** A column as lineage knows it: `relation.column`. */
export type Source = string

/** Which columns a transform's query reads: those that decide which rows there are, and those of each field alone. */
export interface Lineage {
  rows: Set<Source>
  /** By the name of the column that the query yields. */
  values: Map<string, Set<Source>>
  /** Columns that are joined with each other by being equal. */
  joined: [Source, Source][]
}

/**
 * Reads off a query which columns it needs for what (column-level lineage). What is joined, matched, ordered or made
 * distinct by decides the rows; what is merely selected decides a value.
 * @param sources the tables that the query reads, as the transform gets them
 */
export function lineageOf(transform: Transform, sources: Tables): Lineage {
  const of = known.get(sources) ?? new Map<Transform, Lineage>()
  known.set(sources, of)
  const found = of.get(transform) ?? readLineage(transform, sources)
  of.set(transform, found)
  return found
}

/** What was read before: the same sources give the same. */
const known = new WeakMap<Tables, Map<Transform, Lineage>>()

function readLineage(transform: Transform, sources: Tables): Lineage {
  const query = transform.query(sources, { match: () => undefined })
  const names = new Map(Object.entries(transform.table).map(([property, column]) => [property, column as Column]))
  return {
    rows: deciding(query.getSQL()),
    joined: equalIn(query.getSQL()),
    values: new Map(
      Object.entries(fields(transform, sources)).map(([property, value]) => [
        names.get(property)?.name ?? property,
        columnsIn([value]),
      ]),
    ),
  }
}

/**
 * The columns that a transform's query yields as they are, each with the column that it is of one of the tables it reads.
 * Those of one row of a table have one `table`: what the query joins a second time has another.
 */
export function copied(transform: Transform, sources: Tables): Map<string, Column> {
  const columns = getColumns(transform.table)
  return new Map(
    Object.entries(fields(transform, sources)).flatMap(([property, value]) =>
      is(value, Column) ? [[columns[property]?.name ?? property, value]] : [],
    ),
  )
}

/** Whether a transform's query yields one row for each row of one of the tables that it reads: that table. */
export function rowsOf(transform: Transform, sources: Tables): unknown {
  const { _ } = transform.query(sources, { match: () => undefined })
  return onlyTable(_.config as Record<string, unknown>)
}

/** The table of a query that does nothing but select from one, and may put its rows in an order. */
function onlyTable({ table, fields, orderBy, ...others }: Record<string, unknown>): unknown {
  const nothing = (value: unknown) => !value || (Array.isArray(value) && value.length === 0)
  return Object.values(others).every(nothing) ? table : undefined
}

/**
 * The table of which each row by itself makes a row that a transform's query yields, or none: what the query yields are the
 * table's columns as they are, and no other row has a say in which.
 */
export function eachRowOf(transform: Transform, sources: Tables): unknown {
  const { _ } = transform.query(sources, { match: () => undefined })
  const { where, ...others } = _.config as Record<string, unknown>
  const table = onlyTable(others)
  const own = (value: unknown) => is(value, Column) && sameTable(value, table)
  const isAlone =
    Object.values(fields(transform, sources)).every(own) && leaves(where).every((leaf) => own(leaf) || asksNobody(leaf))
  return isAlone ? table : undefined
}

/**
 * The table of which a row has a say in no rows that a transform's query yields but those which it is part of: the query
 * selects from it, joins other tables to it and does nothing else with them.
 */
export function rootOf(transform: Transform, sources: Tables): unknown {
  const { _ } = transform.query(sources, { match: () => undefined })
  const { where, joins, ...others } = _.config as Record<string, unknown>
  const table = onlyTable(others)
  const joined = (joins ?? []) as { table: unknown; on: unknown; joinType: string }[]
  const tables = [table, ...joined.map((each) => each.table)]
  const known = (leaf: unknown) => is(leaf, Column) || asksNobody(leaf)
  const isPlain =
    tables.every((each) => is(each, Table)) &&
    // what a right or a full join adds is there for want of one of its rows
    joined.every(({ joinType }) => ['left', 'inner'].includes(joinType)) &&
    new Set(tables.map((each) => nameOf(each as Table))).size === tables.length &&
    Object.values(fields(transform, sources)).every((value) => is(value, Column)) &&
    [where, ...joined.map(({ on }) => on)].flatMap(leaves).every(known)
  return isPlain ? table : undefined
}

/** Whether it is a column of the table itself: what a subquery or an alias yields may be of another of its rows. */
export const sameTable = (column: Column, table: unknown): boolean =>
  (column as Column & { table: unknown }).table === table

/** What a condition is made of. */
const leaves = (part: unknown): unknown[] =>
  is(part, SQL) ? part.queryChunks.flatMap(leaves) : Array.isArray(part) ? part.flatMap(leaves) : [part]

/** Whether it is nothing, a value, or words that ask for no other row. */
function asksNobody(leaf: unknown): boolean {
  if (typeof leaf !== 'object' || leaf === null || is(leaf, Param)) return true
  const words = textOf(leaf)
  return words !== undefined && !/\bselect\b/i.test(words)
}

/** The columns that a select reads beside its selection; the whole of it where its parts cannot be told apart. */
function deciding(select: SQL): Set<Source> {
  const { queryChunks: chunks } = select
  const selection = chunks.findIndex((chunk) => textOf(chunk) === ' from ') - 1
  return columnsIn(chunks.filter((_, i) => i !== selection))
}

/** The columns in some parts of a query; of a subquery only those that decide its rows. */
function columnsIn(chunks: readonly unknown[], found = new Set<Source>()): Set<Source> {
  for (const chunk of chunks) {
    if (is(chunk, Column)) found.add(sourceOf(chunk))
    else if (is(chunk, Subquery)) for (const each of deciding(chunk._.sql)) found.add(each)
    else if (is(chunk, SQL)) columnsIn(chunk.queryChunks, found)
    else if (is(chunk, SQL.Aliased)) columnsIn(chunk.sql.queryChunks, found)
    else if (Array.isArray(chunk)) columnsIn(chunk, found)
  }
  return found
}

/** The pairs of columns that a query compares with `=`. */
function equalIn(query: SQL): [Source, Source][] {
  return query.queryChunks.flatMap((chunk, i, chunks): [Source, Source][] => {
    if (is(chunk, SQL)) return equalIn(chunk)
    if (is(chunk, Subquery)) return equalIn(chunk._.sql)
    const [before, after] = [chunks[i - 1], chunks[i + 1]]
    const equal = textOf(chunk)?.trim() === '=' && is(before, Column) && is(after, Column)
    return equal ? [[sourceOf(before), sourceOf(after)]] : []
  })
}

/** The words of a query that are written out; nothing where a part of it is something else. */
export const textOf = (chunk: unknown): string | undefined =>
  is(chunk, StringChunk) ? [chunk.value].flat().join('') : undefined

/** A column of a subquery is known by the table that it comes from. */
export function sourceOf(column: Column): Source {
  return `${nameOf((column as unknown as { table: Table }).table)}.${column.name}`
}

/** The name of a table, whatever a query calls it. */
function nameOf(table: Table): string | undefined {
  const { OriginalName } = (Table as unknown as { Symbol: { OriginalName: symbol } }).Symbol
  return (table as unknown as Record<symbol, string>)[OriginalName]
}
