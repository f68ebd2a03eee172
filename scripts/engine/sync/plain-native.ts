import { type SQL, sql } from 'drizzle-orm'
import { complement, targetComplement } from '../../../schema/ledger.ts'
import type { Bound, LegacyTable, TargetTable } from '../bound.ts'
import type { Keys } from '../family.ts'
import { derivedRows, fittingIn, sameTargetKey } from '../judge.ts'
import { lineageOf } from '../lineage.ts'
import { keyOfRow, legacyRows, restoredRows, sameKey } from '../rows.ts'
import { tableSql } from '../shape.ts'
import { column, list, rowOf, sameImage, textDiffers } from '../sql.ts'
import { changedIn, followedAlone, madeBackOf, writtenAlone, writtenRowsOf } from './alone.ts'
import { bits, changes, type Effects, effectsOf } from './effects.ts'
import { keptOf } from './legacy.ts'
import { given, givenBack, type Part, partOf } from './part.ts'
import { anyOf, choose, of, plainOf } from './plain.ts'
import { statements } from './plpgsql.ts'
import { isWritten, ownOf } from './settled.ts'
import { typeOf } from './texts.ts'
import { families, own, theFamilies, touched, writtenOf, yielding } from './variables.ts'

/**
 * What brings a change of plain columns of the target to the legacy; gives back `touched`, `own` and the keys of the rows
 * that it has changed.
 */
export function plainBack(bound: Bound): Part {
  const parameters = [
    given.families,
    givenBack(given.touched),
    givenBack(given.own),
    ...given.writtenOfEach(bound),
    ...given.changedOfEach(bound).map(givenBack),
  ]
  const body = sql`
#variable_conflict use_column
declare
  ${yielding} text[];
begin
  ${statements(writePlainBack(bound, effectsOf(bound)))}
end`
  return partOf(bound, 'watch_plain_back', parameters, body)
}

/**
 * Brings a change of plain columns of the target to the legacy. It adds to `touched` what the legacy's own triggers have
 * changed besides; and what only a whole settlement can do, where rows of the legacy come or go, or what was kept of the
 * legacy would have to yield to what the target has of its own.
 */
function writePlainBack(bound: Bound, effects: Effects): SQL[] {
  const { plain, other } = effects
  const native = plain.filter(({ table }) => !('live' in table))
  const decided = bound.legacy.flatMap((legacy) => {
    const deciding = native.filter(({ wholly }) => wholly.has(legacy)).map(({ bit }) => bit)
    return deciding.length ? [whereTouched(anyOf(deciding), rowsDiffer(bound, legacy), other)] : []
  })
  const written = bound.legacy.map((legacy) => {
    const root = madeBackOf(bound, legacy)
    return choose(
      native.flatMap((group) => of(group, group.keeps.get(legacy))),
      (names) => writeBack(bound, effects, legacy, names, root),
    )
  })
  const hidden = bound.target.map((target) => {
    const parts = plain.flatMap((group) => of(group, plainOf(group, target)))
    const keys = writtenAlone(bound, target)
    return sql`if ${writtenOf(bound.target.indexOf(target))} <> '{}' then ${choose(parts, (names) => findHidden(bound, target, names, keys))}; end if`
  })
  const owned = bound.target.map((target) => sql`if ${own} then ${findOwn(bound, target)}; end if`)
  const yields = bound.legacy.map((legacy) => whereTouched(sql`${yielding} <> '{}'`, mayYield(bound, legacy), other))
  return [...decided, ...written, sql`${yielding} := '{}'`, ...hidden, ...owned, ...yields]
}

/** A query in a condition is started with the rest of it, so what is known without one is asked first. */
const whereTouched = (when: SQL, found: SQL, bit: bigint): SQL =>
  sql`if ${when} then if ${found} then ${touched} := ${touched} | ${bits(bit)}; end if; end if`

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

/**
 * Some columns of the legacy rows take what is restored, but where something else was kept of them: of those rows alone that
 * can have come to be restored otherwise, where what was written is of the target table `root`.
 */
function writeBack(
  bound: Bound,
  effects: Effects,
  legacy: LegacyTable,
  names: ReadonlySet<string>,
  root: TargetTable | undefined,
): SQL {
  const all = writeBackIn(bound, effects, legacy, names, theFamilies)
  if (!root) return all
  const others = effects.plain.filter(({ table }) => !('live' in table) && table !== root).map(({ bit }) => bit)
  const few = writeBackIn(bound, effects, legacy, names, writtenRowsOf(bound, root, legacy))
  return sql`if ${writtenOf(bound.target.indexOf(root))} <> '{}' and not (${anyOf(others)}) then ${few}; else ${all}; end if`
}

function writeBackIn(bound: Bound, effects: Effects, legacy: LegacyTable, names: ReadonlySet<string>, keys: Keys): SQL {
  const columns = legacy.live.columns.filter(({ name, generated }) => names.has(name) && !generated)
  const value = ({ name }: { name: string }) =>
    sql`case when k.kept ? ${name}::text then ${column('l', name)} else ${column('r', name)} end`
  const isFollowed = followedAlone(bound).includes(legacy)
  const changed = isFollowed ? sql`, array(select distinct ${keyOfRow('n', legacy)} from new as n)` : sql``
  return sql`
    with old as materialized (
      select *
      from ${legacyRows(bound, legacy, keys)} as l),
    new as (
      update ${tableSql(legacy.table)} as l
      set ${list(columns.map((each) => sql`${sql.identifier(each.name)} = ${value(each)}`))}
      from ${restoredRows(bound, legacy, keys)} as r
      left join ${complement} as k on ${keptOf(bound, legacy)} and k.key = r."#key" and k.ordinal = 1
      where ${sameKey(legacy, 'l', 'r')}
        and not ${sameImage(rowOf('l', columns), sql`row(${list(columns.map(value))})`)}
      returning l.*)
    select ${touched} | coalesce(bit_or(${changes(legacy.live.columns, (name) => effects.touches(legacy, name))}) filter (where n.here), 0)${changed}
    into ${touched}${isFollowed ? sql`, ${changedIn(bound, legacy)}` : sql``}
    -- full: of rows just read the planner expects one, and would compare each with every other
    from (select true as here, * from new) as n
    full join old as o on ${sameKey(legacy, 'n', 'o')}`
}

/**
 * Whether a row that the target's own applications have just written is derived otherwise, which makes it the target's own,
 * and from which legacy columns.
 * @param keys the rows of the families from which those are derived
 */
function findHidden(bound: Bound, target: TargetTable, names: ReadonlySet<string>, keys: Keys): SQL {
  const columns = target.columns.filter(({ name }) => names.has(name))
  const fitting = fittingIn(bound, target)
  const differs = (each: (typeof columns)[number]) => textDiffers(fitting(each), column('t', each.name), typeOf(each))
  return sql`
    select ${own} or count(*) > 0,
      ${yielding} || coalesce(array_agg(distinct y.source) filter (where y.source is not null), '{}')
    into ${own}, ${yielding}
    from ${derivedRows(bound, target, keys)}
    join ${tableSql(target.table)} as t on ${sameTargetKey(bound, target)}
    left join lateral unnest(${sourcesWhere(bound, target, columns, differs)}) as y(source) on true
    where ${isWritten(bound, target, 't')}
      and not ${sameImage(rowOf('t', columns), sql`row(${list(columns.map(fitting))})`)}`
}

/** From which legacy columns that is derived otherwise which the target has of its own of the families. */
const findOwn = (bound: Bound, target: TargetTable): SQL => sql`
    select ${yielding} || coalesce(array_agg(distinct y.source), '{}')
    into ${yielding}
    from ${targetComplement} as k
    cross join lateral unnest(${sourcesWhere(bound, target, target.columns, ({ name }) => sql`k.kept ? ${name}::text`)}) as y(source)
    where ${ownOf(bound, target, 'k')}
      and k.family = any (${families})`

/** The legacy columns, as \`table.column\`, from which those columns are derived for which a condition holds. */
function sourcesWhere(
  bound: Bound,
  target: TargetTable,
  columns: TargetTable['columns'],
  condition: (each: TargetTable['columns'][number]) => SQL,
): SQL {
  const { values } = lineageOf(target.derive, bound.sources)
  const arms = columns.flatMap((each) => {
    const sources = [...(values.get(each.name) ?? [])].map((source) => sql`${source}::text`)
    return sources.length ? [sql`case when ${condition(each)} then array[${list(sources)}] end`] : []
  })
  return arms.length ? sql.join(arms, sql` || `) : sql`'{}'::text[]`
}

/** Whether something was kept of these columns of a legacy row beside what is restored: it may have to yield. */
function mayYield(bound: Bound, legacy: LegacyTable): SQL {
  const columns = legacy.live.columns.map(
    ({ name, type }) => sql`(k.kept ? ${name}::text and ${`${legacy.live.name}.${name}`}::text = any (${yielding})
          and ${textDiffers(column('l', name), column('r', name), type)})`,
  )
  return sql`exists (
      select
      from ${legacyRows(bound, legacy, theFamilies)} as l
      join ${restoredRows(bound, legacy, theFamilies)} as r on ${sameKey(legacy, 'l', 'r')}
      join ${complement} as k on ${keptOf(bound, legacy)} and k.key = l."#key" and k.ordinal = 1
      where ${sql.join(columns, sql` or `)})`
}
