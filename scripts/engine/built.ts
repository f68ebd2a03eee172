import { type SQL, sql } from 'drizzle-orm'
import type { Bound } from './bound.ts'
import { configOf } from './declared.ts'
import { type Executor, list } from './sql.ts'

/** Statements that drop and create the target's keys, indexes and foreign keys, in the order of creation. */
export async function definitions(db: Executor, bound: Bound): Promise<{ drop: string; create: string }[]> {
  const tables = list(
    bound.target.map(({ table }): SQL => {
      const { schema, name } = configOf(table)
      return sql`format('%I.%I', ${schema ?? 'public'}::text, ${name}::text)::regclass`
    }),
  )
  const rows = await db.execute(sql`
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as "drop",
      format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as "create",
      case contype when 'p' then 1 when 'u' then 2 when 'x' then 2 else 4 end as place,
      conname::text as name
    from pg_constraint
    where (conrelid in (${tables}) and contype in ('p', 'u', 'x', 'f'))
      -- a key cannot go before what refers to it, in whatever table
      or (confrelid in (${tables}) and contype = 'f')
    union all
    select format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid), 3, indexrelid::regclass::text
    from pg_index
    where indrelid in (${tables})
      and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))
    order by place, name`)
  return rows as unknown as { drop: string; create: string }[]
}
