import { sql } from 'drizzle-orm'
import type { Bound } from '../bound.ts'
import { references, uniqueKeys } from '../constraints.ts'
import { functionOf } from '../contract/text.ts'
import { list } from '../sql.ts'
import { bits, effectsOf } from './effects.ts'
import { areTooMany, halves } from './many.ts'
import { given, type Part, partOf } from './part.ts'
import { byValues } from './plpgsql.ts'
import { families, touched, written } from './variables.ts'

/**
 * `forward(families, touched, written)`: brings what legacy tables have of some families to the target, where `written` may
 * say which rows alone were changed. A family that the target
 * refuses in a way that its declaration does not foretell is set aside with the server's own words. What the declaration
 * does foretell is another session's doing, and seen by the next snapshot: that of the next attempt, or of the client's.
 */
export function forwardFunction(bound: Bound): Part {
  const { everything } = effectsOf(bound)
  const settle = functionOf(bound.system, 'settle')
  const declared = bound.target.flatMap(({ table }) =>
    [...uniqueKeys(table), ...references(table)].map(({ name }) => name),
  )
  const look = sql`
      get stacked diagnostics "$state" = returned_sqlstate, "$message" = message_text,
        "$constraint" = constraint_name, "$relation" = table_name;
      "$race" := "$state" in ('23503', '23505') and "$constraint" = any (array[${list(declared.map((name) => sql`${name}::text`))}]::text[]);
      if "$race" and current_setting('transaction_isolation') <> 'read committed' then
        raise serialization_failure using message = 'could not serialize access due to concurrent update of the target: ' || "$message";
      end if`
  const forward = functionOf(bound.system, 'forward')
  const inHalves = halves((half) => sql`perform ${forward}(${half}, ${touched}, '{}')`)
  const body = sql`
declare
  "$state" text;
  "$message" text;
  "$constraint" text;
  "$relation" text;
  "$race" boolean;
begin
  if ${areTooMany} then ${inHalves} end if;
  begin
    perform ${settle}(${families}, ${touched}, false, null, ${written});
    return;
  exception when ${byValues} then
    ${look};
  end;
  if cardinality(${families}) > 1 then ${inHalves} end if;
  for attempt in 1..5 loop
    begin
      perform ${settle}(${families}, ${bits(everything)}, false, null);
      return;
    exception when ${byValues} then
      ${look};
      exit when not "$race";
    end;
  end loop;
  perform ${settle}(${families}, ${bits(everything)}, false, jsonb_build_object('sqlstate', "$state",
    'reason', "$message", 'constraint', coalesce(nullif("$constraint", ''), 'unknown'), 'relation', "$relation"));
end`
  return partOf(bound, 'forward', [given.families, given.touched, given.written], body)
}
