import { sql } from 'drizzle-orm'
import type { Bound } from '../bound.ts'
import { relationNames } from '../contract/text.ts'
import { rows } from '../preflight/look.ts'
import type { Executor } from '../sql.ts'

/** A key, an index or a foreign key of the target, or one of another table that refers to it. */
export interface Definition {
  /** `schema.table`, unquoted. */
  table: string
  refers: boolean
  drop: string
  create: string
}

/** The target's keys, indexes and foreign keys, in the order of creation. */
export async function definitions(db: Executor, bound: Bound): Promise<Definition[]> {
  const tables = sql`any (${relationNames(bound.target.map(({ table }) => table))}::regclass[])`
  return rows<Definition>(
    db,
    sql`
    with found as (
      select conrelid as relation, contype = 'f' as refers,
        format('alter table %s drop constraint %I', conrelid::regclass, conname) as "drop",
        format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as "create",
        case contype when 'p' then 1 when 'u' then 2 when 'x' then 2 else 4 end as place,
        conname::text as name
      from pg_constraint
      where (conrelid = ${tables} and contype in ('p', 'u', 'x', 'f'))
        -- a key cannot go before what refers to it, in whatever table
        or (confrelid = ${tables} and contype = 'f')
      union all
      select indrelid, false, format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid), 3,
        indexrelid::regclass::text
      from pg_index
      where indrelid = ${tables}
        and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x')))
    select n.nspname || '.' || c.relname as "table", refers, "drop", "create"
    from found
    join pg_class as c on c.oid = relation
    join pg_namespace as n on n.oid = c.relnamespace
    order by place, name`,
  )
}
