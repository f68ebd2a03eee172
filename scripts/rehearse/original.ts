import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { type Connection, connect } from '../database/connect.ts'
import { rows } from '../engine/preflight/look.ts'
import type { Executor } from '../engine/sql.ts'

/** What decides how a database can be cloned. */
export interface Original {
  database: string
  role: string
  /** Whether the role may create databases. */
  mayCreate: boolean
  /** Whether it may use this one as a template. */
  mayCopy: boolean
  /** The sessions of others, as words. */
  others: string[]
  /** The options that a database needs in order to compare and sort like this one. */
  locale: { encoding: string; collate: string; ctype: string; provider: string | null; name: string | null }
}

/** One session, which is the only one of ours: a template may have no others. */
export async function lookAtOriginal(url: string): Promise<{ connection: Connection; original: Original }> {
  const connection = await connect(url, { max: 1 })
  try {
    let original = await look(connection.db)
    // the sessions that have just ended take a moment to go
    for (let waited = 0; original.others.length > 0 && waited < 10; waited++) {
      await sleep(100)
      original = await look(connection.db)
    }
    return { connection, original }
  } catch (error) {
    await connection.close()
    throw error
  }
}

async function look(db: Executor): Promise<Original> {
  const [found] = await rows<Original>(
    db,
    sql`
      select d.datname::text as "database", r.rolname::text as "role",
        r.rolsuper or r.rolcreatedb as "mayCreate",
        r.rolsuper or d.datistemplate or pg_has_role(d.datdba, 'usage') as "mayCopy",
        array(
          select concat('session ', a.pid, ' of ', a.usename, ' (' || nullif(a.application_name, '') || ')')
          from pg_stat_activity as a
          where a.datid = d.oid
            and a.pid <> pg_backend_pid()
            and a.usesysid is not null
          order by a.pid) as "others",
        jsonb_build_object(
          'encoding', pg_encoding_to_char(d.encoding),
          'collate', d.datcollate,
          'ctype', d.datctype,
          'provider', to_jsonb(d) ->> 'datlocprovider',
          'name', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale')) as "locale"
      from pg_database as d
      join pg_roles as r on r.rolname = current_user
      where d.datname = current_database()`,
  )
  return found as Original
}
