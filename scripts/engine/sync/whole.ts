import { type SQL, sql } from 'drizzle-orm'
import { complement } from '../../../schema/ledger.ts'
import type { Bound, LegacyTable } from '../bound.ts'
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
  yielding,
  yieldingAll,
} from './variables.ts'

const has = (value: bigint): SQL => sql`${touched} & ${bits(value)} <> 0`

const when = (condition: SQL, then: readonly SQL[]): SQL =>
  then.length ? sql`if ${condition} then ${statements(then)} end if` : sql`null`

/**
 * Settles families whole, along with all that are related with them: rows come and go, and what one claims of others may
 * change hands. `fresh` are those of them that were found to be new before.
 */
export function wholeSettlement(bound: Bound): Part {
  const parameters = [given.families, given.touched, given.native, given.withheld, given.fresh, ...given.written(bound)]
  return partOf(bound, 'watch_whole', parameters, body(bound, effectsOf(bound)))
}

function body(bound: Bound, effects: Effects): SQL {
  const { target, legacy } = bound
  const everything = bits(effects.everything)
  const keys = target.map((_, i) => sql`${keysOf(i)} text[];`)
  return sql`
#variable_conflict use_column
declare
  ${more} text[] := ${families};
  ${declaredLook};
  ${asides} jsonb;
  ${unfollowed} boolean;
  ${unfollowedAny} boolean := false;
  ${only} text;
  ${onlyFamily} text;
  ${kept} jsonb;
  ${yielding} text[];
  ${yieldingAll} text[] := '{}';
  "$found" text[] := '{}';
  ${usualPlans};
  ${sql.join(keys, sql` `)}
begin
  <<settling>>
  loop
    loop
      if ${more} is not null then ${lockAndLook(bound)} end if;
      -- a family is carried whole or not at all
      if ${aside} or ${moved} or ${fresh} <> '{}' then ${touched} := ${everything}; end if;
      -- what the legacy has refused may come to it with what it refers to
      if ${native} and ${own} and not (${parts} and ${touchesPlain(effects)}) then ${touched} := ${everything}; end if;
      ${decided(effects)}
      exit when ${touched} & ${bits(effects.reshapeAny)} = 0;
      ${eitherSide(relatedFamilies(bound))};
      exit when ${more} is null;
      ${families} := ${families} || ${more};
      ${touched} := ${everything};
    end loop;
    ${more} := null;
    if ${native} and ${fresh} <> '{}' then ${statements(complementBefore(bound, everything))} end if;
    for pass in 1..3 loop
      -- what is new to the target comes to it before anything is written back
      continue when pass = 1 and not (${native} and ${fresh} <> '{}');
      if ${native} and pass > 1 then
        ${statements(legacy.map((each) => when(has(effects.keep(each)), writtenBack(bound, each))))}
      end if;
      ${statements(
        target.map((each) =>
          when(has(effects.follow(each)), [
            when(has(effects.reshape(each)), release(bound, each).map(nothingNoted)),
            sql`if ${native} and pass = 1 then ${statements(requireCarried(bound, each))} end if`,
            sql`if ${own} then ${overrule(bound, each)}; end if`,
            nothingNoted(follow(bound, each)),
            sql`"$found" := "$found" || ${yielding}`,
            sql`${unfollowedAny} := ${unfollowedAny} or ${unfollowed}`,
            sql`if ${more} is not null then ${families} := ${families} || ${more}; ${more} := null; end if`,
            // a row that is refused takes others with it, which only a whole settlement knows
            sql`if ${asides} is not null and ${touched} & ${everything} <> ${everything} then ${touched} := ${everything}; continue settling; end if`,
            sql`if ${asides} is not null or ${aside} then ${setAside(bound, each)}; ${aside} := true; end if`,
          ]),
        ),
      )}
      if ${native} and pass = 1 then
        ${statements([...target].reverse().map((each) => removeOutdated(bound, each)))}
      end if;
      -- what was kept of the legacy and hides what was written yields to it, once
      exit when pass = 2 and "$found" <@ ${yieldingAll} or pass = 2 and not ${native};
      if pass > 1 then ${yieldingAll} := "$found"; end if;
      "$found" := '{}';
    end loop;
    -- what was written back may claim what others have
    exit settling when not ${native} or ${touched} & ${bits(effects.reshapeAny)} = 0;
    ${relatedFamilies(bound)};
    exit settling when ${more} is null;
    ${families} := ${families} || ${more};
    ${fresh} := '{}';
  end loop;
  if ${withheld} is not null then ${setFamiliesAside(bound)}; end if;
  if not ${native} then
    ${statements([...target].reverse().map((each) => when(has(effects.reshape(each)), [removeStale(bound, each)])))}
  end if;
  if ${own} or ${unfollowedAny} then
    ${statements(target.map((each) => when(has(effects.follow(each)), [keepOwn(bound, each)])))}
  end if;
  ${statements(
    legacy.map((each) =>
      when(has(effects.keep(each)), [keepComplement(bound, each), ...setDuplicatesAside(bound, each)]),
    ),
  )}
  ${planAsUsual};
end`
}

/** Which rows are restored may rest on a plain column, which only a whole settlement knows beside others that are not. */
function decided({ plain, reshapeAny, other, everything }: Effects): SQL {
  const deciding = plain.filter(({ table, wholly }) => !('live' in table) && wholly.size > 0)
  const bit = union(deciding.map((each) => each.bit))
  return sql`if ${has(bit)} and ${has(reshapeAny | other)} then ${touched} := ${bits(everything)}; end if;`
}

/** A statement that is planned for either side by itself. */
const eitherSide = (statement: SQL): SQL => sql`if ${native} then ${knowing(statement, [[native, yes]])};
      else ${knowing(statement, [[native, no]])};
      end if`

/** A statement that is planned for families of which nothing is noted, hence most of them, by itself. */
function nothingNoted(statement: SQL): SQL {
  const nothing = knowing(statement, [
    [own, no],
    [aside, no],
    [withheld, sql`null::jsonb`],
  ])
  return sql`if ${own} or ${aside} or ${withheld} is not null then ${statement};
      else ${eitherSide(nothing)};
      end if`
}

const [yes, no] = [sql`true`, sql`false`]

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
