import { type SQL, sql } from 'drizzle-orm'
import type { Bound, TargetTable } from './bound.ts'
import { columnsOf, familyOf } from './family.ts'
import { askFor } from './scope.ts'
import { tableSql } from './shape.ts'
import { all, column, type Executor } from './sql.ts'
import { stageOf } from './stage.ts'

/** A session's temporary table of the families between which rows have moved since they were last carried. */
const moved = sql.raw('pg_temp.sluice_moved')

/** Whether a row of the target table can keep its key and change its family. */
const canMove = ({ table, key }: TargetTable): boolean => columnsOf(table).some(({ name }) => !key.includes(name))

/** Notes, before the staged rows are written, which of them the target still has under another family, and which that is. */
export async function noteMoved(db: Executor, bound: Bound): Promise<void> {
  await db.execute(sql`create temporary table if not exists sluice_moved (family text) on commit delete rows`)
  const found = bound.target.filter(canMove).map((target): SQL => {
    const staged = familyOf(columnsOf(target.table).map(({ name }) => column('s', name)))
    const live = familyOf(columnsOf(target.table))
    const own = target.columns.filter(({ name }) => target.key.includes(name))
    return sql`
      select unnest(array[s."#family", ${staged}, ${live}]) as family
      from ${stageOf(target)} as s
      join ${tableSql(target.table)} on ${all(own.map((each) => sql`${each} = ${column('s', each.name)}`))}
      where ${live} <> ${staged}`
  })
  if (found.length > 0) await db.execute(sql`insert into ${moved} ${sql.join(found, sql` union `)}`)
}

/**
 * Asks for the noted families, which must be carried together: while one of them was carried alone, what the other still
 * had of the row took part in restoring it.
 * @returns false when nothing has moved
 */
export async function askForMoved(db: Executor, bound: Bound): Promise<boolean> {
  const [row] = await db.execute(sql`select exists (select from ${moved}) as "any"`)
  if (!(row as { any: boolean }).any) return false
  for (const target of bound.target) await db.execute(sql`drop table ${stageOf(target)}`)
  await askFor(db, sql`select distinct family from ${moved}`)
  await db.execute(sql`delete from ${moved}`)
  return true
}
