import { setTimeout } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import type { PgTable, PgView } from 'drizzle-orm/pg-core'
import type { Database } from '../database/connect.ts'
import { Failure } from '../errors.ts'
import type { Context } from './context.ts'
import { relationNames } from './contract/text.ts'
import { sqlstate } from './lock.ts'
import { rows, textArray } from './preflight/look.ts'
import type { Executor } from './sql.ts'

/** How many milliseconds one attempt at a lock waits, where nothing else is asked for. */
export const defaultLockTimeout = 300

/** The modes of locks that the engine takes, each with those of others that are in its way. */
const conflicts = {
  share: [
    'RowExclusiveLock',
    'ShareUpdateExclusiveLock',
    'ShareRowExclusiveLock',
    'ExclusiveLock',
    'AccessExclusiveLock',
  ],
  'share row exclusive': [
    'RowExclusiveLock',
    'ShareUpdateExclusiveLock',
    'ShareLock',
    'ShareRowExclusiveLock',
    'ExclusiveLock',
    'AccessExclusiveLock',
  ],
  'access exclusive': [
    'AccessShareLock',
    'RowShareLock',
    'RowExclusiveLock',
    'ShareUpdateExclusiveLock',
    'ShareLock',
    'ShareRowExclusiveLock',
    'ExclusiveLock',
    'AccessExclusiveLock',
  ],
} as const

export type LockMode = keyof typeof conflicts

/** SQLSTATEs of a lock that another session holds: not given in time, or each waiting for the other. */
const heldByOthers = ['55P03', '40P01']

/**
 * Locks those of the relations that exist, until the transaction ends. Asks in short attempts, for others queue behind a
 * request that waits; says who is in the way. What follows in the transaction waits no longer than one attempt either.
 * @param options.attempts how often it asks before it gives up
 * @throws Failure where others hold their locks for longer
 */
export async function lockTables(
  context: Context,
  tx: Database,
  relations: readonly (PgTable | PgView)[],
  mode: LockMode,
  { attempts = 40 }: { attempts?: number } = {},
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
  const timeout = context.lockTimeout ?? defaultLockTimeout
  for (let attempt = 1; ; attempt++) {
    try {
      await tx.transaction(async (inner) => {
        await inner.execute(sql.raw(`set local lock_timeout = ${Number(timeout)}`))
        await inner.execute(sql.raw(`lock table ${names.join(', ')} in ${mode} mode`))
      })
      return
    } catch (error) {
      if (!heldByOthers.includes(sqlstate(error) ?? '')) throw error
      const inTheWay = await holders(tx, names, mode)
      if (attempt >= attempts) throw busy(inTheWay, attempt, timeout, error)
      if (attempt % 5 === 1) context.report.note(`Waiting for ${inTheWay}`)
      context.signal.throwIfAborted()
      await setTimeout(200 + timeout * Math.random())
    }
  }
}

const busy = (inTheWay: string, tries: number, timeout: number, cause: unknown) =>
  new Failure(
    'other sessions hold locks on the tables; nothing was changed',
    { 'in the way': inTheWay, tries, 'waited each time': `${timeout} ms` },
    'end their transactions, or give --lock-timeout more milliseconds, then start the same command again',
    cause,
  )

/** The sessions that hold locks on the tables that are in the way, as words. */
async function holders(tx: Executor, names: readonly string[], mode: LockMode): Promise<string> {
  const found = await rows<{ session: string }>(
    tx,
    sql`
      select distinct concat_ws(' ', 'session', a.pid, 'of ' || a.usename, '(' || a.state || ')') as "session"
      from pg_locks as l
      join pg_stat_activity as a on a.pid = l.pid
      where l.relation in (select to_regclass(name) from unnest(${textArray(names)}) as name)
        and l.database = (select oid from pg_database where datname = current_database())
        and l.mode = any (${textArray(conflicts[mode])})
        and l.granted
        and l.pid <> pg_backend_pid()
      order by 1
      limit 5`,
  )
  return found.map(({ session }) => session).join(', ') || 'other sessions'
}

/**
 * Runs `work` while writers of the legacy tables wait and readers go on, so that what is copied is what is proven.
 * Waits for the writers under way for as long as it takes, or until a person asks to stop.
 * @param work gets the context to work with: that of the lock's own transaction where the tables are written in place
 */
export async function whileWritersWait<T>(context: Context, work: (inside: Context) => Promise<T>): Promise<T> {
  return context.connection.db.transaction(async (tx) => {
    const legacy = Object.values(context.system.legacy)
    // who writes these tables itself does so inside, and lets no other do the same
    const mode = context.system.extended ? 'share row exclusive' : 'share'
    await lockTables(context, tx as unknown as Database, legacy, mode, { attempts: Number.POSITIVE_INFINITY })
    return work(context.system.extended ? within(context, tx as unknown as Database) : context)
  })
}

/** A context whose statements are all of one transaction, while sessions of its own can still be had. */
const within = (context: Context, tx: Database): Context => ({
  ...context,
  connection: { ...context.connection, db: Object.assign(tx, { $client: context.connection.db.$client }) },
})
