import type { SQL } from 'drizzle-orm'

/** The families that a query is asked for. */
export interface Keys {
  /** The condition that a row of `source` belongs to one of the families; undefined when all are asked for. */
  match(source: object): SQL | undefined
}
