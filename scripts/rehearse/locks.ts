import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { type Connection, connect } from '../database/connect.ts'
import { ownSchemas, rows, textArray } from '../engine/preflight/look.ts'
import type { Held } from './results.ts'

/** Milliseconds between two looks at the locks. */
export const every = 5

/** From the weakest to the strongest; the name of a mode is also what it conflicts with. */
export const modes = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
]

interface Seen {
  table: string
  mode: string
}

/** What was seen between `begin` and `end`. */
export interface LockSampler {
  begin(): void
  end(): Held[]
  /** Seconds that a session was seen waiting for a lock at most, since `begin`. */
  waited(pid: number): number
}

/** Looks every few milliseconds at the locks of the sessions called `application`, from a session of its own. */
export async function sampleLocks(url: string, application: string, probes: readonly number[]): Promise<LockSampler> {
  const connection: Connection = await connect(url, { max: 1 })
  const held = sql`
    select distinct n.nspname || '.' || c.relname as "table", l.mode, null::integer as pid, null::float8 as waiting
    from pg_locks as l
    join pg_stat_activity as a on a.pid = l.pid and a.application_name = ${application}
    join pg_class as c on c.oid = l.relation and c.relkind in ('r', 'p', 'v', 'm')
    join pg_namespace as n on n.oid = c.relnamespace
    where l.locktype = 'relation'
      and l.granted
      and n.nspname !~ '^pg_'
      and n.nspname <> all (${textArray(['information_schema', ...ownSchemas])})`
  const waiting = sql`
    select null, null, pid, extract(epoch from clock_timestamp() - query_start)::float8
    from pg_stat_activity
    where pid in (${sql.join(
      probes.map((pid) => sql.raw(String(pid))),
      sql`, `,
    )})
      and wait_event_type = 'Lock'`
  const strongest = new Map<string, Held>()
  const since = new Map<string, number>()
  const waits = new Map<number, number>()
  let watching = false

  const note = (found: readonly Seen[]) => {
    const now = performance.now()
    const keys = new Set(found.map(({ table, mode }) => `${table} ${mode}`))
    for (const key of since.keys()) if (!keys.has(key)) since.delete(key)
    for (const { table, mode } of found) {
      const key = `${table} ${mode}`
      if (!since.has(key)) since.set(key, now)
      const seconds = (now - (since.get(key) ?? now)) / 1000
      const known = strongest.get(table)
      const stronger = modes.indexOf(mode) - modes.indexOf(known?.mode ?? '')
      if (stronger > 0 || (stronger === 0 && seconds > (known?.seconds ?? 0)))
        strongest.set(table, { table, mode, seconds })
    }
  }
  // for as long as the process lives
  void (async () => {
    while (true) {
      if (watching) {
        const found = await rows<Seen & { pid: number | null; waiting: number }>(
          connection.db,
          sql`${held} union all ${waiting}`,
        )
        note(found.filter(({ pid }) => pid === null))
        for (const { pid, waiting } of found) if (pid !== null) waits.set(pid, Math.max(waiting, waits.get(pid) ?? 0))
      }
      await sleep(every)
    }
  })().catch(() => {}) // the clone is gone: whoever works in it says so

  return {
    begin() {
      for (const map of [strongest, since, waits]) map.clear()
      watching = true
    },
    end() {
      watching = false
      return [...strongest.values()].sort((a, b) => (a.table < b.table ? -1 : 1))
    },
    waited: (pid) => waits.get(pid) ?? 0,
  }
}
