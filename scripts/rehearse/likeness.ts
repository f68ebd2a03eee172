import { type SQL, sql } from 'drizzle-orm'
import { rows } from '../engine/preflight/look.ts'
import { readShape, tableName, tableSql } from '../engine/shape.ts'
import { type Executor, rowText } from '../engine/sql.ts'
import type { System } from '../engine/system.ts'
import { catalogsOf } from './catalogs.ts'

/** What a database is compared by: its catalogs, and the rows of its legacy tables to the byte of their text forms. */
export interface Likeness {
  catalogs: string[]
  tables: Record<string, { rows: number; digest: string }>
}

export async function likenessOf(system: System, db: Executor): Promise<Likeness> {
  const all = Object.values(system.legacy)
  const { tables: live } = await readShape(db, all)
  const tables: Likeness['tables'] = {}
  for (const table of all.filter((each) => live.has(tableName(each)))) {
    const [row] = await rows<{ rows: number; digest: string }>(db, digest(tableSql(table)))
    if (row) tables[tableName(table)] = row
  }
  return { catalogs: await catalogsOf(db), tables }
}

/** A sum does not depend on the order of the rows, and counts those that are there twice; 128 bits of each. */
const digest = (table: SQL): SQL => sql`
  select count(*)::float8 as "rows",
    concat_ws(':', sum(('x' || left(image, 16))::bit(64)::bigint), sum(('x' || right(image, 16))::bit(64)::bigint)) as "digest"
  from (select md5(${rowText('t')}) as image from ${table} as t) as images`

/** How two differ: lines of the catalogs, and tables of which the rows do. Empty where they are identical. */
export const differencesOf = (before: Likeness, after: Likeness, only = (lines: string[]) => lines): string[] => [
  ...linesThatDiffer(only(before.catalogs), only(after.catalogs)),
  ...Object.keys({ ...before.tables, ...after.tables }).flatMap((table) => {
    const [was, is] = [before.tables[table], after.tables[table]]
    if (was?.rows !== is?.rows) return [`rows of ${table}: ${was?.rows ?? 'none'} before, ${is?.rows ?? 'none'} after`]
    return was?.digest === is?.digest ? [] : [`rows of ${table}: ${was?.rows} before and after, but not the same`]
  }),
]

/** What only one of the lists has. */
export function linesThatDiffer(before: readonly string[], after: readonly string[]): string[] {
  const [was, is] = [new Set(before), new Set(after)]
  return [
    ...before.filter((line) => !is.has(line)).map((line) => `gone: ${line}`),
    ...after.filter((line) => !was.has(line)).map((line) => `new: ${line}`),
  ]
}
