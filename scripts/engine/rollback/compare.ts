import { type SQL, sql } from 'drizzle-orm'
import { Failure } from '../../errors.ts'
import type { Bound, LegacyTable } from '../bound.ts'
import { effectiveRows } from '../effective.ts'
import { rows } from '../preflight/look.ts'
import { tableSql } from '../shape.ts'
import { column, type Executor, list } from '../sql.ts'

/**
 * Counts the rows of both as text: a rebuilt table may have no key to join on.
 * @throws Failure where the table does not hold exactly the effective rows, less those archived
 */
export async function requireSame(tx: Executor, bound: Bound, legacy: LegacyTable, archived: number): Promise<void> {
  const text = (alias: string): SQL =>
    sql`row(${list(legacy.live.columns.map(({ name }) => column(alias, name)))})::text`
  const [row] = await rows<{ missing: number; extra: number }>(
    tx,
    sql`
      select coalesce(sum(greatest(n, 0)), 0)::float8 as "missing", coalesce(sum(greatest(-n, 0)), 0)::float8 as "extra"
      from (
        select sum(sign) as n
        from (
          select ${text('e')} as row, 1 as sign from ${effectiveRows(bound, legacy)} as e
          union all
          select ${text('l')}, -1 from ${tableSql(legacy.table)} as l) as both_sides
        group by row
        having sum(sign) <> 0) as unequal`,
  )
  if (row?.missing === archived && row.extra === 0) return
  throw new Failure(
    'the rebuilt table does not hold what it was made of; nothing was changed',
    { table: legacy.relation, missing: row?.missing, extra: row?.extra, archived },
    'run the same command again, and report it if it happens again',
  )
}
