import { type SQL, sql } from 'drizzle-orm'
import { family } from '../../../schema/ledger.ts'
import { tableSql } from '../shape.ts'
import { column, list } from '../sql.ts'
import { quoted } from '../sync/plpgsql.ts'
import { variable } from '../sync/variables.ts'
import type { BoundExtension, Joined } from './bind.ts'
import { functionNames, or, triggerFunction } from './functions.ts'
import { keep } from './keep.ts'
import { derived, differs, rowsWhere, sameKey } from './rows.ts'

/** How many sessions may bind rows to one joined row at a time without waiting for each other. */
export const stripes = 16

/** The name of the lock that stands for one joined row. */
export const lockName = (bound: BoundExtension, joined: Joined, value: SQL, stripe: SQL): SQL =>
  sql`${`${bound.relation} ${joined.relation} `}::text || ${value} || ' ' || ${stripe}`

/**
 * After a joined table was written: what derive gives otherwise since is in the extended rows, whoever wrote them last. The
 * rows are locked first, so that what is kept of them is of what they are. What is said of many rows at once is planned each time: a
 * plan that was made for one joined row looks through all of them for every row that has one.
 */
export function joinedFunction(bound: BoundExtension, joined: Joined, schemas: readonly string[]): SQL {
  const follows = bound.following.filter((each) => each.joined.includes(joined.name))
  const to = (alias: string) => column(alias, joined.to)
  const values = variable('values')
  const of = (some: SQL) => sql`${column('v', joined.from.name)} = any (${some})`
  const ofThem = of(values)
  const order = list(bound.key.map(({ name }) => column('v', name)))
  // as the argument of a statement that is planned each time it is run
  const rows = rowsWhere(bound, of(sql.raw('$1')))
  const planned = (statement: SQL) => sql`execute ${quoted(statement)} using ${values};`
  const moved = (earlier: SQL) => sql`
    update ${tableSql(bound.table)} as v
    set ${list(
      follows.map(
        (each) =>
          sql`${sql.identifier(each.name)} = case when ${differs(each, 'was', 'now')} then ${column('now', each.name)} else ${column('v', each.name)} end`,
      ),
    )}
    from ${derived(bound, rows)} as now
    join ${derived(bound, rows, { joined, rows: earlier })} as was on ${sameKey(bound, 'was', 'now')}
    where ${sameKey(bound, 'v', 'now')}
      and (${or(follows.map((each) => differs(each, 'was', 'now')))})
      and (${or(follows.map((each) => differs(each, 'v', 'now')))})`
  const followed = () => sql`
  if tg_op = 'UPDATE' then
    ${planned(moved(sql`sluice_old`))}
  elsif tg_op = 'INSERT' then
    ${planned(moved(sql`(select * from sluice_new where false)`))}
  end if;`
  const readsDiffer = or(
    joined.reads.map((name) => sql`${column('n', name)}::text is distinct from ${column('o', name)}::text`),
  )
  return triggerFunction(
    bound,
    functionNames.joined(bound, joined),
    schemas,
    sql`
#variable_conflict use_column
declare
  ${values} ${sql.raw(joined.from.type)}[];
begin
  if tg_op = 'INSERT' then
    ${values} := array(select distinct ${to('n')} from sluice_new as n);
  elsif tg_op = 'DELETE' then
    ${values} := array(select distinct ${to('o')} from sluice_old as o);
  else
    ${values} := array(
      select distinct unnest(array[${to('n')}, ${to('o')}])
      from sluice_new as n
      full join sluice_old as o on ${to('o')} = ${to('n')}
      where ${readsDiffer});
  end if;
  ${values} := array_remove(${values}, null);
  if ${values} = '{}' then return null; end if;
  -- one that comes or goes has rows only where no reference is in force
  if tg_op <> 'UPDATE' and not exists (select from ${tableSql(bound.table)} as v where ${ofThem}) then return null; end if;
  insert into ${family} as f (system, family, touched_by)
  select ${bound.system.name}, ${lockName(bound, joined, sql`value`, sql`stripe`)}, pg_current_xact_id()
  from unnest(${values}) as value
  cross join generate_series(0, ${stripes} - 1) as stripe
  order by 2
  on conflict (system, family) do update
  set touched_by = excluded.touched_by;
  perform from ${tableSql(bound.table)} as v where ${ofThem} order by ${order} for no key update;
  if not found then return null; end if;
  ${follows.length ? followed() : sql``}
  ${planned(keep(bound, rows))}
  return null;
end`,
  )
}
