import { type SQL, sql } from 'drizzle-orm'
import type { Side } from './noted.ts'
import { families, touched, variable, written } from './variables.ts'

/** Changes how many statements of a shape have begun and were not yet told of; the setting ends with the transaction. */
export const pending = (side: SQL, change: SQL): SQL =>
  sql`set_config('sluice.pending_' || ${side}, (${underWay(side)} ${change})::text, true)`

export const underWay = (side: SQL): SQL =>
  sql`coalesce(nullif(current_setting('sluice.pending_' || ${side}, true), ''), '0')::integer`

/** What triggers of the statement at hand have told already. */
const before = variable('told')

/** Declares it. */
export const told: SQL = sql`${before} jsonb := nullif(current_setting('sluice.told', true), '')`

/**
 * A statement that writes several tables of a shape is settled once, when the last of its triggers tells: before, it
 * would be settled half. What was told until then waits in a setting.
 */
export const whenAllIsTold = (side: Side, settle: SQL): SQL => sql`
  if ${before} is not null then
    ${families} := array(select unnest(${families}) union select jsonb_array_elements_text(${before} -> 'families'));
    ${touched} := ${touched} | (${before} ->> 'touched')::bigint;
    ${written} := (
      select coalesce(jsonb_object_agg(w.relation, w.keys), '{}')
      from (
        select e.relation, jsonb_agg(k.key) as keys
        from (select * from jsonb_each(${before} -> 'written') union all select * from jsonb_each(${written})) as e(relation, keys)
        cross join lateral jsonb_array_elements(e.keys) as k(key)
        group by e.relation) as w);
    ${before} := null;
    perform set_config('sluice.told', '', true);
  end if;
  if ${families} <> '{}' and ${underWay(sql`${side}::text`)} > 0 then
    perform set_config('sluice.told',
      jsonb_build_object('families', ${families}, 'touched', ${touched}, 'written', ${written})::text, true);
  elsif ${families} <> '{}' then
    ${settle};
  end if;`
