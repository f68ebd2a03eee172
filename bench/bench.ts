import postgres, { type Sql } from 'postgres'
import type { Legacy } from './legacies.ts'
import type { Database, Server } from './server.ts'

/** What every contender and figure works with. */
export interface Bench {
  server: Server
  legacy(rows: number, dirt: number): Promise<Legacy>
  /** One sentence for the person who waits. */
  note(text: string): void
}

/** Runs `work` on a fresh clone of the legacy, with nothing left to write from before, and drops it after. */
export async function inClone<T>({ server }: Bench, { template }: Legacy, work: (clone: Database) => Promise<T>) {
  const clone = await server.create(template.name)
  try {
    await server.settle()
    return await work(clone)
  } finally {
    await server.drop(clone)
  }
}

/** Runs `work` in one session with the server's own settings, as psql would have it, but for the time zone (spec §5). */
export async function withPlainSession<T>({ url }: Database, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connection: { TimeZone: 'UTC' } })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** The value that `share` of all are below: 0.5 for the median. */
export const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0

export const median = (values: readonly number[]): number => quantile(values, 0.5)
