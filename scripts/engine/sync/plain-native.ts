import { type SQL, sql } from 'drizzle-orm'
import { complement } from '../../../schema/ledger.ts'
import type { Bound, LegacyTable, TargetTable } from '../bound.ts'
import { derivedRows, looseTypeSql, sameTargetKey } from '../judge.ts'
import { legacyRows, restoredRows, sameKey } from '../rows.ts'
import { tableSql } from '../shape.ts'
import { column, list, rowOf, sameImage } from '../sql.ts'
import { changes, type Effects } from './effects.ts'
import { keptOf } from './legacy.ts'
import { anyOf, choose, of } from './plain.ts'
import { isWritten } from './settled.ts'
import { theFamilies, touched, writtenOf } from './variables.ts'

/**
 * Brings a change of plain columns of the target to the legacy. It adds to `touched` what the legacy's own triggers have
 * changed besides; and what only a whole settlement can do, where rows of the legacy come or go, or the target's own would
 * be hidden by what was kept of the legacy.
 */
export function writePlainBack(bound: Bound, effects: Effects): SQL[] {
  const { plain, other } = effects
  const native = plain.filter(({ table }) => !('live' in table))
  const decided = bound.legacy.flatMap((legacy) => {
    const deciding = native.filter(({ wholly }) => wholly.has(legacy)).map(({ bit }) => bit)
    return deciding.length ? [whereTouched(anyOf(deciding), rowsDiffer(bound, legacy), other)] : []
  })
  const written = bound.legacy.map((legacy) =>
    choose(
      native.flatMap((group) => of(group, group.keeps.get(legacy))),
      (names) => writeBack(bound, effects, legacy, names),
    ),
  )
  const hidden = bound.target.map((target) => {
    const parts = plain.flatMap((group) =>
      of(group, group.table === target ? group.columns : group.follows.get(target)),
    )
    const isHidden = choose(parts, (names) => whereTouched(sql`true`, isDerivedOtherwise(bound, target, names), other))
    return sql`if ${writtenOf(bound.target.indexOf(target))} <> '{}' then ${isHidden}; end if`
  })
  return [...decided, ...written, ...hidden]
}

const whereTouched = (when: SQL, found: SQL, bit: bigint): SQL =>
  sql`if ${when} and ${found} then ${touched} := ${touched} | ${sql.raw(`${bit}::bigint`)}; end if`

/** Whether restore yields other rows of the families than the legacy table and the complement say. */
const rowsDiffer = (bound: Bound, legacy: LegacyTable): SQL => sql`exists (
      select
      from ${legacyRows(bound, legacy, theFamilies)} as l
      full join ${restoredRows(bound, legacy, theFamilies)} as r on ${sameKey(legacy, 'l', 'r')}
      left join ${complement} as k on ${keptOf(bound, legacy)}
        and k.key = coalesce(l."#key", r."#key")
        and k.ordinal = 1
      where (l."#key" is null) is distinct from (coalesce(k.kind, 'part') = 'absent')
        or (r."#key" is null) is distinct from (coalesce(k.kind, 'part') = 'whole'))`

/** Some columns of the legacy rows take what is restored, but where something else was kept of them. */
function writeBack(bound: Bound, effects: Effects, legacy: LegacyTable, names: ReadonlySet<string>): SQL {
  const columns = legacy.live.columns.filter(({ name, generated }) => names.has(name) && !generated)
  const value = ({ name }: { name: string }) =>
    sql`case when k.kept ? ${name}::text then ${column('l', name)} else ${column('r', name)} end`
  return sql`
    with old as materialized (
      select *
      from ${legacyRows(bound, legacy, theFamilies)} as l),
    new as (
      update ${tableSql(legacy.table)} as l
      set ${list(columns.map((each) => sql`${sql.identifier(each.name)} = ${value(each)}`))}
      from ${restoredRows(bound, legacy, theFamilies)} as r
      left join ${complement} as k on ${keptOf(bound, legacy)} and k.key = r."#key" and k.ordinal = 1
      where ${sameKey(legacy, 'l', 'r')}
        and not ${sameImage(rowOf('l', columns), sql`row(${list(columns.map(value))})`)}
      returning l.*)
    select ${touched} | coalesce(bit_or(${changes(legacy.live.columns, (name) => effects.ofLegacy(legacy, name))}), 0)
    into ${touched}
    from new as n
    left join old as o on ${sameKey(legacy, 'n', 'o')}`
}

/** Whether a row that the target's own applications have just written is derived otherwise. */
function isDerivedOtherwise(bound: Bound, target: TargetTable, names: ReadonlySet<string>): SQL {
  const columns = target.columns.filter(({ name }) => names.has(name))
  const values = list(columns.map((each) => sql`${column('d', each.name)}::${looseTypeSql(each)}`))
  return sql`exists (
      select
      from ${derivedRows(bound, target, theFamilies)}
      join ${tableSql(target.table)} as t on ${sameTargetKey(bound, target)}
      where ${isWritten(bound, target, 't')}
        and not ${sameImage(rowOf('t', columns), sql`row(${values})`)})`
}
