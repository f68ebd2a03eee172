import { setTimeout } from 'node:timers/promises'
import { connect } from './connect.ts'

/** The advisory lock that every migrator of a database takes: 'sluice' in ASCII. */
export const migrateLock = 0x73_6c_75_69_63_65n

/**
 * Takes the migration lock of the database at `url` for the rest of this process, whose session is never closed:
 * drizzle-kit ends its process itself. It takes no lock of its own, and three racing processes were seen to apply one
 * step three times. While another process holds the lock, says so on stderr and waits. Needs a real session: behind a
 * pooler that shares sessions between transactions it holds nothing. Throws what `connect` throws.
 */
export async function lockMigrations(url: string): Promise<void> {
  const { db } = await connect(url, { max: 1 })
  // Asked again and again rather than waited for: waiting would be cut short by a lock_timeout in the URL, and would
  // hold a snapshot.
  for (let told = false; ; told = true) {
    const [row] = await db.$client<[{ held: boolean }]>`
      select pg_try_advisory_lock(${migrateLock.toString()}::bigint) as held`
    if (row.held) return
    if (!told) console.error('Another process is migrating this database: waiting until it has finished')
    await setTimeout(100 + Math.random() * 100)
  }
}
