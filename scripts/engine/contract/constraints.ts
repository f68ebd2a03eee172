import { sql } from 'drizzle-orm'

// `refused` is a query for the rows that a constraint would refuse, to be asked before it is made. Of several rows that
// claim one unique value the one that was loaded first keeps it.

/** Constraints, indexes, foreign keys, and what the table is known by to a replica or was last clustered by. */
export const constraintStatements = sql`
      select case k.contype when 'f' then 'foreign key' else 'constraint' end, own.place,
        array_position(array['n', 'c', 'p', 'u', 'x', 'f'], k.contype::text), own.name,
        format('alter table %s add constraint %I %s', own.name, k.conname, pg_get_constraintdef(k.oid)),
        case
          when not k.convalidated or to_jsonb(k) ->> 'conenforced' = 'false' then null
          when k.contype = 'c' then format('select ctid from %s where (%s) is false', own.name, pg_get_expr(k.conbin, k.conrelid))
          when k.contype = 'n' then (
            select format('select ctid from %s where %I is null', own.name, attname)
            from pg_attribute
            where attrelid = k.conrelid
              and attnum = k.conkey[1])
          when k.contype = 'f' then (
            select format('select c.ctid from %s as c where %s and not exists (select from %s as p where %s)', own.name,
              string_agg(format('c.%I is not null', child.attname), ' and '), k.confrelid::regclass,
              string_agg(format('p.%I = c.%I', parent.attname, child.attname), ' and '))
            from unnest(k.conkey, k.confkey) as pair(child, parent)
            join pg_attribute as child on child.attrelid = k.conrelid and child.attnum = pair.child
            join pg_attribute as parent on parent.attrelid = k.confrelid and parent.attnum = pair.parent)
          when k.contype in ('p', 'u') then claimed.refused
        end
      from own
      join pg_constraint as k on k.conrelid = own.oid
      left join lateral (${claimed('k.conindid')}) as claimed on true
      where k.contype in ('n', 'c', 'p', 'u', 'x', 'f')
      union all
      select 'constraint', own.place, 1, own.name,
        format('alter table %s alter column %I set not null', own.name, a.attname),
        format('select ctid from %s where %I is null', own.name, a.attname)
      from own
      join pg_attribute as a on a.attrelid = own.oid
      where own.relkind = 'r'
        and a.attnum > 0
        and a.attnotnull
        and not a.attisdropped
        and not exists (
          select
          from pg_constraint as k
          where k.conrelid = own.oid
            and k.contype = 'n'
            and a.attnum = any (k.conkey))
      union all
      select 'index', own.place, 0, own.name, pg_get_indexdef(i.indexrelid),
        case when i.indisunique and i.indisvalid then claimed.refused end
      from own
      join pg_index as i on i.indrelid = own.oid
      left join lateral (${claimed('i.indexrelid')}) as claimed on true
      where not exists (
        select
        from pg_constraint as k
        where k.conindid = i.indexrelid
          and k.contype in ('p', 'u', 'x'))
      union all
      select 'identity', own.place, 1, own.name, format('alter table %s replica identity %s', own.name,
          case own.relreplident
            when 'f' then 'full'
            when 'n' then 'nothing'
            else (select format('using index %I', relname) from pg_index join pg_class on pg_class.oid = indexrelid where indrelid = own.oid and indisreplident)
          end), null
      from own
      where own.relkind = 'r'
        and own.relreplident <> 'd'
      union all
      select 'identity', own.place, 2, own.name, format('alter table %s cluster on %I', own.name, c.relname), null
      from own
      join pg_index as i on i.indrelid = own.oid
      join pg_class as c on c.oid = i.indexrelid
      where i.indisclustered`

/** The rows that a unique index would refuse. */
function claimed(index: 'k.conindid' | 'i.indexrelid') {
  return sql`
        select format(
            'select ctid from (select ctid, row_number() over (partition by %s order by ctid) as n from %s%s) as claimed where n > 1',
            string_agg(part, ', '), own.name,
            ' where ' || nullif(concat_ws(' and ',
              case when to_jsonb(u) ->> 'indnullsnotdistinct' is distinct from 'true' then string_agg(part || ' is not null', ' and ') end,
              pg_get_expr(u.indpred, u.indrelid)), '')) as refused
        from pg_index as u
        cross join lateral (
          select '(' || pg_get_indexdef(u.indexrelid, n, true) || ')' as part
          from generate_series(1, u.indnkeyatts) as n
          order by n) as parts
        where u.indexrelid = ${sql.raw(index)}
        group by u.indexrelid, u.indrelid, u.indpred, to_jsonb(u)`
}
