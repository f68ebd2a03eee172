import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { sluice } from '../../../schema/ledger.ts'
import type { Database } from '../../database/connect.ts'
import { Refusal } from '../../errors.ts'
import { configOf } from '../declared.ts'
import { contracted, phaseOf } from '../ledger.ts'
import type { Finding } from '../results.ts'
import { type LiveTable, readShape, tableName, tableSql } from '../shape.ts'
import { column, type Executor, keyText } from '../sql.ts'
import type { System } from '../system.ts'

/** A legacy table as it is live. */
export interface Seen {
  table: PgTable
  /** `schema.table`. */
  name: string
  live: LiveTable
  oid: number
  /** Whether this role may read its rows. */
  readable: boolean
  tableBytes: number
  indexBytes: number
}

/** What every group of findings looks at: one read-only snapshot. */
export interface Look {
  system: System
  db: Pick<Database, 'execute' | 'transaction'>
  legacy: Seen[]
  /** The schemas that the system's tables are in. */
  schemas: string[]
}

/** One group of findings. */
export type Group = (look: Look) => Promise<Finding[]>

/** Schemas that Sluice and drizzle-kit make for themselves. */
export const ownSchemas: readonly string[] = [sluice.schemaName, 'drizzle']

/** The rows of a query; `T` is what the query's author says they are. */
export const rows = async <T>(db: Executor, query: SQL): Promise<T[]> => [
  ...((await db.execute(query)) as unknown as T[]),
]

export const textArray = (values: readonly string[]): SQL =>
  sql`array[${sql.join(
    values.map((value) => sql`${value}::text`),
    sql`, `,
  )}]::text[]`

export const oids = (look: Look): SQL =>
  sql.raw(`array[${look.legacy.map(({ oid }) => Number(oid)).join(', ')}]::oid[]`)

/** `schema.table` of the row of pg_class `c` and of pg_namespace `n`. */
export const named = sql.raw("n.nspname || '.' || c.relname")

/** Reads which legacy tables there are, how large they are and whether their rows may be read. */
export async function survey(system: System, db: Look['db']): Promise<Look> {
  const tables = Object.values(system.legacy)
  const shape = await readShape(db, tables)
  const found = await rows<Omit<Seen, 'table' | 'live'>>(
    db,
    sql`
      select ${named} as "name", c.oid::bigint::float8 as "oid",
        has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as "readable",
        pg_table_size(c.oid)::float8 as "tableBytes",
        pg_indexes_size(c.oid)::float8 as "indexBytes"
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p')
        and ${named} = any (${textArray(tables.map(tableName))})`,
  )
  const legacy = tables.flatMap((table) => {
    const live = shape.tables.get(tableName(table))
    const seen = found.find(({ name }) => name === tableName(table))
    return live && seen ? [{ table, live, ...seen }] : []
  })
  const all = [...tables, ...Object.values(system.target)]
  return {
    system,
    db,
    legacy,
    schemas: [...new Set(all.map((table) => configOf(table).schema ?? 'public'))],
  }
}

/** Whether this is an empty database, and that is a starting point: none of the tables of either shape is there. */
export async function isBeginning(system: System, db: Executor): Promise<boolean> {
  if (!system.startsEmpty) return false
  const { tables } = await readShape(db, [...Object.values(system.legacy), ...Object.values(system.target)])
  return tables.size === 0
}

/** @throws Refusal where a legacy table is not in this database, or no longer */
export async function requireLegacy(system: System, db: Executor): Promise<void> {
  // other tables may have their names by then
  if ((await phaseOf(system, db)) === 'contracted') throw contracted(system)
  const tables = Object.values(system.legacy)
  const shape = await readShape(db, tables)
  const absent = tables.map(tableName).find((name) => !shape.tables.has(name))
  if (!absent) return
  const beginning = await isBeginning(system, db)
  const [here] = await rows<{ name: string }>(db, sql`select current_database()::text as "name"`)
  throw new Refusal(
    'the legacy table does not exist in this database',
    { table: absent, database: here?.name, SYSTEM: system.name },
    beginning
      ? 'check the database name in DATABASE_URL; npm run migrate makes the new tables where there are no old ones'
      : 'check the database name in DATABASE_URL, or make a sample with npm run legacy',
  )
}

/** Names of the columns that identify a row by declaration, as far as they are live. */
export function keyColumns({ table, live }: Pick<Seen, 'table' | 'live'>): string[] {
  const { columns, primaryKeys } = configOf(table)
  const declared =
    primaryKeys[0]?.columns.map(({ name }) => name) ?? columns.filter((c) => c.primary).map((c) => c.name)
  return declared.filter((name) => live.columns.some((column) => column.name === name))
}

/** How many rows meet `condition`, and the keys of the first three; the table is `d` there. */
export async function counted(db: Executor, seen: Seen, condition: SQL): Promise<{ rows: number; samples: string[] }> {
  const key = keyColumns(seen)
  const shown = key.length ? keyText(key.map((name) => column('d', name))) : sql`d.ctid::text`
  const [result] = await rows<{ rows: number; samples: string[] }>(
    db,
    sql`
      with hit as materialized (
        select ${shown} as "key"
        from ${tableSql(seen.table)} as d
        where ${condition})
      select (select count(*)::float8 from hit) as "rows",
        array(select "key" from hit order by "key" collate "C" limit 3) as "samples"`,
  )
  return result ?? { rows: 0, samples: [] }
}
