import { and, getColumns, isNotNull, sql } from 'drizzle-orm'
import { type PgColumn, type PgTable, QueryBuilder } from 'drizzle-orm/pg-core'
import { Refusal } from '../errors.ts'
import { references } from './constraints.ts'
import { configOf } from './declared.ts'
import { registerFamilies } from './family.ts'
import { isKey, type LiveTable, readShape, type Shape, tableName } from './shape.ts'
import { type Executor, rowText, typeSql } from './sql.ts'
import type { System, Tables, Transform } from './system.ts'
import { declaredType } from './types.ts'

/** A legacy table as it is live. */
export interface LegacyTable {
  /** The name that the transforms use. */
  name: string
  /** The name by which the ledger and the functions of the sync know it. */
  relation: string
  table: PgTable
  live: LiveTable
  /** Columns that identify a row by declaration. */
  key: string[]
  /** False where the declared key is missing live, so that rows may share it or have none. */
  keyed: boolean
  restore: Transform
  /** Names of the target tables that the restore query reads. */
  reads: string[]
}

export interface TargetTable {
  name: string
  relation: string
  table: PgTable
  columns: PgColumn[]
  key: string[]
  derive: Transform
  /** Names of the legacy tables that the derive query reads: its lineage. */
  reads: string[]
}

/** A system joined to one live database: everything that the engine's queries are made of. */
export interface Bound {
  system: System
  shape: Shape
  legacy: LegacyTable[]
  /** Referenced tables first. */
  target: TargetTable[]
  /** The legacy tables as the transforms see them: missing columns as typed nulls, one row for each declared key. */
  sources: Tables
}

/**
 * Reads the live catalogs once and fits the system to them.
 * @throws Refusal when a legacy table is missing
 */
export async function bind(system: System, db: Executor): Promise<Bound> {
  const shape = await readShape(db, [...Object.values(system.legacy), ...Object.values(system.target)])
  const legacy = Object.entries(system.legacy).map(([name, table]) => legacyTable(system, shape, name, table))
  const sources = Object.fromEntries(legacy.map((each) => [each.name, adapt(each)]))
  registerFamilies(system, sources)
  registerFamilies(system, system.legacy)
  registerFamilies(system, system.target)
  const target = system.derive.map((derive) => targetTable(system, sources, derive))
  requireOrder(system, target)
  return { system, shape, legacy, sources, target }
}

/** What a row refers to is settled before it, so tables that refer to each other cannot be derived. */
function requireOrder({ name }: System, target: readonly TargetTable[]): void {
  for (const [i, { table }] of target.entries()) {
    const late = target.slice(i + 1).find((other) => references(table).some(({ parent }) => parent === other.table))
    if (late) throw new Error(`${name} derives ${tableName(table)} before ${tableName(late.table)}, which it refers to`)
  }
}

function legacyTable(system: System, shape: Shape, name: string, table: PgTable): LegacyTable {
  const live = shape.tables.get(tableName(table))
  if (!live) {
    throw new Refusal(
      'the legacy table does not exist',
      { table: tableName(table), system: system.name },
      'check that DATABASE_URL names the right database, or make a sample with `npm run legacy`',
    )
  }
  const key = primaryKey(table)
  const restore = system.restore.find((transform) => tableName(transform.table) === tableName(table))
  if (!restore) throw new Error(`${system.name} has no restore for ${name}`)
  return {
    name,
    relation: relationOf(system, table),
    table,
    live,
    key,
    keyed: isKey(live, key),
    restore,
    reads: readBy(restore, system.target),
  }
}

/** The name of a legacy table beside those of the target: qualified where a target table has the same. */
export function relationOf({ target }: System, table: PgTable): string {
  const { name } = configOf(table)
  return Object.values(target).some((other) => configOf(other).name === name) ? tableName(table) : name
}

function targetTable(system: System, sources: Tables, derive: Transform): TargetTable {
  const entry = Object.entries(system.target).find(([, table]) => table === derive.table)
  if (!entry)
    throw new Error(`${system.name} derives ${tableName(derive.table)}, which is not one of its target tables`)
  const { name: relation, columns } = configOf(derive.table)
  return {
    name: entry[0],
    relation,
    table: derive.table,
    columns,
    key: primaryKey(derive.table),
    derive,
    reads: readBy(derive, sources),
  }
}

/** Names of the tables that a transform's query reads. */
function readBy(transform: Transform, sources: Tables): string[] {
  const reads = new Set<string>()
  const watched = new Proxy(sources, {
    get(all, name: string) {
      reads.add(name)
      return all[name]
    },
  })
  transform.query(watched, { match: () => undefined })
  return [...reads]
}

/** Whether the transforms see a legacy table as it is: it has its key, and every column that is declared, in its type. */
export const isAsDeclared = ({ sources }: Bound, { name, table }: LegacyTable): boolean => sources[name] === table

/** About how many values a legacy table has. */
export const valuesOf = ({ live }: LegacyTable): number => live.estimatedRows * live.columns.length

/** About how many values are read to derive a target table. */
export const valuesRead = ({ legacy }: Bound, { reads, columns }: TargetTable): number =>
  columns.length *
  legacy.filter(({ name }) => reads.includes(name)).reduce((sum, { live }) => sum + live.estimatedRows, 0)

/** The columns of a target table's key. */
export const keyOf = ({ columns, key }: Pick<TargetTable, 'columns' | 'key'>): PgColumn[] =>
  columns.filter(({ name }) => key.includes(name))

/** The columns of a table's declared primary key. */
export function primaryKey(table: PgTable): string[] {
  const { columns, primaryKeys } = configOf(table)
  const key = primaryKeys[0]?.columns ?? columns.filter((column) => column.primary)
  return key.map(({ name }) => name)
}

/**
 * The one place where versions of the legacy shape differ: afterwards every declared column can be read. One of another
 * type than declared is read as an expression, so that its values are judged before they are taken to fit the target.
 */
function adapt({ table, live, key, keyed }: LegacyTable): PgTable {
  const columns = Object.entries(getColumns(table)) as [string, PgColumn][]
  const liveType = (column: PgColumn) => live.columns.find(({ name }) => name === column.name)?.type
  const asDeclared = (column: PgColumn) => liveType(column) === declaredType(column)
  if (keyed && columns.every(([, column]) => asDeclared(column))) return table
  const read = (column: PgColumn) => {
    if (asDeclared(column)) return column
    return (liveType(column) === undefined ? sql`null::${typeSql(column)}` : sql`${column}`).as(column.name)
  }
  const fields = Object.fromEntries(columns.map(([property, column]) => [property, read(column)]))
  const query = new QueryBuilder()
  if (keyed) return query.select(fields).from(table).as(live.name) as unknown as PgTable
  // rows that share a declared key: the first in the order of their text is read, the others are set aside
  const on = columns.filter(([, column]) => key.includes(column.name)).map(([, column]) => column)
  return query
    .selectDistinctOn(on, fields)
    .from(table)
    .where(and(...on.map((column) => isNotNull(column))))
    .orderBy(...on, rowText(live.name))
    .as(live.name) as unknown as PgTable
}
