import { sql } from 'drizzle-orm'
import type { Session } from '../commands/command.ts'
import { type Connection, connect } from '../database/connect.ts'
import { type Address, parseUrl } from '../database/url.ts'
import { rows } from '../engine/preflight/look.ts'
import { inEveryVersion } from './catalogs.ts'
import { differencesOf, type Likeness, likenessOf } from './likeness.ts'
import { makeRoles } from './roles.ts'
import { dumpInto } from './tools.ts'

/**
 * Fills an empty database with a dump of the original. Both are read in one snapshot of the original, others may go on
 * writing there: so the clone can be compared with what it is a clone of.
 * @returns what could not be brought over
 */
export async function fill(
  { system, signal }: Session,
  original: Connection,
  from: Address,
  url: string,
): Promise<string[]> {
  const clone = await connect(url, { max: 1 })
  try {
    await makeRoles(original.db, clone.db)
    const { refused, before } = await original.db.transaction(
      async (tx) => {
        const [exported] = await rows<{ snapshot: string }>(tx, sql`select pg_export_snapshot() as "snapshot"`)
        const refused = await dumpInto(from, parseUrl(url), { snapshot: exported?.snapshot ?? '', signal })
        return { refused, before: await likenessOf(system, tx) }
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    )
    await clone.db.execute(sql`analyze`)
    return [...refused, ...unlike(original, clone, before, await likenessOf(system, clone.db))]
  } finally {
    await clone.close()
  }
}

/** Servers of two versions write some lines of their catalogs in two ways. */
function unlike(original: Connection, clone: Connection, before: Likeness, after: Likeness): string[] {
  const major = ({ serverVersion }: Connection) => Math.floor(serverVersion / 10_000)
  return differencesOf(before, after, major(original) === major(clone) ? undefined : inEveryVersion)
}
