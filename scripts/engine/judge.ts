import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { type Bound, keyOf, type TargetTable } from './bound.ts'
import { type RowConstraint, rowConstraints } from './constraints.ts'
import { familyOf, type Keys } from './family.ts'
import { familyColumnsOf, query, selected } from './rows.ts'
import { all, column, imagesDiffer, keyText, list, typeSql } from './sql.ts'
import type { Tables } from './system.ts'
import { typed } from './types.ts'

/** The names of checks that are known to be passed, so that they are not asked. */
type Checks = ReadonlySet<string> | undefined

/**
 * The derived rows of some families in the target's types, each judged by the constraints on a row by itself:
 * "#refusal" is null or {constraint, SQLSTATE, reason}; "#key" and "#family" identify the row in the ledger.
 * A value that does not fit its type is null there, and its row refused.
 */
export const judgedRows = (
  bound: Bound,
  target: TargetTable,
  keys: Keys,
  { from, passed }: { from?: Tables; passed?: Checks } = {},
): SQL => sql`(${judged(bound, target, derivedRows(bound, target, keys, from), { passed })})`

/**
 * The derived rows `d` of some families as the query yields them.
 * @param from what has the same columns as the legacy tables, and the rows of these families
 */
export const derivedRows = (bound: Bound, target: TargetTable, keys: Keys, from = bound.sources): SQL =>
  sql`${query(target.derive, from, keys)} as d(${selected(target.derive, from)})`

/**
 * The judged rows of `from`, which has the derived rows as `d`, with further columns of it. Where `when` does not hold
 * there is no derived row, and nothing to be judged.
 * @param how.words whether a refusal has its reason, which takes long to plan
 */
export function judged(
  bound: Bound,
  target: TargetTable,
  from: SQL,
  {
    further = [],
    when,
    passed,
    words = true,
  }: { further?: readonly SQL[]; when?: SQL; passed?: Checks; words?: boolean } = {},
): SQL {
  const only = (value: SQL) => (when ? sql`case when ${when} then ${value} end` : value)
  const constraints = rowConstraints(target, bound.sources, passed)
  const value = valueIn(target, constraints)
  const family = familyColumnsOf(bound, target.name, bound.system.target).map((name) => column('d', name))
  return sql`select ${only(refusal(constraints, words))} as "#refusal",
      ${only(keyText(target.key.map((name) => column('d', name))))} as "#key",
      ${only(sql`coalesce(${familyOf(family)}, '')`)} as "#family",
      ${list([...target.columns.map(({ name }) => column('t', name)), ...further])}
    from ${from}
    cross join lateral (
      select ${list(target.columns.map((each) => sql`${value(each)} as ${sql.identifier(each.name)}`))}) as t`
}

/** The value of row `d` in the type of a column of the target; null where it does not fit. */
export const fittingIn = (bound: Bound, target: TargetTable): ((each: PgColumn) => SQL) =>
  valueIn(target, rowConstraints(target, bound.sources))

function valueIn(target: TargetTable, constraints: readonly RowConstraint[]): (each: PgColumn) => SQL {
  const doubtful = doubts(constraints)
  return (each) => {
    const misfit = doubtful.get(`${target.relation}_${each.name}_type`)
    const value = column('d', each.name)
    return sql`${misfit ? sql`case when not coalesce(${misfit}, false) then ${value} end` : value}::${typeSql(each)}`
  }
}

const doubts = (constraints: readonly RowConstraint[]): Map<string, SQL> =>
  new Map(constraints.filter(({ sqlstate }) => sqlstate.startsWith('22')).map((each) => [each.name, each.refuses]))

/**
 * Whether the derived row `d` is, to the byte, the sound row `t` of the target; much faster than judging it. Lengths and
 * precisions need not be asked: where the bytes are those of a row that is in the table, they fit.
 */
export function isSoundRow(bound: Bound, target: TargetTable, passed?: Checks): SQL {
  const constraints = rowConstraints(target, bound.sources, passed)
  const loose = looseValueIn(target, constraints)
  const value = new Map(target.columns.map((each) => [each.name, loose(each)]))
  const differ = imagesDiffer(target.columns.map(typed), [
    (name) => value.get(name) as SQL,
    (name) => column('t', name),
  ])
  return sql`(not ${differ}
    and ${isRefused(constraints)} is not true)`
}

/** Whether a constraint refuses row `d`, which is `t` in the target's types: a row that is there fits them. */
export function isRefused(constraints: readonly RowConstraint[]): SQL {
  const refusing = constraints.filter(({ sqlstate }) => !sqlstate.startsWith('22')).map(({ refuses }) => refuses)
  return sql`(${refusing.length ? sql.join(refusing, sql` or `) : sql`false`})`
}

/** Whether the derived row `d` and the row `t` of the target have the same key. */
export function sameTargetKey(bound: Bound, target: TargetTable): SQL {
  const value = fittingIn(bound, target)
  return all(keyOf(target).map((each) => sql`${value(each)} = ${column('t', each.name)}`))
}

/** The value of row `d` in the type of a column of the target, but for length and precision, so that no value is refused. */
function looseValueIn(target: TargetTable, constraints: readonly RowConstraint[]): (each: PgColumn) => SQL {
  const doubtful = doubts(constraints)
  const value = valueIn(target, constraints)
  return (each) => {
    const loose = withoutLimits(each)
    if (!loose || !doubtful.has(`${target.relation}_${each.name}_type`)) return value(each)
    return sql`${column('d', each.name)}::${sql.raw(loose)}`
  }
}

/** The type of a column without its length or precision; nothing where it has none. */
function withoutLimits(each: PgColumn & { dimensions?: number }): string | undefined {
  const type = /^(varchar|char|numeric)\(/.exec(each.getSQLType())?.[1]
  return each.dimensions || !type ? undefined : type === 'char' ? 'bpchar' : type
}

/** The type of a column of the target that takes every value which its own may refuse. */
export function looseTypeSql(each: PgColumn): SQL {
  const loose = withoutLimits(each)
  return loose ? sql.raw(loose) : typeSql(each)
}

function refusal(constraints: readonly RowConstraint[], words: boolean): SQL {
  if (constraints.length === 0) return sql`null::text[]`
  const arms = constraints.map(
    ({ name, sqlstate, refuses, reason }) =>
      sql`when ${refuses} then array[${name}::text, ${sqlstate}::text${words ? sql`, ${reason}` : sql``}]`,
  )
  return sql`case ${sql.join(arms, sql` `)} end`
}
