import { type SQL, sql } from 'drizzle-orm'
import { complement, targetComplement } from '../../../schema/ledger.ts'
import { type Bound, keyOf, type LegacyTable, type TargetTable } from '../bound.ts'
import { differing } from '../complement.ts'
import type { Keys } from '../family.ts'
import { derivedRows, fittingIn, looseTypeSql, sameTargetKey } from '../judge.ts'
import { returning } from '../returning.ts'
import { legacyRows, restoredRows, sameKey } from '../rows.ts'
import { type LiveColumn, tableSql } from '../shape.ts'
import { all, column, list, rowOf, sameImage, textForm } from '../sql.ts'
import { changedIn, changedRowsOf, madeOf } from './alone.ts'
import { bits, type Effects, effectsOf, touchesPlain, union } from './effects.ts'
import type { Group } from './groups.ts'
import { keepComplement, keptOf } from './legacy.ts'
import { given, type Part, partOf } from './part.ts'
import { statements, undone } from './plpgsql.ts'
import { familyIn, isWritten, keyIn, ownOf } from './settled.ts'
import { differing as differingTarget, typeOf } from './texts.ts'
import { native, own, theFamilies, touched, whole } from './variables.ts'

/**
 * Settles families of which plain columns alone were touched, or raises `undone` where that needs more.
 * @param back what brings a change of the target's columns to the legacy
 */
export function plainSettlement(bound: Bound, back: Part): Part {
  const effects = effectsOf(bound)
  const changed = given.changedOfEach(bound)
  const parameters = [
    given.families,
    given.touched,
    given.native,
    given.own,
    given.whole,
    ...given.writtenOfEach(bound),
    ...changed,
  ]
  const body = sql`
#variable_conflict use_column
begin
  if ${native} then
    select * into ${list([touched, own, ...changed.map(({ variable }) => variable)])} from ${back.call};
    if not (${touchesPlain(effects)}) then raise exception using errcode = ${undone}; end if;
  end if;
  ${statements(followPlain(bound, effects))}
end`
  return partOf(bound, 'watch_plain', parameters, body)
}

/**
 * Brings a change of plain columns of the legacy to the target, and keeps what restore does not give back of it: no row
 * comes or goes, so nothing but these columns is derived, written and compared. What the server refuses of it is left to a
 * whole settlement. Much of what a small statement costs is its start, which grows with the columns that it names.
 */
function followPlain(bound: Bound, effects: Effects): SQL[] {
  const { plain } = effects
  const follows = bound.target.map((target) => {
    const parts = plain.flatMap((group) => of(group, group.follows.get(target)))
    return choose(parts, (names) => follow(bound, target, names))
  })
  const owns = bound.target.flatMap((target) => {
    const parts = plain.flatMap((group) => of(group, plainOf(group, target)))
    const names = new Set(parts.flatMap((each) => [...each.names]))
    if (names.size === 0) return []
    const touches = anyOf(parts.map(({ bit }) => bit))
    return [sql`if ${touches} then ${followOwn(bound, target, names)}; ${keepOwn(bound, target, names)}; end if`]
  })
  const keeps = bound.legacy.map((legacy) => {
    const wholly = plain.filter((group) => group.wholly.has(legacy)).map(({ bit }) => bit)
    const parts = plain.flatMap((group) => of(group, group.keeps.get(legacy)))
    const narrowly = keepNarrowly(bound, legacy, parts)
    if (wholly.length === 0) return narrowly
    return sql`if ${anyOf(wholly)} then ${keepComplement(bound, legacy)}; else ${narrowly}; end if`
  })
  return [sql`if ${own} then ${statements(owns)} else ${statements(follows)} end if`, ...keeps]
}

/** What comes back by itself is kept of no row that restore yields, unless the target has something of its own. */
function keepNarrowly(bound: Bound, legacy: LegacyTable, parts: readonly Concern[]): SQL {
  const back = returning(bound, legacy)
  const statement = (names: ReadonlySet<string>) => keep(bound, legacy, names)
  if (!parts.some(({ names }) => [...names].some((name) => back.has(name)))) return choose(parts, statement)
  const left = parts
    .map((each) => ({ ...each, names: new Set([...each.names].filter((name) => !back.has(name))) }))
    .filter(({ names }) => names.size)
  return sql`if ${whole} or ${own} then ${choose(parts, statement)}; else ${choose(left, statement)}; end if`
}

/** What of one table a group of columns concerns. */
export interface Concern {
  bit: bigint
  moments: boolean
  names: ReadonlySet<string>
}

export const of = ({ bit, moments }: Group, names: ReadonlySet<string> | undefined): Concern[] =>
  names?.size ? [{ bit, moments, names }] : []

/** The columns of a target table that a group concerns: its own, or what follows. */
export const plainOf = (group: Group, target: TargetTable): ReadonlySet<string> | undefined =>
  group.table === target ? group.columns : group.follows.get(target)

/** Groups that concern the same columns are one. */
function merged(parts: readonly Concern[]): Concern[] {
  const known = new Map<string, Concern>()
  for (const each of parts) {
    const name = [...each.names].sort().join()
    const same = known.get(name)
    known.set(name, same ? { ...same, bit: same.bit | each.bit, moments: same.moments && each.moments } : each)
  }
  return [...known.values()]
}

export const anyOf = (values: readonly bigint[]): SQL => sql`${touched} & ${bits(union(values))} <> 0`

/**
 * The statement for the groups that were touched: one for each group, along with the moments, and one for all. They are
 * planned when they are first needed.
 */
export function choose(all: readonly Concern[], statement: (names: ReadonlySet<string>) => SQL): SQL {
  const parts = merged(all)
  const moments = parts.filter((each) => each.moments)
  const choices = [moments, ...parts.filter((each) => !each.moments).map((each) => [each, ...moments]), parts]
    .filter((some) => some.length)
    .filter((some, i, every) => every.findIndex((other) => other.length === some.length && other[0] === some[0]) === i)
  if (choices.length === 0) return sql`null`
  const arms = choices.map((some) => {
    const others = parts.filter((each) => !some.includes(each)).map(({ bit }) => bit)
    const named = statement(new Set(some.flatMap(({ names }) => [...names])))
    return sql`if ${others.length ? sql`not (${anyOf(others)})` : sql`true`} then ${named};`
  })
  return sql`if ${anyOf(parts.map(({ bit }) => bit))} then ${sql.join(
    arms,
    sql`
        els`,
  )}
        end if; end if`
}

/** Columns of a target table take what deriving gives, of the rows that were changed alone where those are known. */
function follow(bound: Bound, target: TargetTable, names: ReadonlySet<string>): SQL {
  const legacy = madeOf(bound, target)
  const all = followIn(bound, target, names, theFamilies)
  if (!legacy) return all
  const few = followIn(bound, target, names, changedRowsOf(bound, legacy))
  return sql`if ${changedIn(bound, legacy)} <> '{}' then ${few}; else ${all}; end if`
}

/** A value that does not fit fails, as no cast has cut it before. */
function followIn(bound: Bound, target: TargetTable, names: ReadonlySet<string>, keys: Keys): SQL {
  const columns = target.columns.filter(({ name }) => names.has(name))
  const value = (each: (typeof columns)[number]) => sql`${column('d', each.name)}::${looseTypeSql(each)}`
  return sql`
    update ${tableSql(target.table)} as t
    set ${list(columns.map((each) => sql`${sql.identifier(each.name)} = ${value(each)}`))}
    from ${derivedRows(bound, target, keys)}
    where ${sameTargetKey(bound, target)}
      and not ${sameImage(rowOf('t', columns), sql`row(${list(columns.map(value))})`)}`
}

/**
 * The same where the target may have something of its own: that stays, but for what the legacy has changed since. What was
 * just written to the target stays in any case.
 */
function followOwn(bound: Bound, target: TargetTable, names: ReadonlySet<string>): SQL {
  const columns = target.columns.filter(({ name }) => names.has(name))
  const fitting = fittingIn(bound, target)
  const value = (each: (typeof columns)[number]) => sql`case
          when k.kept ? ${each.name}::text
            and (${native} or k.derived ->> ${each.name}::text is not distinct from ${textForm(fitting(each), typeOf(each))})
          then ${column('t', each.name)}
          else ${column('d', each.name)}::${looseTypeSql(each)}
        end`
  const named = [
    ...keyOf(target).map((each) => sql`${column('t', each.name)} as ${sql.identifier(`#${each.name}`)}`),
    ...columns.map((each) => sql`${value(each)} as ${sql.identifier(each.name)}`),
  ]
  return sql`
    update ${tableSql(target.table)} as t
    set ${list(columns.map(({ name }) => sql`${sql.identifier(name)} = ${column('v', name)}`))}
    from (
      select ${list(named)}
      from ${derivedRows(bound, target, theFamilies)}
      join ${tableSql(target.table)} as t on ${sameTargetKey(bound, target)}
      left join ${targetComplement} as k on ${ownOf(bound, target, 'k')} and k.key = ${keyIn(target, 't')}
      where not (${native} and ${isWritten(bound, target, 't')})) as v
    where ${all(keyOf(target).map(({ name }) => sql`${column('t', name)} = ${column('v', `#${name}`)}`))}
      and not ${sameImage(rowOf('t', columns), rowOf('v', columns))}`
}

/** What deriving gives otherwise of some columns is the target's own. */
function keepOwn(bound: Bound, target: TargetTable, names: ReadonlySet<string>): SQL {
  const columns = target.columns.filter(({ name }) => names.has(name))
  const array = sql`array[${list(columns.map(({ name }) => sql`${name}::text`))}]`
  const fitting = fittingIn(bound, target)
  return sql`
    with found as materialized (
      select ${keyIn(target, 't')} as key, ${familyIn(bound, target, 't')} as family,
        k.kept as kept_before, k.derived as derived_before,
        coalesce(k.kept, '{}') - ${array} || ${differingTarget(columns, 't')} as kept,
        coalesce(k.derived, '{}') - ${array} || ${differingTarget(columns, 's')} as derived
      from ${derivedRows(bound, target, theFamilies)}
      join ${tableSql(target.table)} as t on ${sameTargetKey(bound, target)}
      cross join lateral (select ${list(columns.map((each) => sql`${fitting(each)} as ${sql.identifier(each.name)}`))}) as s
      left join ${targetComplement} as k on ${ownOf(bound, target, 'k')} and k.key = ${keyIn(target, 't')}
      where k.kept ?| ${array}
        or not ${sameImage(rowOf('s', columns), rowOf('t', columns))}),
    forgotten as (
      delete from ${targetComplement} as k
      using found as f
      where ${ownOf(bound, target, 'k')}
        and k.key = f.key
        and f.kept = '{}')
    insert into ${targetComplement} as k (system, relation, key, family, target_family, kind, kept, derived)
    select ${bound.system.name}, ${target.relation}, key, family, family, 'part', kept, derived
    from found
    where kept <> '{}'
      and (kept, derived) is distinct from (kept_before, derived_before)
    on conflict (system, relation, key) do update
    set kept = excluded.kept,
      derived = excluded.derived`
}

/** What restore does not give back of some columns is the complement's part of them. */
function keep(bound: Bound, legacy: LegacyTable, names: ReadonlySet<string>): SQL {
  const columns: LiveColumn[] = legacy.live.columns.filter(({ name }) => names.has(name))
  const array = sql`array[${list(columns.map(({ name }) => sql`${name}::text`))}]`
  return sql`
    with found as materialized (
      select l."#key" as key, l."#ordinal" as ordinal, l."#family" as family, coalesce(k.kind, 'part') as kind,
        k.kept as before, coalesce(k.kept, '{}') - ${array} || ${differing(columns)} as kept
      from ${legacyRows(bound, legacy, theFamilies)} as l
      left join ${restoredRows(bound, legacy, theFamilies)} as r on ${sameKey(legacy, 'l', 'r')}
      left join ${complement} as k on ${keptOf(bound, legacy)} and k.key = l."#key" and k.ordinal = l."#ordinal"
      where (r."#ordinal" is not null or k.kind = 'whole')
        and (k.kept ?| ${array} or not ${sameImage(rowOf('l', columns), rowOf('r', columns))})),
    forgotten as (
      delete from ${complement} as k
      using found as f
      where ${keptOf(bound, legacy)}
        and k.key = f.key
        and k.ordinal = f.ordinal
        and f.kind = 'part'
        and f.kept = '{}')
    insert into ${complement} as k (system, relation, key, ordinal, family, kind, kept)
    select ${bound.system.name}, ${legacy.relation}, key, ordinal, family, kind, kept
    from found
    where (kind <> 'part' or kept <> '{}')
      and kept is distinct from before
    on conflict (system, relation, key, ordinal) do update
    set kept = excluded.kept`
}
