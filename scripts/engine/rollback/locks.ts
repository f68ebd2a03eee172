import { sql } from 'drizzle-orm'
import { Refusal } from '../../errors.ts'
import { lockClass } from '../lock.ts'
import { rows } from '../preflight/look.ts'
import type { Executor } from '../sql.ts'
import type { System } from '../system.ts'

/** Keeps every other Sluice away from the system until the transaction ends. */
export async function lockSystem(tx: Executor, { name }: System): Promise<void> {
  const [lock] = await rows<{ held: boolean }>(
    tx,
    sql`select pg_try_advisory_xact_lock(${sql.raw(String(lockClass))}, hashtext(${name})) as "held"`,
  )
  if (lock?.held) return
  throw new Refusal(
    'another Sluice is at work on this system',
    { system: name },
    'wait for it to end, then run the same command again',
  )
}
