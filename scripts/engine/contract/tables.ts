import { sql } from 'drizzle-orm'

// Attributes that older servers do not have are asked for through jsonb: there they are null.

/** `create table` with its columns in order, its owner and the settings of its columns; `create view`. */
export const tableStatements = sql`
      select 'table', own.place, 0, own.name, format('create %stable %s (%s)%s%s',
          case own.relpersistence when 'u' then 'unlogged ' else '' end,
          own.name,
          (select string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
                case when a.attcollation <> t.typcollation then 'collate ' || a.attcollation::regcollation end,
                case to_jsonb(a) ->> 'attgenerated'
                  when 's' then format('generated always as (%s) stored', pg_get_expr(d.adbin, d.adrelid))
                  when 'v' then format('generated always as (%s) virtual', pg_get_expr(d.adbin, d.adrelid))
                  else 'default ' || pg_get_expr(d.adbin, d.adrelid)
                end), ', ' order by a.attnum)
            from pg_attribute as a
            join pg_type as t on t.oid = a.atttypid
            left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
            where a.attrelid = own.oid
              and a.attnum > 0
              and not a.attisdropped),
          (select format(' using %I', amname) from pg_am where oid = own.relam and amname <> 'heap'),
          ' with (' || (
            select string_agg(split_part(option, '=', 1) || '=' || quote_literal(substr(option, strpos(option, '=') + 1)), ', ')
            from (
              select unnest(own.reloptions) as option
              union all
              select 'toast.' || unnest(reloptions) from pg_class where oid = own.reltoastrelid) as options) || ')'),
        null
      from own
      where own.relkind = 'r'
      union all
      select case own.relkind when 'v' then 'view' else 'owner' end, own.place, 2, own.name,
        format('alter table %s owner to %I', own.name, pg_get_userbyid(own.relowner)), null
      from own
      union all
      select 'column', own.place, a.attnum, own.name,
        format('alter table %s alter column %I set %s', own.name, a.attname, setting), null
      from own
      join pg_attribute as a on a.attrelid = own.oid
      join pg_type as t on t.oid = a.atttypid
      cross join lateral (
        values (case when a.attstorage <> t.typstorage then 'storage ' || case a.attstorage
            when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end),
          ('compression ' || case to_jsonb(a) ->> 'attcompression' when 'p' then 'pglz' when 'l' then 'lz4' end),
          ('statistics ' || nullif((to_jsonb(a) ->> 'attstattarget')::integer, -1)),
          ('(' || array_to_string(a.attoptions, ', ') || ')')) as settings(setting)
      where own.relkind = 'r'
        and a.attnum > 0
        and not a.attisdropped
        and setting is not null
      union all
      select 'view', own.place, 1, own.name, format('create view %s%s as %s', own.name,
          ' with (' || array_to_string(own.reloptions, ', ') || ')', pg_get_viewdef(own.oid)), null
      from own
      where own.relkind = 'v'`
