import { createServer, type Server } from 'node:net'
import { inspect } from 'node:util'
import { sql } from 'drizzle-orm'
import { describe, expect, inject } from 'vitest'
import { connect } from '../../scripts/database/connect.ts'
import { requireVersion } from '../../scripts/database/failures.ts'
import { Failure, Refusal, type SluiceError } from '../../scripts/errors.ts'
import { test } from '../support/scratch.ts'

const secret = 'hunter-2-secret'

/** The server's URL with some parts changed and a password that must not be seen. */
function changed(parts: Partial<Pick<URL, 'username' | 'password' | 'hostname' | 'port' | 'pathname' | 'search'>>) {
  return Object.assign(new URL(inject('serverUrl')), { password: secret }, parts).href
}

/** The error of a connection that must fail, after a look at all that could be printed of it. */
async function errorOf(url: string): Promise<SluiceError> {
  const error = await connect(url).then(
    (connection) => connection.close().then(() => undefined),
    (error) => error,
  )
  expect(error).toBeInstanceOf(Error)
  for (const text of [error.line, error.stack, inspect(error, { depth: 9 }), String(error.cause)]) {
    expect(text).not.toContain(secret)
    expect(text).not.toContain(url)
  }
  expect(error.line).not.toContain('\n')
  return error
}

async function setting(url: string, name: string): Promise<unknown> {
  const connection = await connect(url)
  try {
    const [row] = await connection.db.execute<{ value: string }>(sql`select current_setting(${name}) as value`)
    return row?.value
  } finally {
    await connection.close()
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}

describe('a connection that does not come about says why', () => {
  test('nobody listens', async () => {
    const server = createServer()
    const port = await listen(server)
    server.close()
    const error = await errorOf(changed({ hostname: '127.0.0.1', port: String(port) }))
    expect(error).toBeInstanceOf(Failure)
    expect(error.values).toEqual({ host: '127.0.0.1', port: String(port), code: 'ECONNREFUSED' })
  })

  test('no such host', async () => {
    const error = await errorOf(`postgres://someone:${secret}@no-such-host.invalid/postgres`)
    expect(error).toBeInstanceOf(Failure)
    expect(error.line).toContain('cannot be reached (host = no-such-host.invalid, port = 5432')
  })

  test('a server that hangs up', async () => {
    const server = createServer((socket) => socket.end())
    const port = await listen(server)
    const error = await errorOf(`postgres://someone:${secret}@127.0.0.1:${port}/x?connect_timeout=1`)
    server.close()
    expect(error).toBeInstanceOf(Failure)
    expect(error.message).toBe('the server cannot be reached')
  })

  test('a server that says nothing', async () => {
    const server = createServer(() => {})
    const port = await listen(server)
    const error = await errorOf(`postgres://someone:${secret}@127.0.0.1:${port}/x?connect_timeout=1`)
    server.close()
    expect(error.values).toMatchObject({ code: 'CONNECT_TIMEOUT' })
  })

  test('a wrong password', async ({ skip }) => {
    const trusted = await connect(changed({})).catch((error: Error) => error)
    if ('db' in trusted) await trusted.close().then(() => skip('the server asks for no password'))
    const error = await errorOf(changed({}))
    expect(error).toBeInstanceOf(Failure)
    expect(error.message).toBe('the server refused the login')
    expect(error.values).toMatchObject({ user: new URL(changed({})).username })
  })

  test('no such role', async () => {
    const error = await errorOf(changed({ username: 'sluice_no_such_role' }))
    expect(error).toBeInstanceOf(Failure)
    expect(error.line).toContain('user = sluice_no_such_role')
  })

  test('no such database', async () => {
    const { password } = new URL(inject('serverUrl'))
    const error = await errorOf(changed({ pathname: '/sluice_no_such_database', password }))
    expect(error).toBeInstanceOf(Refusal)
    expect(error.message).toBe('the database does not exist')
    expect(error.values).toMatchObject({ database: 'sluice_no_such_database' })
  })

  test('no such setting', async () => {
    const { password } = new URL(inject('serverUrl'))
    const error = await errorOf(changed({ search: '?sluice=yes', password }))
    expect(error).toBeInstanceOf(Refusal)
    expect(error.values.message).toContain('"sluice"')
  })

  test.for([
    '',
    'localhost',
    `mysql://someone:${secret}@localhost/x`,
    `postgres://someone:${secret}@localhost:port/x`,
    `postgres://someone:${secret}@localhost:99999/x`,
    `postgres://someone:12/${secret}@localhost/x`,
    `postgres://someone:12#${secret}@localhost/x`,
    `postgres://someone:%zz${secret}@localhost/x`,
    `postgres://someone:${secret}@localhost/x?connect_timeout=soon`,
  ])('%j is no URL', async (url) => {
    const error = await connect(url).catch((error) => error)
    expect(error).toBeInstanceOf(Refusal)
    expect(inspect(error, { depth: 9 })).not.toContain(secret)
    expect(error.line).toContain('postgres://user:password@host:5432/database')
  })

  test('a server older than 13', () => {
    expect(() => requireVersion(120_022)).toThrow(Refusal)
    expect(() => requireVersion(90_624)).toThrow('the server is too old')
    expect(() => requireVersion(130_000)).not.toThrow()
  })
})

describe('the sessions', () => {
  test('take settings from the URL', async ({ database }) => {
    expect(await setting(`${database.url}?lock_timeout=5s&application_name=mine`, 'lock_timeout')).toBe('5s')
    expect(await setting(`${database.url}?lock_timeout=5s&application_name=mine`, 'application_name')).toBe('mine')
    expect(await setting(`${database.url}?options=-c%20lock_timeout%3D7s`, 'lock_timeout')).toBe('7s')
  })

  test.for([
    ['TimeZone', 'UTC'],
    ['DateStyle', 'ISO, YMD'],
    ['IntervalStyle', 'postgres'],
    ['extra_float_digits', '1'],
    ['bytea_output', 'hex'],
    ['xmlbinary', 'base64'],
    ['search_path', 'pg_catalog'],
    ['client_encoding', 'UTF8'],
    ['enable_parallel_hash', 'off'],
  ] as const)('pin %s whatever URL, database and role say', async ([name, value], { database }) => {
    const others: Record<string, string> = {
      TimeZone: 'Asia/Tokyo',
      DateStyle: 'German',
      IntervalStyle: 'iso_8601',
      extra_float_digits: '-3',
      bytea_output: 'escape',
      xmlbinary: 'hex',
      search_path: 'public',
      client_encoding: 'LATIN1',
      enable_parallel_hash: 'on',
    }
    const other = others[name] ?? ''
    const [row] = await database.connection.db.execute<{ name: string }>(sql`select current_database() as name`)
    await database.connection.db.execute(
      sql`alter database ${sql.identifier(row?.name ?? '')} set ${sql.identifier(name)} to ${sql.raw(`'${other}'`)}`,
    )
    for (const key of [name, name.toLowerCase()])
      expect(await setting(`${database.url}?${key}=${encodeURIComponent(other)}`, name)).toBe(value)
    const options = encodeURIComponent(`-c ${name}=${other}`)
    expect(await setting(`${database.url}?options=${options}`, name)).toBe(value)
  })

  test('notice a client that is gone where the server can', async ({ database, skip }) => {
    if (database.connection.serverVersion < 140_000) skip('needs PostgreSQL 14')
    expect(await setting(database.url, 'client_connection_check_interval')).toBe('500ms')
  })

  test('go through a Unix socket, and to the next of several hosts', async ({ database, skip }) => {
    const url = new URL(database.url)
    const server = createServer()
    const closed = await listen(server)
    server.close()
    const { username, password, host, pathname } = url
    const several = `postgres://${username}:${password}@127.0.0.1:${closed},${host}${pathname}`
    expect(await setting(several, 'TimeZone')).toBe('UTC')
    const folders = String(await setting(database.url, 'unix_socket_directories'))
    if (!folders) skip('this server has no Unix socket')
    const socket = `postgres://${username}:${password}@${pathname}?host=${folders.split(',')[0]}&port=${url.port || 5432}`
    expect(await setting(socket, 'TimeZone')).toBe('UTC')
  })
})
