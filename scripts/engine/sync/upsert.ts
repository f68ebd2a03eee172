import { type SQL, sql } from 'drizzle-orm'
import type { TargetTable } from '../bound.ts'
import { column, list, rowOf, sameImage } from '../sql.ts'

/** The names of the table's columns. */
export const namesOf = ({ columns }: TargetTable): SQL => list(columns.map(({ name }) => sql`${sql.identifier(name)}`))

/** `on conflict … do update` of the rows that differ, of those only that `condition` lets. */
export function upsert(target: TargetTable, condition?: SQL): SQL {
  const changed = target.columns.filter(({ name }) => !target.key.includes(name))
  const key = list(target.key.map((name) => sql`${sql.identifier(name)}`))
  if (changed.length === 0) return sql`on conflict (${key}) do nothing`
  return sql`on conflict (${key}) do update
      set ${list(changed.map(({ name }) => sql`${sql.identifier(name)} = ${column('excluded', name)}`))}
      where not ${sameImage(rowOf('t', target.columns), rowOf('excluded', target.columns))}${condition ? sql` and ${condition}` : sql``}`
}
