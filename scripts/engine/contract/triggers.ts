import { sql } from 'drizzle-orm'

/**
 * Triggers with whether they fire, and the functions that no other table's trigger calls. The functions stay where they
 * are; they are recorded for the case that somebody tidies up.
 */
export const triggerStatements = sql`
      select 'trigger', own.place, 0, own.name, pg_get_triggerdef(t.oid), null
      from own
      join trigger as t on t.tgrelid = own.oid
      union all
      select 'trigger', own.place, 1, own.name, format('alter table %s %s trigger %I', own.name,
          case t.tgenabled when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end, t.tgname), null
      from own
      join trigger as t on t.tgrelid = own.oid
      where t.tgenabled <> 'O'
      union all
      select 'function', 0, part.detail, p.oid::regprocedure::text, part.statement, null
      from pg_proc as p
      cross join lateral (
        values (0, pg_get_functiondef(p.oid)),
          (1, format('alter function %s owner to %I', p.oid::regprocedure, pg_get_userbyid(p.proowner))),
          (2, format('comment on function %s is %L', p.oid::regprocedure, obj_description(p.oid, 'pg_proc'))),
          (3, case when p.proacl is not null then format('revoke all on function %s from public', p.oid::regprocedure) end)
        ) as part(detail, statement)
      where p.oid in (select tgfoid from trigger)
        and (part.detail <> 2 or obj_description(p.oid, 'pg_proc') is not null)
        and part.statement is not null
        and not exists (
          select
          from pg_trigger as other
          where other.tgfoid = p.oid
            and other.tgrelid not in (select oid from own))
      union all
      select 'function', 0, 4, p.oid::regprocedure::text, format('grant execute on function %s to %s%s', p.oid::regprocedure,
          case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
          case when g.is_grantable and g.grantee <> p.proowner then ' with grant option' else '' end), null
      from pg_proc as p
      cross join aclexplode(p.proacl) as g
      where p.oid in (select tgfoid from trigger)
        and not exists (
          select
          from pg_trigger as other
          where other.tgfoid = p.oid
            and other.tgrelid not in (select oid from own))`
