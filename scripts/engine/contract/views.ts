import { sql } from 'drizzle-orm'
import { definition } from '../../../schema/ledger.ts'
import type { Bound, LegacyTable } from '../bound.ts'
import { effectiveRows } from '../effective.ts'
import { rows } from '../preflight/look.ts'
import { tableSql } from '../shape.ts'
import { type Executor, list } from '../sql.ts'
import { textOf } from './text.ts'

const comment = 'Read-only: the rows that this table had, from the new tables and the complement'

/** The statement that puts a read-only view of the effective legacy in the place of the table. */
export const keptView = (bound: Bound, legacy: LegacyTable): string =>
  textOf(sql`
    create view ${tableSql(legacy.table)} as
    select ${list(legacy.live.columns.map(({ name }) => sql`${sql.identifier(name)}`))}
    from ${effectiveRows(bound, legacy)} as effective`)

/**
 * Makes the views where the tables were, readable by whom the tables were readable, and notes how they are undone.
 * Must run in the transaction that has dropped the tables.
 */
export async function keepViews(db: Executor, bound: Bound, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await db.execute(sql.raw(statement))
  for (const [i, { table, live }] of bound.legacy.entries()) {
    await db.execute(sql.raw(textOf(sql`comment on view ${tableSql(table)} is ${comment}`)))
    await db.execute(sql`
      insert into ${definition} (system, place, kind, name, statement)
      values (${bound.system.name}, ${-10 - i}, 'kept view', ${`${live.schema}.${live.name}`},
        ${textOf(sql`drop view ${tableSql(table)}`)})`)
    const grants = await rows<{ statement: string }>(
      db,
      sql`
        select statement
        from ${definition}
        where system = ${bound.system.name}
          and kind = 'grant'
          and name = format('%I.%I', ${live.schema}::text, ${live.name}::text)
          and statement like 'grant SELECT%'
        order by place`,
    )
    for (const { statement } of grants) await db.execute(sql.raw(statement))
  }
}
