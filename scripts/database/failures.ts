import { Failure, Refusal, type SluiceError, type Values } from '../errors.ts'
import type { Address } from './url.ts'

/** Features that Sluice relies on came with this version. */
export const oldest = 13

/** Throws Refusal where `version`, a `server_version_num`, is older than PostgreSQL 13. */
export function requireVersion(version: number): void {
  const major = Math.floor(version / 10_000)
  if (major < oldest)
    throw new Refusal('the server is too old', { server: major, oldest }, `upgrade it to PostgreSQL ${oldest} or later`)
}

/** Why a connection did not come about, as a fact, its values and the next step; never with the password. */
export function explain(error: unknown, address: Address): SluiceError {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  const { user, database } = address
  const [host, port] = (['host', 'port'] as const).map((part) => address.hosts.map((it) => it[part]).join(','))
  const at: Values = { host, port }
  const said: Values = { ...at, code, message: message.split('\n')[0] }
  switch (code) {
    case '28P01':
    case '28000':
      return new Failure(
        'the server refused the login',
        { ...at, user, database, message },
        'correct user and password in DATABASE_URL, or pg_hba.conf on the server',
        error,
      )
    case '3D000':
      return new Refusal(
        'the database does not exist',
        { ...at, database },
        'create it, or correct DATABASE_URL',
        error,
      )
    case '42501':
      return new Failure(
        'the role may not connect',
        { ...at, user, database },
        'grant it connect on the database',
        error,
      )
    case '53300':
      return new Failure('the server has no free connection', at, 'end other sessions, or raise max_connections', error)
    case '57P03':
      return new Failure('the server is starting or stopping', at, 'try again in a moment', error)
    case '42704':
    case '22023':
    case '08P01':
      return new Refusal('the server refused a setting', said, 'correct the options after ? in DATABASE_URL', error)
  }
  if (unreachable.has(code))
    return new Failure('the server cannot be reached', { ...at, code }, 'start it, or correct DATABASE_URL', error)
  return new Failure('the connection failed', said, 'see the message, and correct DATABASE_URL', error)
}

const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'ENOENT', // no such Unix socket
  'EACCES',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
])
