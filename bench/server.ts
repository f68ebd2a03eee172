import { randomBytes } from 'node:crypto'
import os from 'node:os'
import postgres, { type Sql } from 'postgres'
import { type Connection, connect } from '../scripts/database/connect.ts'
import { startEmbedded } from '../scripts/database/embedded.ts'
import { dropLeftovers, prefix } from './leftovers.ts'

/** A server as the manual would have it on this machine: durable, and no checkpoint in the middle of every contender. */
const settings = {
  fsync: 'on',
  shared_buffers: `${Math.floor(os.totalmem() / 4 / 2 ** 20)}MB`,
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  max_connections: 60,
}

/** Settings that decide how fast a server is, as they are printed. */
const telling = [
  ...['shared_buffers', 'work_mem', 'maintenance_work_mem', 'effective_cache_size', 'max_wal_size'],
  ...['checkpoint_timeout', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'autovacuum', 'jit'],
  ...['max_parallel_workers_per_gather', 'max_parallel_maintenance_workers', 'random_page_cost'],
]

/** A database of the bench. */
export interface Database {
  name: string
  url: string
}

/** The one server of a run. */
export interface Server {
  version: string
  cpus: number
  settings: Record<string, string>
  /** Makes an empty database, or a clone of `template` that no session uses. */
  create(template?: string): Promise<Database>
  drop(database: Database): Promise<void>
  /** Writes what is dirty now, so that no contender pays for the one before it. */
  settle(): Promise<void>
  /** Drops every database of this run and lets go of the server. */
  stop(): Promise<void>
}

/** Starts a temporary PostgreSQL, or uses the one that BENCH_DATABASE_URL names, as a role that may create databases. */
export async function startServer(given = process.env.BENCH_DATABASE_URL): Promise<Server> {
  const { url, stop } = given ? { url: given, stop: async () => {} } : await startEmbedded({ settings })
  const connection = await connect(url, { max: 1 })
  const sql = connection.db.$client
  await dropLeftovers(sql)
  return {
    ...(await describe(url)),
    cpus: os.cpus().length,
    create: (template) => create(connection, url, template),
    drop: async ({ name }) => {
      await sql`drop database if exists ${sql(name)} with (force)`
    },
    settle: async () => {
      await sql`checkpoint`.catch(() => {}) // only a superuser may
    },
    stop: async () => {
      await dropLeftovers(sql, process.pid)
      await connection.close()
      await stop()
    },
  }
}

/** As a session has them that sets nothing: ours pin some. */
async function describe(url: string): Promise<Pick<Server, 'version' | 'settings'>> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const [version] = await sql<[{ version: string }]>`select current_setting('server_version') as version`
  const rows = await sql<{ name: string; value: string }[]>`
    select name, current_setting(name) as value
    from pg_settings
    where name in ${sql(telling)}
    order by name`
  await sql.end({ timeout: 5 })
  return { version: version.version, settings: Object.fromEntries(rows.map(({ name, value }) => [name, value])) }
}

async function create({ db, serverVersion }: Connection, server: string, template?: string): Promise<Database> {
  const sql = db.$client
  const name = `${prefix(process.pid)}${randomBytes(4).toString('hex')}`
  // from 15 on the default would write the whole clone to the write-ahead log as well
  const strategy = serverVersion >= 150_000 ? sql`strategy file_copy` : sql``
  await sql`create database ${sql(name)} ${template ? sql`template ${sql(template)} ${strategy}` : sql``}`
  const url = new URL(server)
  url.pathname = `/${name}`
  return { name, url: url.href }
}

/** Runs `work` on a connection of its own, which is closed after. */
export async function withConnection<T>({ url }: Database, work: (sql: Sql, connection: Connection) => Promise<T>) {
  const connection = await connect(url, { max: 4 })
  try {
    return await work(connection.db.$client, connection)
  } finally {
    await connection.close()
  }
}
