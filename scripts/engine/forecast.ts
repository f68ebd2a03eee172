import { type SQL, sql } from 'drizzle-orm'
import { type Bound, bind, type TargetTable } from './bound.ts'
import { nullable, references, uniqueKeys } from './constraints.ts'
import type { Context } from './context.ts'
import { everything } from './family.ts'
import { judgedRows } from './judge.ts'
import type { Finding } from './results.ts'
import { tableName, tableSql } from './shape.ts'
import { all, column, type Executor, list } from './sql.ts'
import { readWhole } from './transaction.ts'

/**
 * What the target's constraints will refuse, by constraint, with how many rows and which. Only reads, and works before
 * the target exists: the constraints are the declared ones. Wants to run inside a transaction.
 */
export async function forecast({ system, connection: { db } }: Context): Promise<Finding[]> {
  const bound = await bind(system, db)
  await readWhole(db)
  const findings: Finding[] = []
  for (const target of bound.target) {
    findings.push(
      ...(await refusals(db, bound, target)),
      ...(await contests(db, bound, target)),
      ...(await danglers(db, bound, target)),
    )
  }
  return findings
}

interface Refused {
  constraint: string
  sqlstate: string
  reason: string
  rows: number
  samples: string[]
}

const finding = (target: TargetTable, refused: Refused, what: string): Finding => ({
  code: 'quarantine',
  table: tableName(target.table),
  rows: refused.rows,
  samples: refused.samples,
  message: `${refused.constraint} (SQLSTATE ${refused.sqlstate}) will set ${what} aside, for example: ${refused.reason}`,
})

const rowsAside = (count: number): string => (count === 1 ? 'one row' : `${count} rows`)

/** The sound derived rows of a target table. */
const sound = (bound: Bound, target: TargetTable): SQL =>
  sql`(select * from ${judgedRows(bound, target, everything)} as judged where "#refusal" is null)`

async function refusals(db: Executor, bound: Bound, target: TargetTable): Promise<Finding[]> {
  const rows = (await db.execute(sql`
    select "#refusal"[1] as "constraint", "#refusal"[2] as "sqlstate", min("#refusal"[3]) as "reason",
      count(*)::float8 as "rows", (array_agg("#key" order by "#key"))[1:3] as "samples"
    from ${judgedRows(bound, target, everything)} as judged
    where "#refusal" is not null
    group by 1, 2
    order by 1`)) as unknown as Refused[]
  return rows.map((row) => finding(target, row, rowsAside(row.rows)))
}

async function contests(db: Executor, bound: Bound, target: TargetTable): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const unique of uniqueKeys(target.table)) {
    const columns = list(unique.columns.map(({ name }) => column('d', name)))
    const given = nullable(unique.columns)
    const [row] = (await db.execute(sql`
      select ${unique.name} as "constraint", '23505' as "sqlstate", min(reason) as "reason", count(*)::float8 as "rows",
        (array_agg(key order by key))[1:3] as "samples"
      from (
        select d."#key" as key, concat_ws(', ', ${columns}) || ' is taken by ' || first_value(d."#key") over w as reason,
          row_number() over w as place
        from ${sound(bound, target)} as d
        where ${all(unique.columns.map(({ name }) => sql`${column('d', name)} is not null`))}
        window w as (partition by ${columns} order by ${list(target.key.map((name) => column('d', name)))})) as claim
      where place > 1`)) as unknown as Refused[]
    const what = given.length ? `${given.map(({ name }) => name).join(', ')} of ` : ''
    if (row && row.rows > 0) findings.push(finding(target, row, what + rowsAside(row.rows)))
  }
  return findings
}

async function danglers(db: Executor, bound: Bound, target: TargetTable): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { name, columns, parent, parentColumns } of references(target.table)) {
    const derived = bound.target.find(({ table }) => tableName(table) === tableName(parent))
    const given = nullable(columns)
    const values = list(columns.map((each) => column('d', each.name)))
    const [row] = (await db.execute(sql`
      select ${name} as "constraint", '23503' as "sqlstate",
        min(concat_ws(', ', ${values}) || ${` refers to no row of ${tableName(parent)}`}::text) as "reason",
        count(*)::float8 as "rows", (array_agg(d."#key" order by d."#key"))[1:3] as "samples"
      from ${sound(bound, target)} as d
      where ${all(columns.map((each) => sql`${column('d', each.name)} is not null`))}
        and not exists (
          select from ${derived ? sound(bound, derived) : tableSql(parent)} as p
          where ${all(parentColumns.map((each, i) => sql`${column('p', each.name)} = ${column('d', columns[i]?.name ?? each.name)}`))})`)) as unknown as Refused[]
    const what = given.length ? `${given.map((each) => each.name).join(', ')} of ` : ''
    if (row && row.rows > 0) findings.push(finding(target, row, what + rowsAside(row.rows)))
  }
  return findings
}
