import { sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Database } from '../database/connect.ts'
import type { Context } from './context.ts'
import { lockTables } from './locks.ts'
import type { Executor } from './sql.ts'

/**
 * Changes the triggers of one table while nobody else writes it, or uses it where some of ours go.
 * @param found yields those of ours that are dropped first, each as the statement that does it
 * @throws Failure where others hold their locks for too long
 */
export async function changeTriggers(
  context: Context,
  table: PgTable,
  found: (tx: Executor) => Promise<readonly { drop: string }[]>,
  work: (tx: Executor) => Promise<unknown>,
): Promise<void> {
  await context.connection.db.transaction(async (tx) => {
    const own = await found(tx)
    const mode = own.length ? 'access exclusive' : 'share row exclusive'
    await lockTables(context, tx as unknown as Database, [table], mode)
    for (const { drop } of own) await tx.execute(sql.raw(drop))
    await work(tx)
  })
}
