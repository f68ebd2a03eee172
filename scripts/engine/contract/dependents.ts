import { type SQL, sql } from 'drizzle-orm'
import type { PgTable, PgView } from 'drizzle-orm/pg-core'
import { rows, textArray } from '../preflight/look.ts'
import type { Executor } from '../sql.ts'
import { relationNames } from './text.ts'

/** Something of others that dropping would break, or something that cannot be made again afterwards. */
export interface Dependent {
  /** `reads or references` or `could not be rebuilt`. */
  fact: string
  /** As the server describes it: `view app.report`. */
  object: string
}

/**
 * Whatever the catalogs know to depend on the relations or their row types and does not belong to them, and what the
 * recorded definitions do not cover. Asked of all kinds of objects at once, so that a kind nobody thought of is found too.
 * @param types names of types that are dropped with the relations
 */
export const dependentsQuery = (relations: readonly (PgTable | PgView)[], types: readonly string[] = []): SQL => sql`
    with own as (
      select c.*
      from unnest(${relationNames(relations)}) as wanted(name)
      join pg_class as c on c.oid = to_regclass(wanted.name)),
    part (classid, objid) as (
      select 'pg_class'::regclass, oid from own
      union all
      select 'pg_class'::regclass, indexrelid from pg_index where indrelid in (select oid from own)
      union all
      select 'pg_type'::regclass, t.oid
      from pg_type as t
      where t.typrelid in (select oid from own)
        or t.oid in (select typarray from pg_type where typrelid in (select oid from own))
      union all
      select 'pg_type'::regclass, t.oid
      from unnest(${textArray(types)}) as dropped(name)
      join pg_type as t on to_regtype(dropped.name) in (t.oid, t.typelem)
      union all
      select 'pg_constraint'::regclass, oid from pg_constraint where conrelid in (select oid from own)
      union all
      select 'pg_trigger'::regclass, oid from pg_trigger where tgrelid in (select oid from own)
      union all
      select 'pg_attrdef'::regclass, oid from pg_attrdef where adrelid in (select oid from own where relkind = 'r')
      union all
      select 'pg_rewrite'::regclass, w.oid
      from pg_rewrite as w
      join own on own.oid = w.ev_class
      where own.relkind = 'v'
        and w.rulename = '_RETURN')
    select distinct 'reads or references' as fact,
      coalesce('view ' || w.ev_class::regclass, pg_describe_object(d.classid, d.objid, d.objsubid)) as object
    from pg_depend as d
    join part as p on p.classid = d.refclassid and p.objid = d.refobjid
    left join pg_rewrite as w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
    where d.deptype in ('n', 'a')
      and not exists (select from part where part.classid = d.classid and part.objid = d.objid)
    union all
    select 'could not be rebuilt', what || ' of ' || own.oid::regclass
    from own
    cross join lateral (
      values (own.relkind not in ('r', 'v'), 'the kind of relation'),
        (own.relpersistence = 't', 'the temporary storage'),
        (own.reltablespace <> 0, 'the tablespace'),
        (own.reloftype <> 0, 'the type'),
        (own.relrowsecurity, 'the row-level security'),
        (exists (select from pg_inherits where inhrelid = own.oid), 'the inheritance'),
        (exists (select from pg_attribute where attrelid = own.oid and attidentity <> ''), 'the identity column'),
        (exists (select from pg_seclabel where objoid = own.oid), 'the mark in pg_seclabel')) as odd(found, what)
    where odd.found
    order by 1, 2`

/** What stands in the way of dropping the relations, and the types; names, not rows. */
export const dependents = (
  db: Executor,
  relations: readonly (PgTable | PgView)[],
  types: readonly string[] = [],
): Promise<Dependent[]> => rows<Dependent>(db, dependentsQuery(relations, types))
