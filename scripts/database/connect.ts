import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { explain, requireVersion } from './failures.ts'
import { guarded } from './guard.ts'
import { type Address, parseUrl } from './url.ts'

/** A pool of sessions whose text forms do not depend on the server's settings. */
export interface Connection {
  /** Drizzle over the pool; `db.$client` is the postgres.js client. */
  db: Database
  /** `server_version_num`, e.g. 180004. */
  serverVersion: number
  close(): Promise<void>
}

export type Database = PostgresJsDatabase & { $client: postgres.Sql }

/** Settings that decide how a value looks as text, and how a query is planned: pinned in every session of ours (design §4). */
export const pinned = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmlbinary: 'base64',
  search_path: 'pg_catalog',
  client_encoding: 'UTF8',
  // rows that a policy would hide must end in an error, not in a copy without them
  row_security: 'off',
  // a batch's plan must fit its own range, and compiling our wide queries takes longer than running them
  plan_cache_mode: 'force_custom_plan',
  jit: 'off',
  // it shares a table's rows in /dev/shm, of which a container has 64 MB as a rule
  enable_parallel_hash: 'off',
}
const pinnedNames = new Set(Object.keys(pinned).map((name) => name.toLowerCase()))

/**
 * Opens a pool on `url`, whose options (`?lock_timeout=5s`) become settings of every session, except for pinned ones.
 * Throws Refusal where the URL, the database or the server's version will not do, Failure where the server cannot be
 * reached or refuses the login; neither names the password.
 */
export async function connect(url: string, options: { max?: number } = {}): Promise<Connection> {
  const address = parseUrl(url)
  const { version, checks } = await probe(address)
  requireVersion(version)
  const settings = checks ? { client_connection_check_interval: '500' } : {}
  const client = guarded((max, onclose) => open(address, max, { settings, onclose }), options.max ?? 4)
  const close = () => client.end({ timeout: 5 })
  try {
    await client`select` // the pool's first session: its settings differ from the probe's
  } catch (error) {
    await client.end({ timeout: 0 })
    throw explain(error, address)
  }
  return { db: drizzle({ client }) as Database, serverVersion: version, close }
}

/** Asks for the version, and whether a session may notice that its client is gone: from 14 on, not on every system. */
async function probe(address: Address): Promise<{ version: number; checks: boolean }> {
  const client = open(address, 1)
  // postgres.js tries for ever where a server takes the connection and closes it without a word.
  const seconds = 2 * (address.connectTimeout ?? 10)
  const timer = setTimeout(() => client.end({ timeout: 0 }), seconds * 1000)
  try {
    const [row] = await client<[{ version: number }]>`select current_setting('server_version_num')::int as version`
    const checks = client`set client_connection_check_interval = 500`
    return { version: row.version, checks: await checks.then(() => true).catch(() => false) }
  } catch (error) {
    throw explain(error, address)
  } finally {
    clearTimeout(timer)
    await client.end({ timeout: 0 })
  }
}

function open(
  address: Address,
  max: number,
  { settings = {}, onclose = () => {} }: { settings?: Record<string, string>; onclose?: () => void } = {},
): postgres.Sql {
  const { hosts, user, password, database, sslmode } = address
  const asked = Object.entries(address.settings).filter(([name]) => !pinnedNames.has(name))
  const socket = hosts.find(({ host }) => host.startsWith('/'))
  const options = {
    // postgres.js takes a string for a Unix socket, lists for everything else.
    host: socket ? socket.host : hosts.map(({ host }) => host),
    port: socket ? socket.port : hosts.map(({ port }) => port),
    ...(user ? { user } : {}),
    ...(password ? { password } : {}),
    ...(database ? { database } : {}),
    ssl: sslmode === undefined || sslmode === 'disable' ? false : sslmode,
    ...(address.targetSessionAttrs ? { target_session_attrs: address.targetSessionAttrs } : {}),
    max,
    connect_timeout: address.connectTimeout ?? 10,
    // Sessions carry state: locks, temporary tables. None is recycled.
    max_lifetime: null,
    idle_timeout: 0,
    // At its limit postgres.js sends a BEGIN without reserving the session for it (porsager/postgres#1189).
    max_pipeline: Number.MAX_SAFE_INTEGER,
    connection: { application_name: 'sluice', ...settings, ...Object.fromEntries(asked), ...pinned },
    onnotice: () => {},
    onclose,
  }
  return postgres(options as postgres.Options<Record<string, never>>)
}
