import { sql } from 'drizzle-orm'

/** Comments on tables, views, columns, indexes, constraints and triggers. */
export const commentStatements = sql`
      select 'comment', own.place, d.objsubid, own.name, case
          when d.objsubid > 0 then format('comment on column %s.%I is %L', own.name, a.attname, d.description)
          else format('comment on %s %s is %L', case own.relkind when 'v' then 'view' else 'table' end, own.name, d.description)
        end, null
      from own
      join pg_description as d on d.classoid = 'pg_class'::regclass and d.objoid = own.oid
      left join pg_attribute as a on a.attrelid = own.oid and a.attnum = d.objsubid
      union all
      select 'comment', own.place, 10000, own.name, format('comment on index %s is %L', i.indexrelid::regclass, d.description), null
      from own
      join pg_index as i on i.indrelid = own.oid
      join pg_description as d on d.classoid = 'pg_class'::regclass and d.objoid = i.indexrelid
      union all
      select 'comment', own.place, 10001, own.name, format('comment on constraint %I on %s is %L', k.conname, own.name, d.description), null
      from own
      join pg_constraint as k on k.conrelid = own.oid
      join pg_description as d on d.classoid = 'pg_constraint'::regclass and d.objoid = k.oid
      union all
      select 'comment', own.place, 10002, own.name, format('comment on trigger %I on %s is %L', t.tgname, own.name, d.description), null
      from own
      join trigger as t on t.tgrelid = own.oid
      join pg_description as d on d.classoid = 'pg_trigger'::regclass and d.objoid = t.oid`

/**
 * Grants on tables, views and columns, by whom they were made, in the order of the list that holds them: it may be the
 * order in which they depend on each other. What a new table grants by default is taken back first.
 */
export const accessStatements = sql`
      select 'grant', own.place, 0, own.name, format('revoke all on %s from %I', own.name, pg_get_userbyid(own.relowner)), null
      from own
      where own.relacl is not null
      union all
      select 'grant', own.place, 1 + g.n::integer, own.name, case
          when g.grantor = own.relowner then grants.statement
          else format('set local role %I; %s; reset role', pg_get_userbyid(g.grantor), grants.statement)
        end, null
      from (
        select own.oid, null::name as attname, a.*
        from own
        cross join aclexplode(own.relacl) with ordinality as a(grantor, grantee, privilege_type, is_grantable, n)
        union all
        select own.oid, c.attname, a.grantor, a.grantee, a.privilege_type, a.is_grantable, 1000 * c.attnum + a.n
        from own
        join pg_attribute as c on c.attrelid = own.oid and not c.attisdropped
        cross join aclexplode(c.attacl) with ordinality as a(grantor, grantee, privilege_type, is_grantable, n)) as g
      join own on own.oid = g.oid
      cross join lateral (
        select format('grant %s%s on %s to %s%s', g.privilege_type, ' (' || quote_ident(g.attname) || ')', own.name,
          case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
          case when g.is_grantable and g.grantee <> own.relowner then ' with grant option' else '' end) as statement) as grants`
