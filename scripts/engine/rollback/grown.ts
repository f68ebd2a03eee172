import { getColumns, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { archive } from '../../../schema/ledger.ts'
import { primaryKey } from '../bound.ts'
import { configOf } from '../declared.ts'
import { readShape, tableName, tableSql } from '../shape.ts'
import { all, column, type Executor, keyText } from '../sql.ts'
import type { System } from '../system.ts'
import { texts } from './archive.ts'

/**
 * Copies the rows of target tables that get none of the legacy to the archive, before the tables go: their applications
 * have written them, and nothing else holds them. What the steps have seeded is not archived, unless it was changed.
 */
export async function archiveGrown(db: Executor, system: System, tables: readonly PgTable[]): Promise<void> {
  const derived = new Set(system.derive.map(({ table }) => tableName(table)))
  const grown = tables.filter((table) => !derived.has(tableName(table)))
  if (grown.length === 0) return
  const shape = await readShape(db, grown)
  for (const table of grown) {
    const live = shape.tables.get(tableName(table))
    if (!live) continue
    await db.execute(sql`
      insert into ${archive} (system, relation, key, row, reason)
      select ${system.name}, ${live.name}, ${keyText(primaryKey(table).map((name) => column('t', name)))},
        ${texts('t', live.columns)}, 'the legacy has no such table'
      from ${tableSql(table)} as t
      where ${isSeeded(system, table)} is not true`)
  }
}

/** Whether row `t` is one of the seed, in every column that the seed gives. */
function isSeeded({ seeds = [] }: System, table: PgTable): SQL {
  const rows = seeds.find((seed) => seed.table === table)?.rows ?? []
  const [first] = rows
  if (!first) return sql`false`
  const columns = getColumns(table)
  const nameOf = (property: string) => columns[property]?.name ?? property
  const named = rows.map((row) => Object.fromEntries(Object.entries(row).map(([each, value]) => [nameOf(each), value])))
  const same = Object.keys(first).map((each) => {
    const name = nameOf(each)
    return sql`${column('t', name)} is not distinct from ${column('seed', name)}`
  })
  return sql`exists (
        select
        from jsonb_populate_recordset(null::${tableSql(table)}, ${JSON.stringify(named)}::text::jsonb) as seed
        where ${all(same)})`
}

/** Those of the tables that exist. */
export async function existing(db: Executor, tables: readonly PgTable[]): Promise<PgTable[]> {
  const shape = await readShape(db, tables)
  return tables.filter((table) => shape.tables.has(tableName(table)))
}

/** What the steps have made of a table besides itself, as they write it. */
export interface Added {
  schema: string
  table: string
  name: string
  kind: 'constraint' | 'index'
}

/** Constraints and indexes that the texts of steps add to tables, apart from those in `create table`. */
export function additionsIn(texts: readonly string[]): Added[] {
  const text = texts.join('\n')
  const constraints = text.matchAll(/alter table (?:"(\w+)"\.)?"(\w+)" add constraint "(\w+)"/gi)
  const indexes = text.matchAll(/create (?:unique )?index (?:if not exists )?"(\w+)" on (?:"(\w+)"\.)?"(\w+)"/gi)
  return [
    ...[...constraints].map(([, schema = 'public', table = '', name = '']) => ({
      schema,
      table,
      name,
      kind: 'constraint' as const,
    })),
    ...[...indexes].map(([, name = '', schema = 'public', table = '']) => ({
      schema,
      table,
      name,
      kind: 'index' as const,
    })),
  ]
}

/** Whether an addition is to one of the tables. */
export const isOf = ({ schema, table }: Added, tables: readonly PgTable[]): boolean =>
  tables.some((each) => {
    const own = configOf(each)
    return (own.schema ?? 'public') === schema && own.name === table
  })
