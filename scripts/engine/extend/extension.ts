import type { PgTable } from 'drizzle-orm/pg-core'
import type { TypedQueryBuilder } from 'drizzle-orm/query-builders/query-builder'
import type { Gate } from '../gate/gate.ts'
import type { RowsOf, Tables, Transform } from '../system.ts'

/**
 * One table that keeps its old columns, untouched, and gets new ones beside them. A column of both shapes that restore
 * yields as it is belongs to both; one that it yields otherwise is of the old shape alone, and the queries of the new
 * shape may not read it.
 */
export interface Extension {
  /** The name that the table has in both shapes. */
  name: string
  /**
   * Yields the key, every new column, and those columns of both shapes that must follow one of the old shape alone. What it
   * joins it finds by one column of the row, so that a joined row that changes knows whose it is.
   */
  derive: Transform
  /** Yields the old columns. */
  restore: Transform
}

/** A system that adds columns to tables in place. */
export interface Extended {
  tables: readonly Extension[]
  /** What must be so in the end, with every table as it is declared then. */
  checklist: Gate
}

type Columns<T extends PgTable> = keyof T['_']['columns']

/** Typed constructors for the two queries of an extension; at run time they only pair the table with its query. */
export function extending<L extends Tables, T extends Tables>(legacy: L, target: T) {
  type Name = keyof L & keyof T & string
  return {
    derive: <N extends Name>(
      name: N,
      query: (legacy: L) => TypedQueryBuilder<Record<Exclude<Columns<T[N]>, Columns<L[N]>>, unknown>, unknown>,
    ) => ({ table: target[name], query }) as unknown as Transform,
    restore: <N extends Name>(name: N, query: (target: T) => RowsOf<L[N]>) =>
      ({ table: legacy[name], query }) as unknown as Transform,
  }
}
