import path from 'node:path'
import { type Connection, connect } from './connect.ts'
import { startEmbedded } from './embedded.ts'

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
 * `.sluice` in the project (SLUICE_HOME names another folder than the project's).
 */
export async function databaseUrl(env: NodeJS.ProcessEnv = process.env): Promise<DatabaseUrl> {
  if (env.DATABASE_URL) return { url: env.DATABASE_URL, embedded: false, stop: async () => {} }
  const root = env.SLUICE_HOME || path.resolve(import.meta.dirname, '../..')
  const { url, stop } = await startEmbedded({ dataDir: path.join(root, '.sluice') })
  return { url, embedded: true, stop }
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
