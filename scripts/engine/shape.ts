import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { configOf } from './declared.ts'
import type { Executor, Typed } from './sql.ts'

export interface LiveColumn extends Typed {
  notNull: boolean
  /** Filled by the server, so that nothing may be written to it. */
  generated: boolean
}

export interface LiveTable {
  schema: string
  name: string
  columns: LiveColumn[]
  /** Valid unique keys over columns that are all not null: each identifies a row. */
  unique: string[][]
  /** The planner's estimate, or one by the size of a table that was never analyzed. */
  estimatedRows: number
}

/** The live catalogs of some tables, read once. A table that does not exist is not in the map. */
export interface Shape {
  tables: Map<string, LiveTable>
}

/** `schema.table`, the name under which a shape and the messages know a table. */
export const tableName = (table: PgTable): string => {
  const { schema, name } = configOf(table)
  return `${schema ?? 'public'}.${name}`
}

/** The table as it is written in a query. */
export const tableSql = (table: PgTable): SQL => {
  const { schema, name } = configOf(table)
  return sql`${sql.identifier(schema ?? 'public')}.${sql.identifier(name)}`
}

/** Reads the live shape of `tables`. The session's search_path is pinned, so type names come out qualified. */
export async function readShape(db: Executor, tables: readonly PgTable[]): Promise<Shape> {
  if (tables.length === 0) return { tables: new Map() }
  const names = sql.join(
    tables.map((table) => {
      const { schema, name } = configOf(table)
      return sql`(${schema ?? 'public'}::text, ${name}::text)`
    }),
    sql`, `,
  )
  const rows = await db.execute(sql`
    select n.nspname as "schema", c.relname as "name", 
      case when c.reltuples > 0 then c.reltuples else pg_relation_size(c.oid) / 300 end::float8 as "estimatedRows",
      (select json_agg(json_build_object(
          'name', a.attname,
          'type', format_type(a.atttypid, a.atttypmod),
          'isEnum', t.typtype = 'e',
          'notNull', a.attnotnull,
          'generated', a.attgenerated <> '') order by a.attnum)
        from pg_attribute a
        join pg_type t on t.oid = a.atttypid
        where a.attrelid = c.oid
          and a.attnum > 0
          and not a.attisdropped) as "columns",
      (select coalesce(json_agg(k.columns), '[]')
        from (
          select json_agg(a.attname order by a.attname) as columns
          from pg_index i
          join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey[0:i.indnkeyatts - 1])
          where i.indrelid = c.oid
            and i.indisunique
            and i.indisvalid
            and i.indpred is null
            and i.indexprs is null
          group by i.indexrelid
          having bool_and(a.attnotnull)) k) as "unique"
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p')
      and (n.nspname::text, c.relname::text) in (${names})`)
  return { tables: new Map((rows as unknown as LiveTable[]).map((t) => [`${t.schema}.${t.name}`, t])) }
}

/** Whether one of the table's live unique keys is exactly `columns`. */
export const isKey = (live: LiveTable, columns: readonly string[]): boolean => {
  const wanted = [...columns].sort().join('\0')
  return live.unique.some((key) => [...key].sort().join('\0') === wanted)
}
