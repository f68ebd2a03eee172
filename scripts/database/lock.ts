import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import postgres from 'postgres'

/** The advisory lock that every migrator of a database takes: 'sluice' in ASCII. */
export const migrateLock = 0x73_6c_75_69_63_65n

/**
 * Takes the migration lock of the database at `url` and holds it until this process exits: drizzle-kit takes no lock
 * of its own, and three racing processes were seen to apply one step three times. While another process holds it, says
 * so on stderr and waits. Needs a real session: behind a pooler that shares sessions between transactions it holds nothing.
 */
export async function lockMigrations(url: string): Promise<void> {
  let socket: Socket | undefined
  const client = postgres(url, {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => {},
    connection: { application_name: 'sluice migrate' },
    // Ours, so that it can be unreferenced below: postgres.js keeps the event loop alive as long as a session is open.
    socket: async ({ path, host, port }: { path: string | false; host: string[]; port: number[] }) => {
      socket = path ? connect(path) : connect(Number(port[0]), String(host[0]))
      await once(socket, 'connect')
      return Object.assign(socket, { host: host[0] })
    },
  } as postgres.Options<Record<string, never>>)

  // Asked again and again rather than waited for: waiting would be cut short by a lock_timeout in the URL, and would
  // hold a snapshot.
  for (let waited = false; !(await acquired(client)); waited = true) {
    if (!waited) console.error('Another process is migrating this database: waiting until it has finished')
    await setTimeout(100 + Math.random() * 100)
  }
  socket?.unref()
}

async function acquired(client: postgres.Sql): Promise<boolean> {
  const [row] = await client<[{ acquired: boolean }]>`
    select pg_try_advisory_lock(${migrateLock.toString()}::bigint) as acquired`
  return row.acquired
}
