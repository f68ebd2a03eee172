import { type SQL, sql } from 'drizzle-orm'
import type { Bound } from '../bound.ts'
import { all, column } from '../sql.ts'
import { bits, changes, type Effects } from './effects.ts'
import { movingVariables } from './moved.ts'
import { propagateNoted } from './nested.ts'
import { depth, type Noted, noteFamilies, noteRows, type Side, setDepth } from './noted.ts'
import { pending, told, underWay, whenAllIsTold } from './told.ts'
import { families, more, only, touched, variable, written } from './variables.ts'
import type { Watched } from './watched.ts'

/** The depth at which Sluice writes further up, or the empty text. */
const above = variable('above')

/**
 * What of ours the statement came in the midst of: a trigger that we fired, as its statements fire us deeper by two, or
 * what a foreign key makes of our write, as that fires us with our own statement. Null where it is an application at work.
 */
const within = variable('within')

/** What the function of one table does that another's does otherwise. */
export interface Parts {
  truncated: SQL
  /** Moves legacy rows whose key an update has changed. */
  moved: SQL
  /** Notes that rows are gone whose keys were there before. */
  keysGone: SQL
  /** Notes what deleted rows were that were never carried. */
  markedGone: SQL
  /** Notes which columns were changed of rows that were never carried. */
  marked: SQL
  /** The keys of the rows `alias` that an update has really changed, as `written` has them. */
  changed(alias: string): SQL
  /** Notes which rows were written. */
  written: SQL
  otherFamilies(alias: string): SQL
  propagate: SQL
}

/** Finds the families of the rows that a statement has really changed, and what the change touches. */
export function triggerBody(bound: Bound, effects: Effects, watched: Watched, noted: Noted, parts: Parts): SQL {
  const { side } = noted
  const other: Side = side === 'legacy' ? 'target' : 'legacy'
  const note = (event: 'insert' | 'update' | 'delete', otherwise: SQL) => sql`
    if ${within} = 'trigger' then
      ${noteRows(bound, noted, event, watched.family)}
    elsif ${within} is null then
      ${otherwise}
    end if;`
  const ofRows = (rows: SQL, alias: string) => sql`
    select array(
        select distinct f.family
        from ${rows} as ${sql.identifier(alias)}
        cross join lateral (
          select ${watched.family(alias)}${parts.otherFamilies(alias)}) as f(family)), ${bits(effects.everything)}
    into ${families}, ${touched};
    -- an upsert that inserts nothing has changed no more than what it updates
    if ${families} = '{}' then ${touched} := 0; end if;`
  return sql`
#variable_conflict use_column
declare
  ${families} text[];
  ${more} text[];
  ${touched} bigint;
  ${written} jsonb := '{}';
  ${only} text;
  ${told};
  ${above} text := ${depth};
  ${within} text := case
    when ${above} = '' then null
    when pg_trigger_depth() = ${above}::integer + 1 then 'foreign key'
    else 'trigger' end;
  ${movingVariables}
begin
  perform ${pending(sql`${side}::text`, sql`- 1`)};
  if ${underWay(sql`${other}::text`)} > 0 then
    raise exception '%: one statement may not write both shapes while they are kept in step', tg_relid::regclass
      using errcode = 'feature_not_supported', hint = 'write them in two statements of one transaction';
  end if;
  perform ${setDepth(sql`pg_trigger_depth()::text`)};
  if tg_op = 'INSERT' then
    ${ofRows(sql`new_rows`, 'n')}
    ${note('insert', parts.written)}
  elsif tg_op = 'DELETE' then
    ${ofRows(sql`old_rows`, 'o')}
    ${note('delete', sql`${parts.keysGone}${parts.markedGone}`)}
  elsif tg_op = 'UPDATE' then
    ${changedRows(effects, watched, parts)}
    ${note(
      'update',
      sql`
      ${parts.moved}
      if ${touched} & ${bits(effects.everything)} = ${bits(effects.everything)} then
        ${parts.keysGone}
        ${parts.markedGone}
        null;
      end if;
      ${parts.marked}
      ${parts.written}`,
    )}
  elsif ${within} is not null then
    raise exception '%: a trigger may not truncate it while both shapes are brought in step', tg_relid::regclass
      using errcode = 'feature_not_supported', hint = 'delete from it';
  else
    ${parts.truncated}
  end if;
  if ${within} is null then
    ${whenAllIsTold(side, sql`${parts.propagate}; ${propagateNoted(bound)}`)}
  elsif ${families} <> '{}' and ${within} = 'trigger' then
    ${noteFamilies(bound, side)}
  elsif ${families} <> '{}' then
    -- the legacy is what counts where a foreign key has followed a write of ours
    ${noteFamilies(bound, 'legacy')}
  end if;
  perform ${setDepth(sql`${above}`)};
  return null;
end`
}

/** The families of rows before and after an update, the union of what their changed columns touch, and what is noted of them. */
function changedRows(
  effects: Effects,
  { key, columns, family, touches }: Watched,
  { otherFamilies, changed }: Parts,
): SQL {
  return sql`
    select coalesce(array_agg(distinct f.family), '{}'), coalesce(bit_or(c.touched), 0), ${changed('n')}
    into ${families}, ${touched}, ${written}
    from (select true as here, * from old_rows) as o
    full join (select true as here, * from new_rows) as n on ${all(key.map((name) => sql`${column('o', name)} = ${column('n', name)}`))}
    cross join lateral (
      select case when o.here and n.here then ${changes(columns, touches)} else ${bits(effects.everything)} end as touched) as c
    cross join lateral (
      select ${family('o')}
      where o.here
      union all
      select ${family('n')}
      where n.here${otherFamilies('n')}${otherFamilies('o')}) as f(family)
    where c.touched <> 0;`
}
