import { type SQL, sql } from 'drizzle-orm'
import { complement } from '../../../schema/ledger.ts'
import type { Bound, LegacyTable, TargetTable } from '../bound.ts'
import { functionOf } from '../contract/text.ts'
import { among } from '../family.ts'
import { setAside, setFamiliesAside } from './aside.ts'
import { bits, type Effects, effectsOf, touchesPlain, union } from './effects.ts'
import { forgetMarks, removeOutdated, requireCarried } from './first.ts'
import { keepComplement, keysToWrite, removeGone, setDuplicatesAside, writeBack } from './legacy.ts'
import { declaredLook, lockAndLook } from './look.ts'
import { planAsUsual, planForMany, usualPlans } from './many.ts'
import { keepOwn, overrule } from './own.ts'
import { given, type Part, partOf } from './part.ts'
import { byValues, statements, undone } from './plpgsql.ts'
import { relatedFamilies } from './related.ts'
import { follow, release, removeStale } from './target.ts'
import {
  anywhere,
  aside,
  asides,
  families,
  fresh,
  kept,
  keysOf,
  knowing,
  more,
  moved,
  native,
  only,
  onlyFamily,
  own,
  parts,
  theFamilies,
  touched,
  unfollowed,
  unfollowedAny,
  withheld,
  writtenOf,
  yielding,
  yieldingAll,
} from './variables.ts'

const has = (value: bigint): SQL => sql`${touched} & ${bits(value)} <> 0`

const when = (condition: SQL, then: readonly SQL[]): SQL =>
  then.length ? sql`if ${condition} then ${statements(then)} end if` : sql`null`

/**
 * Settles families whole after a write to the legacy, along with all that are related with them: rows come and go, and what
 * one claims of others may change hands. `fresh` are those of them that were found to be new before.
 */
export function wholeSettlement(bound: Bound): Part {
  const effects = effectsOf(bound)
  const parameters = [given.families, given.touched, given.withheld, given.fresh]
  const rows = (each: TargetTable) => when(has(effects.reshape(each)), [removeStale(bound, each)])
  const body = sql`
#variable_conflict use_column
declare
  ${declared(bound)}
begin
  <<settling>>
  loop
    ${withRelated(bound, effects)}
    ${statements(bound.target.map((each) => when(has(effects.follow(each)), followed(bound, effects, each))))}
    exit settling;
  end loop;
  if ${withheld} is not null then ${setFamiliesAside(bound)}; end if;
  ${statements([...bound.target].reverse().map(rows))}
  if ${own} then ${ownKept(bound, effects)} end if;
  ${complementKept(bound, effects)}
  ${planAsUsual};
end`
  const nothingWritten = bound.target.map((_, i) => [writtenOf(i), sql`'{}'::text[]`] as const)
  return partOf(bound, 'watch_whole', parameters, knowing(body, [[native, no], ...nothingWritten]))
}

/**
 * The same after a write to the target: what is new to it comes to it before anything is written back, and what is written
 * back may claim what others have.
 */
export function wholeBack(bound: Bound): Part {
  const effects = effectsOf(bound)
  const everything = bits(effects.everything)
  const parameters = [given.families, given.touched, given.fresh, ...given.writtenOfEach(bound)]
  const written = (each: LegacyTable) => when(has(effects.keep(each)), writtenBack(bound, each))
  const rows = (each: TargetTable) =>
    when(
      has(effects.follow(each)),
      followed(bound, effects, each, {
        before: [sql`if pass = 1 then ${statements(requireCarried(bound, each))} end if`],
        after: [sql`"$found" := "$found" || ${yielding}`, sql`${unfollowedAny} := ${unfollowedAny} or ${unfollowed}`],
      }),
    )
  const body = sql`
#variable_conflict use_column
declare
  ${declared(bound)}
  ${unfollowedAny} boolean := false;
  ${only} text;
  ${onlyFamily} text;
  ${kept} jsonb;
  ${yieldingAll} text[] := '{}';
  "$found" text[] := '{}';
begin
  <<settling>>
  loop
    -- what the legacy has refused may come to it with what it refers to
    ${withRelated(bound, effects, sql`${own} and not (${parts} and ${touchesPlain(effects)})`)}
    if ${fresh} <> '{}' then ${statements(complementBefore(bound, everything))} end if;
    for pass in 1..4 loop
      continue when pass = 1 and ${fresh} = '{}';
      ${anywhere} := pass > 2;
      if pass > 1 then ${statements(bound.legacy.map(written))} end if;
      ${statements(bound.target.map(rows))}
      if pass = 1 then ${statements([...bound.target].reverse().map((each) => removeOutdated(bound, each)))} end if;
      -- what was kept of the legacy and hides what was written yields to it: where it is shown, else wherever it is kept
      exit when pass > 1 and "$found" = '{}';
      if pass > 1 then ${yieldingAll} := "$found"; end if;
      "$found" := '{}';
    end loop;
    exit settling when ${touched} & ${bits(effects.reshapeAny)} = 0;
    ${relatedFamilies(bound)};
    exit settling when ${more} is null;
    ${families} := ${families} || ${more};
    ${fresh} := '{}';
  end loop;
  if ${own} or ${unfollowedAny} then ${ownKept(bound, effects)} end if;
  ${complementKept(bound, effects)}
  ${planAsUsual};
end`
  const known = [
    [native, yes],
    [withheld, nothing],
  ] as const
  return partOf(bound, 'watch_whole_back', parameters, knowing(body, known))
}

/** The variables of either. */
const declared = ({ target }: Bound): SQL => sql`${more} text[] := ${families};
  ${declaredLook};
  ${usualPlans};
  ${asides} jsonb;
  ${unfollowed} boolean;
  ${yielding} text[];
  ${anywhere} boolean := false;
  ${sql.join(
    target.map((_, i) => sql`${keysOf(i)} text[];`),
    sql` `,
  )}`

/**
 * Locks the families, and all that are related with them, until there are no more.
 * @param needsAll where everything is to be settled that the families have
 */
const withRelated = (bound: Bound, effects: Effects, needsAll = sql`false`): SQL => sql`
    loop
      if ${more} is not null then ${lockAndLook(bound)} end if;
      -- a family is carried whole or not at all
      if ${aside} or ${moved} or ${fresh} <> '{}' or ${needsAll} then ${touched} := ${bits(effects.everything)}; end if;
      ${decided(effects)}
      exit when ${touched} & ${bits(effects.reshapeAny)} = 0;
      ${relatedFamilies(bound)};
      exit when ${more} is null;
      ${families} := ${families} || ${more};
      ${touched} := ${bits(effects.everything)};
    end loop;
    ${more} := null;`

/** Brings what deriving gives of the families to a target table, and sets aside what it refuses. */
function followed(
  bound: Bound,
  effects: Effects,
  target: TargetTable,
  { before = [], after = [] }: { before?: SQL[]; after?: SQL[] } = {},
): SQL[] {
  const everything = bits(effects.everything)
  return [
    when(has(effects.reshape(target)), release(bound, target).map(nothingNoted)),
    ...before,
    sql`if ${own} then ${overrule(bound, target)}; end if`,
    nothingNoted(follow(bound, target)),
    ...after,
    sql`if ${more} is not null then ${families} := ${families} || ${more}; ${more} := null; end if`,
    // a row that is refused takes others with it, which only a whole settlement knows
    sql`if ${asides} is not null and ${touched} & ${everything} <> ${everything} then ${touched} := ${everything}; continue settling; end if`,
    sql`if ${asides} is not null or ${aside} then ${setAside(bound, target)}; ${aside} := true; end if`,
  ]
}

/** What the target has of its own is kept. */
const ownKept = (bound: Bound, effects: Effects): SQL =>
  statements(bound.target.map((each) => when(has(effects.follow(each)), [keepOwn(bound, each)])))

/** What restore does not give back is kept. */
const complementKept = (bound: Bound, effects: Effects): SQL =>
  statements(
    bound.legacy.map((each) =>
      when(has(effects.keep(each)), [keepComplement(bound, each), ...setDuplicatesAside(bound, each)]),
    ),
  )

/** Which rows are restored may rest on a plain column, which only a whole settlement knows beside others that are not. */
function decided({ plain, reshapeAny, other, everything }: Effects): SQL {
  const deciding = plain.filter(({ table, wholly }) => !('live' in table) && wholly.size > 0)
  const bit = union(deciding.map((each) => each.bit))
  return sql`if ${has(bit)} and ${has(reshapeAny | other)} then ${touched} := ${bits(everything)}; end if;`
}

/** A statement that is planned for families of which nothing is noted, hence most of them, by itself. */
function nothingNoted(statement: SQL): SQL {
  const known = [
    [own, no],
    [aside, no],
    [withheld, nothing],
  ] as const
  return sql`if ${own} or ${aside} or ${withheld} is not null then ${statement};
      else ${knowing(statement, known)};
      end if`
}

const [yes, no, nothing] = [sql`true`, sql`false`, sql`null::jsonb`]

/** Families that were not carried yet get their complement as it was before this write, which is then undone again. */
const complementBefore = (bound: Bound, everything: SQL): SQL[] => {
  const ofFresh = sql`k.system = ${bound.system.name} and k.family = any (${fresh})`
  return [
    sql`begin
        ${forgetMarks(bound)};
        perform ${functionOf(bound.system, 'settle')}(${fresh}, ${everything}, false, null);
        select jsonb_agg(to_jsonb(k)) into ${kept} from ${complement} as k where ${ofFresh};
        raise exception using errcode = ${undone};
      exception when sqlstate ${undone} then null;
      end`,
    sql`delete from ${complement} as k where ${ofFresh}`,
    sql`insert into ${complement}
      select k.*
      from jsonb_populate_recordset(null::${complement}, ${kept}) as k
      on conflict do nothing`,
  ]
}

/**
 * A row that the legacy's own constraints and triggers refuse is left to the target alone; a deletion that they refuse is
 * refused to the target too.
 */
const writtenBack = (bound: Bound, legacy: LegacyTable): SQL[] => [
  removeGone(bound, legacy),
  sql`begin
        ${writeBack(bound, legacy, theFamilies)};
      exception when ${byValues} then
        ${planAsUsual};
        for ${only}, ${onlyFamily} in ${keysToWrite(bound, legacy)} loop
          begin
            ${writeBack(bound, legacy, among(sql`array[${onlyFamily}]`))};
          exception when ${byValues} then null;
          end;
        end loop;
        ${only} := null;
        ${planForMany};
      end`,
]
