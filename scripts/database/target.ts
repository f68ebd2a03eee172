import path from 'node:path'
import { sql } from 'drizzle-orm'
import { type Connection, connect } from './connect.ts'
import { startEmbedded } from './embedded.ts'
import { formatUrl, parseUrl } from './url.ts'

export interface DatabaseUrl {
  url: string
  /** Whether it is the server that comes with Sluice. */
  embedded: boolean
  /** Lets go of the embedded server; a process that exits without it does no harm. */
  stop(): Promise<void>
}

export interface Target {
  connection: Connection
  url: string
  embedded: boolean
  close(): Promise<void>
}

/**
 * Returns DATABASE_URL or, where there is none, the URL of an embedded server, started or joined, that keeps its data in
 * `.sluice` in the project (SLUICE_HOME names another folder than the project's). Each SYSTEM has a database of its own there.
 */
export async function databaseUrl(env: NodeJS.ProcessEnv = process.env): Promise<DatabaseUrl> {
  if (env.DATABASE_URL) return { url: env.DATABASE_URL, embedded: false, stop: async () => {} }
  const root = env.SLUICE_HOME || path.resolve(import.meta.dirname, '../..')
  const { url, stop } = await startEmbedded({ dataDir: path.join(root, '.sluice') })
  try {
    return { url: await databaseOf(env.SYSTEM || 'atp', url), embedded: true, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * The name of a system's database on an embedded server: systems may have tables of the same names, so no two share one. The
 * first system's is the one that every server has, where it always was.
 */
export const ownDatabase = (system: string): string => (system === 'atp' ? 'postgres' : system)

/** The URL of a system's own database, made where it is missing. */
async function databaseOf(system: string, server: string): Promise<string> {
  const database = ownDatabase(system)
  const { db, close } = await connect(server, { max: 1 })
  try {
    const found = await db.execute(sql`select from pg_database where datname = ${database}`)
    if (found.length === 0) await db.execute(sql`create database ${sql.identifier(database)}`).catch(unlessMade)
  } finally {
    await close()
  }
  return formatUrl({ ...parseUrl(server), database })
}

/** Another process may be making the same database at this moment. */
function unlessMade(error: { cause?: { code?: string } }): void {
  if (!['42P04', '23505'].includes(error.cause?.code ?? '')) throw error
}

/** Connects to the database of `databaseUrl`; `max` is the size of the pool. */
export async function openTarget(options: { max?: number; env?: NodeJS.ProcessEnv } = {}): Promise<Target> {
  const { env, ...pool } = options
  const { url, embedded, stop } = await databaseUrl(env)
  try {
    const connection = await connect(url, pool)
    const close = () => connection.close().finally(stop)
    return { connection, url, embedded, close }
  } catch (error) {
    await stop()
    throw error
  }
}
