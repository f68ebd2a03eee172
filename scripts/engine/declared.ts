import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core'

type Config = ReturnType<typeof getTableConfig>

const known = new WeakMap<PgTable, Config>()

/** What a table declares, read once: Drizzle builds all of its columns, checks and keys anew whenever it is asked. */
export function configOf(table: PgTable): Config {
  const found = known.get(table) ?? getTableConfig(table)
  known.set(table, found)
  return found
}
