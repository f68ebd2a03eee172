import { Column, getColumns, is, mapColumnsInSQLToAlias, SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { TargetTable } from './bound.ts'
import { configOf } from './declared.ts'
import { textOf } from './lineage.ts'
import { fields } from './rows.ts'
import { column } from './sql.ts'
import type { Tables } from './system.ts'

/** A constraint of one row by itself: when it refuses row `d`, which is `t` in the target's types, and in which words. */
export interface RowConstraint {
  name: string
  sqlstate: string
  refuses: SQL
  reason: SQL
}

/** A declared check, with the columns that it is on. */
export interface DeclaredCheck {
  name: string
  value: SQL
  columns: Column[]
}

/** A unique constraint or index of a declared table. */
export interface UniqueKey {
  name: string
  columns: PgColumn[]
}

/** A declared foreign key. */
export interface Reference {
  name: string
  columns: PgColumn[]
  parent: PgTable
  parentColumns: PgColumn[]
}

const integerLimits: Record<string, [string, string]> = {
  smallint: ['-32768', '32767'],
  integer: ['-2147483648', '2147483647'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
}

/**
 * What the target's declaration demands of a row by itself, in the order in which the server would say it: that each
 * value fits its type, that what must not be null is not, and the checks by name. Derived rows are judged by these
 * before they are written, so that one refused row costs no failed statement.
 * @param passed the names of checks that need not be asked
 */
export function rowConstraints(target: TargetTable, sources: Tables, passed?: ReadonlySet<string>): RowConstraint[] {
  const selection = fields(target.derive, sources)
  const properties = Object.entries(getColumns(target.table))
  return [
    ...properties.flatMap(([property, each]) => fits(target, each as PgColumn, selection[property])),
    ...target.columns.filter((each) => each.notNull).map((each) => notNull(target, each)),
    ...checksOf(target.table)
      .filter(({ name }) => !passed?.has(name))
      .map(({ name, value, columns }) => ({
        name,
        sqlstate: '23514',
        refuses: sql`(${mapColumnsInSQLToAlias(value, 't')}) is false`,
        reason: sql`${says(columns)} || ${` violates the check ${name}`}`,
      })),
  ]
}

/** The declared checks of a table, by name. */
export function checksOf(table: PgTable): readonly DeclaredCheck[] {
  const found = known.get(table) ?? readChecks(table)
  known.set(table, found)
  return found
}

/** What was read before: every query asks for it, of every column. */
const known = new WeakMap<PgTable, readonly DeclaredCheck[]>()

const readChecks = (table: PgTable): DeclaredCheck[] =>
  [...configOf(table).checks]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, value }) => ({ name, value, columns: columnsIn(value) }))

/** Unique constraints and unique indexes, not the primary key. */
export function uniqueKeys(table: PgTable): UniqueKey[] {
  const { uniqueConstraints, indexes, columns } = configOf(table)
  return [
    ...columns
      .filter((each) => each.isUnique)
      .map((each) => ({ name: each.uniqueName ?? `${each.name}_key`, columns: [each] })),
    ...uniqueConstraints.map((each) => ({ name: each.getName() ?? '', columns: each.columns as PgColumn[] })),
    ...indexes
      .filter(({ config }) => config.unique && !config.where && config.columns.every((each) => is(each, Column)))
      .map(({ config }) => ({ name: config.name ?? '', columns: config.columns as unknown as PgColumn[] })),
  ]
}

/** The declared foreign keys of a table. */
export function references(table: PgTable): Reference[] {
  return configOf(table).foreignKeys.map((key) => {
    const { columns, foreignTable, foreignColumns } = key.reference()
    return { name: key.getName(), columns, parent: foreignTable, parentColumns: foreignColumns } as Reference
  })
}

/**
 * Columns of `columns` that may be given up alone: nulls where a relation to another row is refused. Not one that a check
 * relates to other columns, for the row would break it.
 */
export const nullable = (columns: readonly PgColumn[]): PgColumn[] =>
  columns.filter((each) => !each.notNull && !each.primary && !isTied(each as PgColumn & { table: PgTable }))

const isTied = ({ name, table }: PgColumn & { table: PgTable }): boolean =>
  checksOf(table).some(({ columns }) => columns.length > 1 && columns.some((each) => each.name === name))

/**
 * Columns of `columns` that the quarantine holds the values of where a relation to another row is refused: those that
 * are given up, or all where the row is set aside whole. Who waits for a value is found by it.
 */
export const heldOf = (columns: readonly PgColumn[]): readonly PgColumn[] => {
  const given = nullable(columns)
  return given.length ? given : columns
}

/** Whether a row that a relation over some columns refuses claims no value in `columns`: it goes, or gives one of them up. */
function costs(relation: { columns: readonly PgColumn[] }, columns: readonly PgColumn[]): boolean {
  const given = nullable(relation.columns)
  return given.length === 0 || given.some(({ name }) => columns.some((each) => each.name === name))
}

/** The references, by their places, for want of which a row does not claim the value of a unique key. */
export const claimedThrough = (table: PgTable, { columns }: UniqueKey): number[] =>
  references(table).flatMap((each, i) => (costs(each, columns) ? [i] : []))

/** The unique keys before the one at `place`, by their places, by which a row must not have lost to claim its value. */
export const claimedAfter = (table: PgTable, place: number): number[] => {
  const all = uniqueKeys(table)
  return all.slice(0, place).flatMap((each, i) => (costs(each, all[place]?.columns ?? []) ? [i] : []))
}

function notNull({ relation }: TargetTable, { name }: PgColumn): RowConstraint {
  return {
    name: `${relation}_${name}_not_null`,
    sqlstate: '23502',
    refuses: sql`${column('d', name)} is null`,
    reason: sql`${`${name} is null`}::text`,
  }
}

/** Whether the derived value fits the column's type; nothing to ask where it comes from columns of that type alone. */
function fits({ relation }: TargetTable, each: PgColumn, selection: unknown): RowConstraint[] {
  const type = each.getSQLType()
  if ((each as { dimensions?: number }).dimensions) return []
  const sources = firstOf(selection)
  if (sources.length > 0 && sources.every((source) => source.getSQLType() === type)) return []
  const value = column('d', each.name)
  const limits = integerLimits[type]
  const length = /^(?:varchar|char)\((\d+)\)$/.exec(type)?.[1]
  const digits = /^numeric\((\d+),\s*(\d+)\)$/.exec(type)
  const common = { name: `${relation}_${each.name}_type`, reason: sql`${says([each])} || ${` does not fit ${type}`}` }
  if (limits) {
    const refuses = sql`${value} not between ${sql.raw(limits[0])} and ${sql.raw(limits[1])}`
    return [{ ...common, sqlstate: '22003', refuses }]
  }
  if (length) {
    // the server drops blanks beyond the length by itself, so they refuse nothing; bytes are counted first, being faster
    const most = sql.raw(length)
    const refuses = sql`octet_length(${value}::text) > ${most} and char_length(rtrim(${value}::text, ' ')) > ${most}`
    return [{ ...common, sqlstate: '22001', refuses }]
  }
  if (digits) {
    const [, precision, scale] = digits
    const limit = sql.raw(`1e${Number(precision) - Number(scale)}::numeric`)
    // only near the limit does it need to be rounded
    const refuses = sql`(${value}::numeric not between (1 - ${limit}) and (${limit} - 1))
      and abs(round(nullif(${value}::numeric, 'NaN'), ${sql.raw(scale ?? '0')})) >= ${limit}`
    return [{ ...common, sqlstate: '22003', refuses }]
  }
  return []
}

/** The columns of which an expression is the first that has a value (`coalesce`), or the one that it is; none of another. */
export function firstOf(expression: unknown): Column[] {
  if (is(expression, Column)) return [expression]
  if (!is(expression, SQL)) return []
  const written = expression.queryChunks.map((chunk) => textOf(chunk) ?? chunk)
  const [before, after] = [written.shift(), written.pop()]
  if (before !== 'coalesce(' || after !== ')') return []
  const found = written.filter((_, i) => i % 2 === 0).map(firstOf)
  const isList = written.every((each, i) => i % 2 === 0 || each === ', ')
  return isList && found.every(({ length }) => length > 0) ? found.flat() : []
}

/** `name = value` of each column of row `d`; a long value is cut. */
const says = (columns: readonly { name: string }[]): SQL =>
  sql`concat_ws(', ', ${sql.join(
    columns.map(({ name }) => sql`${`${name} = `} || coalesce(left(${column('d', name)}::text, 60), 'null')`),
    sql`, `,
  )})`

function columnsIn(value: SQL): Column[] {
  const found = new Map<string, Column>()
  const visit = (chunk: unknown): void => {
    if (is(chunk, Column)) found.set(chunk.name, chunk)
    else if (is(chunk, SQL)) for (const inner of chunk.queryChunks) visit(inner)
  }
  visit(value)
  return [...found.values()]
}
