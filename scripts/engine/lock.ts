import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import { Refusal } from '../errors.ts'
import type { Context } from './context.ts'
import type { Executor } from './sql.ts'

/** The first half of the advisory lock's number: 'slce' in ASCII. The second is the system's name, digested. */
export const lockClass = 0x736c6365

/** Runs `work` in a session of its own that nothing else uses meanwhile. */
export async function withSession<T>({ connection }: Context, work: (session: Executor) => Promise<T>): Promise<T> {
  const client = connection.db.$client
  const session = await client.reserve()
  try {
    // Drizzle looks for the client's options, which a reserved session does not carry
    return await work(drizzle({ client: Object.assign(session, { options: client.options }) }))
  } finally {
    session.release()
  }
}

/**
 * Runs `work` while this is the only Sluice that changes the system (`exclusive`), or while none does (`shared`).
 * The lock is the session's, so the server lets it go when the process ends, however it ends.
 * @throws Refusal when another Sluice holds it
 */
export async function withLock<T>(context: Context, mode: 'exclusive' | 'shared', work: () => Promise<T>): Promise<T> {
  const { name } = context.system
  const shared = sql.raw(mode === 'shared' ? '_shared' : '')
  return withSession(context, async (session) => {
    const key = sql`${sql.raw(String(lockClass))}, hashtext(${name})`
    const [got] = await session.execute(sql`select pg_try_advisory_lock${shared}(${key}) as locked`)
    if (!(got as { locked: boolean }).locked) throw await anotherAtWork(session, name)
    try {
      return await work()
    } finally {
      await session.execute(sql`select pg_advisory_unlock${shared}(${key})`)
    }
  })
}

async function anotherAtWork(session: Executor, system: string): Promise<Refusal> {
  const [holder] = (await session.execute(sql`
    select a.pid, a.client_addr::text as client, a.backend_start::text as since
    from pg_locks l
    join pg_stat_activity a using (pid)
    where l.locktype = 'advisory'
      and l.classid = ${sql.raw(String(lockClass))}
      and l.granted
      and l.database = (select oid from pg_database where datname = current_database())
      and a.pid <> pg_backend_pid()
    limit 1`)) as unknown as { pid: number; client: string | null; since: string }[]
  return new Refusal(
    'another Sluice is at work on this system',
    { system, session: holder?.pid, client: holder?.client, since: holder?.since },
    'wait for it to end, then run the same command again',
  )
}

/** The SQLSTATE of an error, also of one that Drizzle has wrapped. */
export function sqlstate(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code === 'string') return code
  return error instanceof Error && error.cause !== undefined ? sqlstate(error.cause) : undefined
}
