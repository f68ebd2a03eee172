import type { SQL } from 'drizzle-orm'

/**
 * What an application writes, over and over. A write gets a new key of forty hexadecimal digits; one that inserts a row
 * with it returns that row.
 */
export interface Application {
  /** The search_path by which it finds its tables; without one it names their schemas. */
  path?: string
  writes: readonly ((key: string) => SQL)[]
}

/** The applications of a system, for a story or a rehearsal: one on each shape. */
export interface Applications {
  legacy: Application
  target: Application
  /** Yields the keys of the legacy rows, of which those that were inserted must be. */
  keyed: SQL
}
