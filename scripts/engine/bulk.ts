import { type SQL, sql } from 'drizzle-orm'
import { getTableConfig } from 'drizzle-orm/pg-core'
import { shard } from '../../schema/ledger.ts'
import type { Bound } from './bound.ts'
import { carry } from './carry.ts'
import type { Context } from './context.ts'
import { sqlstate } from './lock.ts'
import { byValues } from './narrow.ts'
import { tableSql } from './shape.ts'
import { type Executor, list } from './sql.ts'
import { inTransaction, readWhole } from './transaction.ts'

/**
 * Loads the whole target in one transaction: keys, indexes and foreign keys are read off the catalogs, dropped while
 * the tables are still empty, and built again after the load. Writers of the legacy tables must be waiting.
 * @returns the number of legacy rows carried, or null when the load must go by batches: the target is not empty, or
 * refuses a row in a way that only narrowing down can find
 */
export async function loadInBulk(context: Context, bound: Bound): Promise<number | null> {
  const { db } = context.connection
  if (await isFilled(db, bound)) {
    context.report.note('the target is not empty: it is brought up to date batch by batch')
    return null
  }
  try {
    return await inTransaction(db, async (tx) => {
      await readWhole(tx)
      await tx.execute(sql`select set_config('maintenance_work_mem', '256MB', true)`)
      const built = await definitions(tx, bound)
      for (const { drop } of [...built].reverse()) await tx.execute(sql.raw(drop))
      const rows = await carry(tx, bound, 'all', { fresh: true })
      for (const { create } of built) await tx.execute(sql.raw(create))
      await finishShards(tx, bound)
      return rows
    })
  } catch (error) {
    if (!byValues.test(sqlstate(error) ?? '')) throw error
    context.report.note('a row is refused by something the declaration does not know: looking for it batch by batch')
    return null
  }
}

/** A bulk load leaves nothing for a later copy to go on with. */
async function finishShards(tx: Executor, { system }: Bound): Promise<void> {
  await tx.execute(sql`delete from ${shard} where ${shard.system} = ${system.name}`)
}

/** Whether any target table has a row. */
export async function isFilled(db: Executor, bound: Bound): Promise<boolean> {
  const some = bound.target.map(({ table }) => sql`exists (select from ${tableSql(table)})`)
  const [row] = await db.execute(sql`select ${sql.join(some, sql` or `)} as filled`)
  return (row as { filled: boolean }).filled
}

/** Statements that drop and create the target's keys, indexes and foreign keys, in the order of creation. */
async function definitions(db: Executor, bound: Bound): Promise<{ drop: string; create: string }[]> {
  const tables = list(
    bound.target.map(({ table }): SQL => {
      const { schema, name } = getTableConfig(table)
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
