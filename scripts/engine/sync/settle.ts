import { type SQL, sql } from 'drizzle-orm'
import type { Bound } from '../bound.ts'
import { changedIn, followedAlone } from './alone.ts'
import { bits, effectsOf, touchesPlain } from './effects.ts'
import { declaredLook, lockAndLook } from './look.ts'
import {
  divide,
  divideTooMany,
  hasSomeOwn,
  planAsUsual,
  rememberTouched,
  settleApart,
  settleOwn,
  usualPlans,
} from './many.ts'
import { given, type Part, partOf } from './part.ts'
import { plainSettlement } from './plain.ts'
import { plainBack } from './plain-native.ts'
import { byValues, statements, undone } from './plpgsql.ts'
import { aside, families, fresh, more, moved, native, noted, parts, touched, written, writtenOf } from './variables.ts'
import { wholeBack, wholeSettlement } from './whole.ts'

/**
 * The functions of a settlement. `settle(families, touched, native, withheld, written)` makes both shapes of some families
 * agree, and notes what only one of them holds: by what was touched alone where that are plain columns, else whole.
 */
export function settlement(bound: Bound): Part[] {
  const back = plainBack(bound)
  const plain = plainSettlement(bound, back)
  const whole = { ofLegacy: wholeSettlement(bound), ofTarget: wholeBack(bound) }
  const parameters = [given.families, given.touched, given.native, given.withheld, given.written]
  const settle = partOf(bound, 'settle', parameters, body(bound, plain, whole))
  return [back, plain, whole.ofLegacy, whole.ofTarget, settle]
}

function body(bound: Bound, plain: Part, whole: Record<'ofLegacy' | 'ofTarget', Part>): SQL {
  const effects = effectsOf(bound)
  const everything = bits(effects.everything)
  const isPlain = touchesPlain(effects)
  const alone = followedAlone(bound)
  const keys = [...bound.target.map((_, i) => writtenOf(i)), ...alone.map((each) => changedIn(bound, each))].map(
    (each) => sql`${each} text[] := '{}';`,
  )
  const readWritten = bound.target.map(
    ({ relation }, i) =>
      sql`${writtenOf(i)} := array(select jsonb_array_elements_text(${written} -> ${relation}::text))`,
  )
  const readChanged = alone.map(
    (each) => sql`if ${written} ? ${each.relation}::text then
      ${changedIn(bound, each)} := array(select jsonb_array_elements_text(${written} -> ${each.relation}::text)); end if`,
  )
  return sql`
#variable_conflict use_column
declare
  ${fresh} text[] := '{}';
  ${more} text[] := ${families};
  ${noted} text[];
  ${declaredLook};
  ${usualPlans};
  ${rememberTouched.declared};
  ${settleApart.declared};
  ${sql.join(keys, sql` `)}
begin
  if ${isPlain} then ${divideTooMany(bound)}; end if;
  if ${native} then ${statements(readWritten)} else ${statements(readChanged)} end if;
  if ${isPlain} then
    ${lockAndLook(bound)}
    if ${aside} or not ${parts} or ${fresh} <> '{}' then ${settleApart.noted(bound, everything)} end if;
    if ${hasSomeOwn} and ${parts} and ${fresh} = '{}' and ${isPlain} then ${settleOwn(bound)} end if;
    if ${isPlain} and ${parts} and ${fresh} = '{}' and not (${aside} or ${moved}) then
      ${rememberTouched.set};
      begin
        perform ${plain.call};
        ${planAsUsual};
        return;
      exception when sqlstate ${undone} or ${byValues} then
        ${divide(bound)};
        ${touched} := ${everything};
      end;
    end if;
    ${planAsUsual};
  end if;
  if ${native} then perform ${whole.ofTarget.call}; else perform ${whole.ofLegacy.call}; end if;
  ${settleApart.rest(bound)};
end`
}
