import { type SQL, sql } from 'drizzle-orm'
import type { Finding } from '../results.ts'
import { type Group, type Look, named, oids, ownSchemas, rows, textArray } from './look.ts'

/** What reads or watches the legacy tables and must be known before they are dropped one day. */
export const dependents: Group = async (look) => [
  ...(await views(look)),
  ...(await functions(look)),
  ...(await triggers(look)),
  ...(await references(look)),
]

interface Dependent {
  table: string
  name: string
  kind: string
}

const each = async (look: Look, query: SQL, finding: (row: Dependent) => Omit<Finding, 'table'>): Promise<Finding[]> =>
  (await rows<Dependent>(look.db, query)).map((row) => ({ table: row.table, samples: [row.name], ...finding(row) }))

/** Views over the tables, and views over those. */
const views = (look: Look) =>
  each(
    look,
    sql`
      with recursive reader as (
        select o.oid as "base", o.oid as "read"
        from unnest(${oids(look)}) as o(oid)
        union
        select reader."base", w.ev_class
        from reader
        join pg_depend d on d.refobjid = reader."read" and d.refclassid = 'pg_class'::regclass
        join pg_rewrite w on w.oid = d.objid and d.classid = 'pg_rewrite'::regclass
        where w.ev_class <> reader."read")
      select distinct bn.nspname || '.' || b.relname as "table", ${named} as "name",
        case c.relkind when 'm' then 'materialized view' else 'view' end as "kind"
      from reader
      join pg_class b on b.oid = reader."base"
      join pg_namespace bn on bn.oid = b.relnamespace
      join pg_class c on c.oid = reader."read"
      join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('v', 'm')
        and n.nspname <> all (${textArray(ownSchemas)})
      order by 1, 2`,
    ({ table, name, kind }) => ({
      code: 'dependent-view',
      message: `The ${kind} ${name} reads ${table}. It goes on working until the legacy tables are dropped, and must be made anew over the target then.`,
    }),
  )

/** Functions that depend on a table by the catalogs, and those whose source mentions its name. */
const functions = (look: Look) =>
  each(
    look,
    sql`
      select ${named} as "table",
        pn.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as "name",
        case p.prokind when 'p' then 'procedure' else 'function' end as "kind"
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_proc p on p.prosrc ~* ('\\m' || regexp_replace(c.relname, '(\\W)', '\\\\\\1', 'g') || '\\M')
        or exists (
          select
          from pg_depend d
          where d.classid = 'pg_proc'::regclass
            and d.objid = p.oid
            and (d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid
              or d.refclassid = 'pg_type'::regclass and d.refobjid in (
                select t.oid
                from pg_type t
                where t.typrelid = c.oid
                  or t.oid = (select typarray from pg_type where oid = c.reltype))))
      join pg_namespace pn on pn.oid = p.pronamespace
      where c.oid = any (${oids(look)})
        and pn.nspname not in ('pg_catalog', 'information_schema')
        and pn.nspname <> all (${textArray(ownSchemas)})
        and not exists (
          select
          from pg_depend e
          where e.classid = 'pg_proc'::regclass
            and e.objid = p.oid
            and e.deptype = 'e')
      order by 1, 2`,
    ({ table, name, kind }) => ({
      code: 'dependent-function',
      message: `The ${kind} ${name} mentions ${table} or something of that name. Read it before the legacy tables are dropped.`,
    }),
  )

const triggers = (look: Look) =>
  each(
    look,
    sql`
      select ${named} as "table", t.tgname as "name",
        pn.nspname || '.' || p.proname as "kind"
      from pg_trigger t
      join pg_class c on c.oid = t.tgrelid
      join pg_namespace n on n.oid = c.relnamespace
      join pg_proc p on p.oid = t.tgfoid
      join pg_namespace pn on pn.oid = p.pronamespace
      where c.oid = any (${oids(look)})
        and not t.tgisinternal
        and pn.nspname <> all (${textArray(ownSchemas)})
      order by 1, 2`,
    ({ table, name, kind }) => ({
      code: 'trigger',
      message: `The trigger ${name} on ${table} calls ${kind}. It goes on firing, also when sync brings to ${table} what was written to the target; check that its effect is wanted on the target too.`,
    }),
  )

const references = (look: Look) =>
  each(
    look,
    sql`
      select ${named} as "table", fn.nspname || '.' || f.relname || '.' || k.conname as "name", '' as "kind"
      from pg_constraint k
      join pg_class c on c.oid = k.confrelid
      join pg_namespace n on n.oid = c.relnamespace
      join pg_class f on f.oid = k.conrelid
      join pg_namespace fn on fn.oid = f.relnamespace
      where k.contype = 'f'
        and k.confrelid = any (${oids(look)})
        -- those of the legacy tables themselves go with them
        and k.conrelid <> all (${oids(look)})
        and fn.nspname <> all (${textArray(ownSchemas)})
      order by 1, 2`,
    ({ table, name }) => ({
      code: 'foreign-key',
      message: `The foreign key ${name} points at ${table}. It must point at the target, or go, before ${table} is dropped.`,
    }),
  )
