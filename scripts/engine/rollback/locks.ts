import { setTimeout } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import type { PgTable, PgView } from 'drizzle-orm/pg-core'
import type { Database } from '../../database/connect.ts'
import { Refusal } from '../../errors.ts'
import type { Context } from '../context.ts'
import { relationNames } from '../contract/text.ts'
import { lockClass, sqlstate } from '../lock.ts'
import { rows } from '../preflight/look.ts'
import type { Executor } from '../sql.ts'
import type { System } from '../system.ts'

const timeout = 300
const attempts = 40

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

/**
 * Locks those of the relations that exist. Asks in short attempts, for others queue behind a request that waits; says
 * who is in the way. What follows in the transaction waits no longer than one attempt either.
 */
export async function lockTables(
  context: Context,
  tx: Database,
  relations: readonly (PgTable | PgView)[],
  mode: 'share' | 'share row exclusive' | 'access exclusive',
): Promise<void> {
  const found = await rows<{ name: string }>(
    tx,
    sql`
      select format('%I.%I', n.nspname, c.relname) as "name"
      from unnest(${relationNames(relations)}) as wanted(name)
      join pg_class as c on c.oid = to_regclass(wanted.name)
      join pg_namespace as n on n.oid = c.relnamespace
      order by 1`,
  )
  if (found.length === 0) return
  const names = found.map(({ name }) => name)
  for (let attempt = 1; ; attempt++) {
    try {
      await tx.transaction(async (inner) => {
        await inner.execute(sql.raw(`set local lock_timeout = ${timeout}`))
        await inner.execute(sql.raw(`lock table ${names.join(', ')} in ${mode} mode`))
      })
      return
    } catch (error) {
      if (sqlstate(error) !== '55P03' || attempt === attempts) throw error
      if (attempt % 5 === 1) context.report.note(`Waiting for ${await holders(tx, names)}`)
      context.signal.throwIfAborted()
      await setTimeout(timeout * (0.5 + Math.random()))
    }
  }
}

/** The sessions that hold locks on the tables, as words. */
async function holders(tx: Executor, names: readonly string[]): Promise<string> {
  const found = await rows<{ session: string }>(
    tx,
    sql`
      select distinct concat('session ', a.pid, ' of ', a.usename, ' (', a.state, ')') as "session"
      from pg_locks as l
      join pg_stat_activity as a on a.pid = l.pid
      where l.relation in (select to_regclass(name) from unnest(string_to_array(${names.join(',')}, ',')) as name)
        and l.granted
        and l.pid <> pg_backend_pid()
      order by 1
      limit 5`,
  )
  return found.map(({ session }) => session).join(', ') || 'other sessions'
}
