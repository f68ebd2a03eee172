import { type SQL, sql } from 'drizzle-orm'
import { quarantine } from '../../../schema/ledger.ts'
import type { Bound, TargetTable } from '../bound.ts'
import { heldOf, references, uniqueKeys } from '../constraints.ts'
import { also, familyOf } from '../family.ts'
import { held } from '../quarantine.ts'
import { familyColumnsOf } from '../rows.ts'
import { tableName, tableSql } from '../shape.ts'
import { all, column, list } from '../sql.ts'
import { stageOf } from '../stage.ts'
import { isWithinFamily } from './related.ts'

/** The families of staged rows that are refused, change their family by it, or claim what others have or wait for. */
export function entangled(bound: Bound, target: TargetTable): SQL[] {
  const own = familyColumnsOf(bound, target.name, bound.system.target).map((name) => column('s', name))
  const refused = sql`
    select s."#family"
    from ${stageOf(target)} as s
    where s."#refusal" is not null
      or coalesce(${familyOf(own)}, '') <> s."#family"`
  return [refused, ...contested(bound, target), ...awaited(bound, target)]
}

/** Rows that have a unique value in common with another one, of whatever family. */
function contested(bound: Bound, target: TargetTable): SQL[] {
  return uniqueKeys(target.table).flatMap(({ name, columns }) => {
    const values = list(columns.map((each) => column('s', each.name)))
    return [
      sql`
    select unnest(array_agg(s."#family"))
    from ${stageOf(target)} as s
    where ${all(columns.map((each) => sql`${column('s', each.name)} is not null`))}
    group by ${values}
    having count(*) > 1`,
      sql`
    select s."#family"
    from ${stageOf(target)} as s
    join ${tableSql(target.table)} as t on ${all(columns.map((each) => sql`${column('t', each.name)} = ${column('s', each.name)}`))}`,
      sql`
    select s."#family"
    from ${stageOf(target)} as s
    join ${quarantine} as q on q.held = ${held('s', heldOf(columns))}
    where ${waitsFor(bound, target, name)}
      and ${all(columns.map((each) => sql`${column('s', each.name)} is not null`))}`,
    ]
  })
}

/**
 * Rows to which others may have had to give up a reference for want of them. Where the reference is what makes a row's
 * family, they are of the row's own family, of which something is noted then.
 */
function awaited(bound: Bound, parent: TargetTable): SQL[] {
  return bound.target.flatMap((child) =>
    references(child.table)
      .filter((reference) => tableName(reference.parent) === tableName(parent.table))
      .filter((reference) => !isWithinFamily(child, parent, reference))
      .map(
        ({ name }) => sql`
    select s."#family"
    from ${stageOf(parent)} as s
    where exists (select from ${quarantine} as q where ${waitsFor(bound, child, name)})`,
      ),
  )
}

const waitsFor = ({ system }: Bound, { relation }: TargetTable, constraint: string): SQL =>
  sql`q.system = ${system.name} and q.relation = ${relation} and q.constraint_name = ${constraint}`

/** The families of staged rows that refer to nothing, or to a row that is left out. */
export function dangling(bound: Bound, target: TargetTable): SQL[] {
  return references(target.table).map(({ columns, parent, parentColumns }) => {
    const staged = bound.target.find(({ table }) => tableName(table) === tableName(parent))
    const is = (alias: string) =>
      all(parentColumns.map(({ name }, i) => sql`${column(alias, name)} = ${column('s', columns[i]?.name ?? name)}`))
    const inStage = staged
      ? sql`
      and not exists (
        select
        from ${stageOf(staged)} as p
        where ${is('p')}
          and not exists (select from ${also} as a where a.family = p."#family"))`
      : sql``
    return sql`
    select s."#family"
    from ${stageOf(target)} as s
    where ${all(columns.map(({ name }) => sql`${column('s', name)} is not null`))}${inStage}
      and not exists (select from ${tableSql(parent)} as p where ${is('p')})`
  })
}
