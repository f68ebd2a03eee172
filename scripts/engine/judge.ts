import { type SQL, sql } from 'drizzle-orm'
import type { Bound, TargetTable } from './bound.ts'
import { rowConstraints } from './constraints.ts'
import { familyOf, type Keys } from './family.ts'
import { familyColumnsOf, query, selected } from './rows.ts'
import { column, keyText, list, typeSql } from './sql.ts'

/**
 * The derived rows of some families in the target's types, each judged by the constraints on a row by itself:
 * "#refusal" is null or {constraint, SQLSTATE, reason}; "#key" and "#family" identify the row in the ledger.
 * A value that does not fit its type is null there, and its row refused.
 */
export function judgedRows(bound: Bound, target: TargetTable, keys: Keys): SQL {
  const constraints = rowConstraints(target, bound.sources)
  const doubtful = new Map(
    constraints.filter(({ sqlstate }) => sqlstate.startsWith('22')).map((each) => [each.name, each.refuses]),
  )
  const value = ({ name }: { name: string }): SQL => {
    const misfit = doubtful.get(`${target.relation}_${name}_type`)
    return misfit ? sql`case when not coalesce(${misfit}, false) then ${column('d', name)} end` : column('d', name)
  }
  const family = familyColumnsOf(bound, target.name, bound.system.target).map((name) => column('d', name))
  return sql`(select ${refusal(constraints)} as "#refusal",
      ${keyText(target.key.map((name) => column('d', name)))} as "#key",
      coalesce(${familyOf(family)}, '') as "#family",
      ${list(target.columns.map(({ name }) => column('t', name)))}
    from ${query(target.derive, bound.sources, keys)} as d(${selected(target.derive, bound.sources)})
    cross join lateral (
      select ${list(target.columns.map((each) => sql`${value(each)}::${typeSql(each)} as ${sql.identifier(each.name)}`))}) as t)`
}

function refusal(constraints: ReturnType<typeof rowConstraints>): SQL {
  if (constraints.length === 0) return sql`null::text[]`
  const arms = constraints.map(
    ({ name, sqlstate, refuses, reason }) =>
      sql`when ${refuses} then array[${name}::text, ${sqlstate}::text, ${reason}]`,
  )
  return sql`case ${sql.join(arms, sql` `)} end`
}
