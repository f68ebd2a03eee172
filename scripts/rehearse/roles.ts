import { sql } from 'drizzle-orm'
import type { Connection } from '../database/connect.ts'
import { rows } from '../engine/preflight/look.ts'

/** Roles of the original's server that the clone's has not: owners and grants name them. */
export async function makeRoles(from: Connection['db'], to: Connection['db']): Promise<void> {
  const query = sql`select rolname::text as "name" from pg_roles where rolname !~ '^pg_'`
  const there = new Set((await rows<{ name: string }>(to, query)).map(({ name }) => name))
  for (const { name } of await rows<{ name: string }>(from, query))
    if (!there.has(name)) await to.execute(sql`create role ${sql.identifier(name)}`)
}
