import { sql } from 'drizzle-orm'
import { rows } from '../engine/preflight/look.ts'
import type { Executor } from '../engine/sql.ts'

/**
 * All that the catalogs say about what users have made, a line each: what pg_dump would say and what it leaves out.
 * Positions are counted without dropped columns, which nobody sees.
 */
const query = sql`
  with space as (
    select *
    from pg_namespace
    where nspname !~ '^pg_'
      and nspname <> 'information_schema'),
  relation as (
    select c.*, n.nspname || '.' || c.relname as name
    from pg_class as c
    join space as n on n.oid = c.relnamespace)
  select line
  from (
    select 'schema ' || concat_ws(' | ', nspname, pg_get_userbyid(nspowner)) as line from space
    union all
    select 'relation ' || concat_ws(' | ', name, relkind, pg_get_userbyid(relowner), relpersistence, relreplident,
      relrowsecurity, relforcerowsecurity, reloptions, case when relkind = 'i' then pg_get_indexdef(oid) end)
    from relation
    union all
    select 'view ' || concat_ws(' | ', name, pg_get_viewdef(oid)) from relation where relkind in ('v', 'm')
    union all
    select 'column ' || concat_ws(' | ', r.name, row_number() over (partition by r.oid order by a.attnum), a.attname,
      format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::regcollation,
      a.attstorage, to_jsonb(a) ->> 'attcompression', nullif(to_jsonb(a) ->> 'attstattarget', '-1'), a.attoptions,
      pg_get_expr(d.adbin, d.adrelid))
    from relation as r
    join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where r.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
    union all
    select 'constraint ' || concat_ws(' | ', r.name, k.conname, k.contype, k.convalidated, pg_get_constraintdef(k.oid))
    from relation as r
    join pg_constraint as k on k.conrelid = r.oid
    union all
    select 'trigger ' || concat_ws(' | ', r.name, t.tgenabled, pg_get_triggerdef(t.oid))
    from relation as r
    join pg_trigger as t on t.tgrelid = r.oid and not t.tgisinternal
    union all
    select 'rule ' || concat_ws(' | ', r.name, u.ev_enabled, pg_get_ruledef(u.oid))
    from relation as r
    join pg_rewrite as u on u.ev_class = r.oid and u.rulename <> '_RETURN'
    union all
    select 'policy ' || concat_ws(' | ', r.name, p.polname, p.polcmd, p.polpermissive,
      pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    from relation as r
    join pg_policy as p on p.polrelid = r.oid
    union all
    select 'function ' || concat_ws(' | ', p.oid::regprocedure, pg_get_userbyid(p.proowner), p.prokind,
      case when p.prokind <> 'a' then pg_get_functiondef(p.oid) end)
    from pg_proc as p
    join space as n on n.oid = p.pronamespace
    union all
    select 'type ' || concat_ws(' | ', t.oid::regtype, pg_get_userbyid(t.typowner), t.typtype,
      (select string_agg(e.enumlabel, ', ' order by e.enumsortorder) from pg_enum as e where e.enumtypid = t.oid))
    from pg_type as t
    join space as n on n.oid = t.typnamespace
    where t.typtype in ('e', 'd', 'r')
    union all
    select 'event trigger ' || concat_ws(' | ', evtname, evtevent, evtenabled, evtfoid::regprocedure) from pg_event_trigger
    union all
    select 'extension ' || extname from pg_extension
    union all
    select 'publication ' || concat_ws(' | ', p.pubname, p.puballtables, t.schemaname, t.tablename)
    from pg_publication as p
    left join pg_publication_tables as t on t.pubname = p.pubname
    union all
    select 'grant ' || concat_ws(' | ', g.name, g.acl_of, a.grantee::regrole, a.privilege_type, a.is_grantable)
    from (
      select name, 'relation' as acl_of,
        coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner)) as acl
      from relation
      where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      union all
      select nspname, 'schema', coalesce(nspacl, acldefault('n', nspowner)) from space
      union all
      select p.oid::regprocedure::text, 'function', coalesce(p.proacl, acldefault('f', p.proowner))
      from pg_proc as p
      join space as n on n.oid = p.pronamespace
      union all
      select r.name || '.' || a.attname, 'column', a.attacl
      from relation as r
      join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped) as g
    cross join lateral aclexplode(g.acl) as a
    union all
    select 'default grant ' || concat_ws(' | ', pg_get_userbyid(defaclrole), defaclnamespace::regnamespace, defaclobjtype, defaclacl)
    from pg_default_acl
    union all
    select 'comment ' || pg_describe_object(classoid, objoid, objsubid) || ' | ' || description
    from pg_description
    where objoid >= 16384) as lines
  order by line collate "C"`

/** Every line of the catalogs of a database, in a stable order. */
export const catalogsOf = async (db: Executor): Promise<string[]> =>
  (await rows<{ line: string }>(db, query)).map(({ line }) => line)

/**
 * Lines that every version of the server writes alike: views are written otherwise since 16, there is a right more since
 * 17, and constraints of `not null` since 18.
 */
export const inEveryVersion = (lines: readonly string[]): string[] =>
  lines.filter(
    (line) =>
      !/^view /.test(line) &&
      !/^grant .* \| MAINTAIN \|/.test(line) &&
      !/^constraint [^|]* \| [^|]* \| n \|/.test(line),
  )
