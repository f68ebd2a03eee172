import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import type { Database } from '../database/connect.ts'
import { sqlstate } from './lock.ts'
import type { Executor } from './sql.ts'

/**
 * Settings of one transaction that reads whole tables. The planner takes `is null` on an expression for rare and would
 * loop over whole tables, row by row, and it would sort wide rows on disk for a merge. Several sessions of ours work side
 * by side: workers of the server's own would stand in their way, for wide rows take longer to be handed on than to be read.
 * Memory is from 128 to 512 MB, by the size of the server; a session may ask for more by its URL: `?work_mem=1GB`.
 */
export async function readWhole(tx: Executor): Promise<void> {
  await tx.execute(sql`
    select set_config('work_mem', greatest(
        pg_size_bytes(current_setting('work_mem')),
        pg_size_bytes('128MB'),
        least(pg_size_bytes(current_setting('shared_buffers')) / 12, pg_size_bytes('512MB'))) / 1024 || 'kB', true),
      set_config('enable_nestloop', 'off', true),
      set_config('enable_mergejoin', 'off', true),
      set_config('max_parallel_workers_per_gather', '0', true)`)
}

/** The same of one that loads whole tables and builds their indexes. */
export async function loadWhole(tx: Executor): Promise<void> {
  await readWhole(tx)
  await tx.execute(sql`
    select set_config('maintenance_work_mem', greatest(
        pg_size_bytes(current_setting('maintenance_work_mem')), pg_size_bytes('256MB')) / 1024 || 'kB', true)`)
}

/**
 * Settings of one transaction that carries a few families. Their rows are looked up by index, however large the tables
 * are that they come from; and as its cursor is moved in the same transaction, one that a crash of the server takes back
 * is simply done again.
 */
export async function readFew(tx: Executor): Promise<void> {
  await tx.execute(sql`
    select set_config('random_page_cost', '1.1', true),
      set_config('synchronous_commit', 'off', true),
      set_config('plan_cache_mode', 'auto', true)`)
}

export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]

const passing = new Set(['40001', '40P01', '55P03'])

/** Whether an error is a conflict with another session, after which the same transaction may well succeed. */
export const isPassing = (error: unknown): boolean => passing.has(sqlstate(error) ?? '')

/**
 * Runs `work` in one snapshot (REPEATABLE READ), and again when another session was in the way: what a stale
 * snapshot would overwrite ends in 40001 and is done anew.
 */
export async function inTransaction<T>(
  db: Database,
  work: (tx: Transaction) => Promise<T>,
  isolationLevel: 'repeatable read' | 'read committed' = 'repeatable read',
  attempts = 10,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction(work, { isolationLevel })
    } catch (error) {
      if (attempt >= attempts || !isPassing(error)) throw error
      await sleep(20 * 2 ** attempt * Math.random())
    }
  }
}
