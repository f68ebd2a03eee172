import { mapColumnsInSQLToAlias, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { references } from '../constraints.ts'
import { configOf } from '../declared.ts'
import { rows } from '../preflight/look.ts'
import { tableName, tableSql } from '../shape.ts'
import { all, column, type Executor } from '../sql.ts'
import { areThere } from './conditions.ts'
import { type Checked, checked } from './gate.ts'

/**
 * Whether every row of the tables is what its references and checks demand. They hold by themselves for what is written
 * in the ordinary way; a dump that was loaded with triggers disabled has asked none of them. Reads the tables whole.
 */
export async function rowsIntact(db: Executor, tables: readonly PgTable[]): Promise<Checked[]> {
  const checks: Checked[] = []
  for (const table of new Set(tables)) {
    const demands = demandsOf(table)
    if (demands.length === 0 || !(await areThere(db, [table]))) continue
    const broken = await rows<{ name: string; rows: number }>(
      db,
      sql`select * from (${sql.join(demands, sql` union all `)}) as demand where "rows" > 0`,
    )
    const what = `rows of ${tableName(table)} are intact, by their references and checks`
    checks.push(
      checked(
        'rows',
        what,
        broken.map(({ name, rows: count }) => `${count} break ${name}`),
      ),
    )
  }
  return checks
}

/** For each reference and each check how many rows break it. */
function demandsOf(table: PgTable): SQL[] {
  const broken = (name: string, condition: SQL) => sql`
      select ${name}::text as "name", count(*)::float8 as "rows"
      from ${tableSql(table)} as t
      where ${condition}`
  return [
    ...references(table).map(({ name, columns, parent, parentColumns }) =>
      broken(
        name,
        sql`${all(columns.map((each) => sql`${column('t', each.name)} is not null`))}
        and not exists (
          select
          from ${tableSql(parent)} as p
          where ${all(parentColumns.map((each, i) => sql`${column('p', each.name)} = ${column('t', columns[i]?.name ?? each.name)}`))})`,
      ),
    ),
    ...configOf(table).checks.map(({ name, value }) =>
      broken(name, sql`(${mapColumnsInSQLToAlias(value, 't')}) is false`),
    ),
  ]
}
