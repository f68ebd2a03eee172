import { sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { rows, textArray } from '../preflight/look.ts'
import { tableName } from '../shape.ts'
import type { Executor } from '../sql.ts'

interface Seen {
  table: string
  file: number
  written: number
}

/**
 * Watches tables in one transaction: afterwards names those whose rows it has inserted, updated, deleted or rewritten.
 * Read off what the server itself counts for the transaction, so that it costs nothing however many rows there are.
 */
export async function watch(tx: Executor, tables: readonly PgTable[]): Promise<() => Promise<string[]>> {
  const seen = () =>
    rows<Seen>(
      tx,
      sql`
        select name as "table", pg_relation_filenode(oid)::bigint::float8 as "file",
          (pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
            + pg_stat_get_xact_tuples_deleted(oid))::float8 as "written"
        from unnest(${textArray(tables.map(tableName))}) as name
        cross join lateral (select to_regclass(name)::oid as oid) as found
        where oid is not null`,
    )
  const before = await seen()
  return async () => {
    const after = await seen()
    return before
      .filter((was) => {
        const now = after.find(({ table }) => table === was.table)
        return now?.file !== was.file || now.written !== was.written
      })
      .map(({ table }) => table)
  }
}
