import type { SQL } from 'drizzle-orm'
import type { PgTable, PgView } from 'drizzle-orm/pg-core'
import type { TypedQueryBuilder } from 'drizzle-orm/query-builders/query-builder'
import type { Extended } from './extend/extension.ts'
import type { Keys } from './family.ts'
import type { Gate } from './gate/gate.ts'

/** Tables by the name that the transforms use for them. */
export type Tables = Record<string, PgTable>

/** A select that yields one value for every column of a table, under the column's property name. */
export type RowsOf<T extends PgTable> = TypedQueryBuilder<Record<keyof T['_']['columns'], unknown>, unknown>

/**
 * One hand-written mapping: a query over the other shape that yields the rows of `table` for some families.
 * `derive` and `restore` of a system are both lists of these (design §1).
 */
export interface Transform {
  /** The table whose rows the query yields. */
  table: PgTable
  /** @param sources the other shape's tables, adapted to what is live; @param keys the families asked for */
  query(sources: Tables, keys: Keys): TypedQueryBuilder<Record<string, unknown>, unknown>
}

/** Everything the engine knows of one restructuring. */
export interface System {
  name: string
  /** Every column that any version of the legacy shape has had; what is missing live is read as a typed null. */
  legacy: Tables
  target: Tables
  /** Views over the legacy tables, those that others read first: a contract makes them anew over the target. */
  views?: readonly PgView[]
  /**
   * For each table, the columns of which the first that is not null is the row's family: the set of legacy and target
   * rows that depend on each other.
   */
  family: Record<string, readonly string[]>
  /** One for each target table that gets rows of the legacy, referenced tables first. The others are the applications' own. */
  derive: readonly Transform[]
  /** One for each legacy table. */
  restore: readonly Transform[]
  /**
   * The schema into which a contract moves the target's tables, where they take the names of the legacy tables: until
   * then they are in a schema of their own.
   */
  settlesIn?: string
  /** Whether an empty database is a starting point as well: it gets the target as it is after a contract. */
  startsEmpty?: boolean
  /** For a system that adds columns to tables in place: these tables are in both shapes, and nothing is derived or dropped. */
  extended?: Extended
  /** For a system that grows in phases: one for each, in order. */
  gates?: readonly Gate[]
  /** Rows that the steps put into target tables which get none of the legacy, by table. */
  seeds?: readonly { table: PgTable; rows: readonly Record<string, unknown>[] }[]
  /** Yields one row with one column: the version of the legacy shape as its own tool counts it, or null. */
  legacyVersion?: { table: string; query: SQL }
}

/** Typed constructors for the transforms between two shapes; at run time they only pair the table with its query. */
export function transforms<L extends Tables, T extends Tables>(_legacy: L, _target: T) {
  return {
    derive: <Table extends PgTable>(table: Table, query: (legacy: L, keys: Keys) => RowsOf<Table>) =>
      ({ table, query }) as unknown as Transform,
    restore: <Table extends PgTable>(table: Table, query: (target: T, keys: Keys) => RowsOf<Table>) =>
      ({ table, query }) as unknown as Transform,
  }
}
