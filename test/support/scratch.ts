import { randomBytes } from 'node:crypto'
import postgres, { type Sql } from 'postgres'
import { test as base, inject } from 'vitest'
import { type Connection, connect } from '../../scripts/database/connect.ts'

export interface Scratch {
  url: string
  connection: Connection
  drop(): Promise<void>
}

/** Creates a database of its own, empty or a clone of the database `template`. */
export async function scratchDatabase(template?: string): Promise<Scratch> {
  const name = `${inject('databasePrefix')}${randomBytes(6).toString('hex')}`
  const sql = administration()
  await create(sql, name, template)
  const url = urlOf(name)
  const connection = await connect(url)
  const drop = async () => {
    await connection.close()
    await sql`drop database if exists ${sql(name)} with (force)`
  }
  return { url, connection, drop }
}

/**
 * Returns the name of a template database that `build` fills, once in a run however many workers ask for it; it begins
 * as a clone of `from`, or empty. A build that fails leaves nothing, and the next one who asks tries again.
 */
export async function template(
  name: string,
  build: (connection: Connection) => Promise<unknown>,
  from?: string,
): Promise<string> {
  const full = `${inject('databasePrefix')}template_${name}`
  const sql = open(1)
  try {
    // Held by this session until it ends: others wait here while the template is being built.
    await sql`select pg_advisory_lock(hashtextextended(${full}, 0))`
    const [found] = await sql`select from pg_database where datname = ${full}`
    if (found) return full
    const draft = `${full}_draft`
    await sql`drop database if exists ${sql(draft)} with (force)`
    await create(sql, draft, from)
    const connection = await connect(urlOf(draft))
    await build(connection).finally(() => connection.close())
    // A template may have no sessions; one that close() just ended may take a moment to go.
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${draft}`
    await sql`alter database ${sql(draft)} rename to ${sql(full)}`
    return full
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** A test with a fresh `database`; `test.extend({ source: template })` makes it a clone. */
export const test = base.extend<{ source: string | undefined; database: Scratch }>({
  source: [undefined, { injected: false }],
  database: async ({ source }, use) => {
    const database = await scratchDatabase(source)
    try {
      await use(database)
    } finally {
      await database.drop()
    }
  },
})

async function create(sql: Sql, name: string, from = 'template0'): Promise<void> {
  const [row] = await sql`select current_setting('server_version_num')::int >= 150000 as strategic`
  // Copying files is the faster way for a small template; PostgreSQL 15 learnt, and prefers, another.
  const strategy = row?.strategic ? sql`strategy file_copy` : sql``
  await sql`create database ${sql(name)} template ${sql(from)} ${strategy}`
}

function urlOf(name: string): string {
  const url = new URL(inject('serverUrl'))
  url.pathname = `/${name}`
  return url.href
}

const open = (max: number): Sql => postgres(inject('serverUrl'), { max, onnotice: () => {} })

let known: Sql | undefined

/** The sessions in which this worker creates and drops databases. */
function administration(): Sql {
  known ??= open(4)
  return known
}
