import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'

/** A pool of sessions whose text forms do not depend on the server's settings. */
export interface Connection {
  /** Drizzle over the pool; `db.$client` is the postgres.js client. */
  db: Database
  /** `server_version_num`, e.g. 180004. */
  serverVersion: number
  close(): Promise<void>
}

export type Database = PostgresJsDatabase & { $client: postgres.Sql }

/** Settings that decide how a value looks as text; pinned in every session of ours (design §4, comparing). */
const pinned = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmlbinary: 'base64',
  search_path: 'pg_catalog',
  plan_cache_mode: 'force_custom_plan',
}

/** Opens a pool on `url`. */
export async function connect(url: string, options: { max?: number } = {}): Promise<Connection> {
  const client = postgres(url, {
    max: options.max ?? 4,
    connection: { application_name: 'sluice', ...pinned },
    onnotice: () => {},
  })
  const [row] = await client`select current_setting('server_version_num')::int as version`
  return { db: drizzle({ client }) as Database, serverVersion: row?.version, close: () => client.end({ timeout: 5 }) }
}
