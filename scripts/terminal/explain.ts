import { DrizzleQueryError } from 'drizzle-orm/errors'
import postgres from 'postgres'
import { Failure, SluiceError } from '../errors.ts'

/** A session that ended under way; why none came about is `connect`'s to say. */
const lost: Record<string, string> = {
  ECONNRESET: 'the server closed the connection',
  EPIPE: 'the server closed the connection',
  CONNECTION_CLOSED: 'the server closed the connection',
  CONNECTION_ENDED: 'the connection has ended',
  CONNECTION_DESTROYED: 'the connection has ended',
  '57P01': 'the server ended the session',
  '57P02': 'the server crashed',
  '57P03': 'the server is starting or stopping',
}

/** What a server says about one statement, where the next step is known. */
const running: Record<string, string> = {
  '42501': 'have the right granted, then start the same command again',
  '53100': 'free disk space on the server, then start the same command again: it goes on where it stopped',
  '55P03': 'wait until the other session has ended, then start the same command again',
  '57014': 'start the same command again: it goes on where it stopped',
  '40001': 'start the same command again: it goes on where it stopped',
  '40P01': 'start the same command again: it goes on where it stopped',
  '25006': 'point DATABASE_URL at the primary server: this one is read-only',
}

/** Errors come wrapped: Drizzle's carries the query and its values, Node's carries one error an address. */
function root(error: unknown): unknown {
  if (error instanceof DrizzleQueryError && error.cause) return root(error.cause)
  if (error instanceof AggregateError && error.errors.length > 0) return root(error.errors[0])
  return error
}

const comeBack = 'check that the server runs, then start the same command again'
const verbose = 'run the same command with --verbose to see where it happened'

const firstLine = (text: string) => text.split('\n', 1)[0]?.trim() ?? ''

/** URLs carry passwords, and may turn up in any message. */
const withoutUrls = (text: string) => text.replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '<url>')

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

/** The right that a refused statement needed, as far as statement and message tell: `SELECT on table a`. */
function rightOf(message: string, query: string): string | undefined {
  const on = /^permission denied for (.+)$/.exec(message)?.[1]
  if (!on) return undefined
  const verb = /^\s*(select|insert|update|delete|truncate)\b/i.exec(query)?.[1]
  if (/^(table|view|relation)/.test(on)) return `${verb?.toUpperCase() ?? 'a right'} on ${on}`
  if (on.startsWith('database')) return `CREATE on ${on}`
  if (on.startsWith('schema')) return `${/^\s*create\b/i.test(query) ? 'CREATE' : 'USAGE'} on ${on}`
  return `a right on ${on}`
}

/** The error of a server: its message, never its detail, which may quote a row. */
function ofServer(error: postgres.PostgresError, query: string): SluiceError {
  const known = lost[error.code]
  const message = firstLine(error.message)
  const right = error.code === '42501' ? rightOf(message, query) : undefined
  const values = { sqlstate: error.code, constraint: text(error.constraint_name), 'missing right': right }
  if (known) return new Failure(known, values, comeBack, error)
  return new Failure(`Postgres: ${message}`, values, running[error.code] ?? verbose, error)
}

/**
 * Any error as a fact, its values and the next step, without a query's values, a URL or a password.
 * Errors thrown on purpose pass through.
 */
export function explain(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown
  const error = root(thrown)
  if (error instanceof SluiceError) return error
  if (error instanceof postgres.PostgresError)
    return ofServer(error, thrown instanceof DrizzleQueryError ? thrown.query : '')
  const code = String((error as { code?: unknown } | null | undefined)?.code)
  if (lost[code]) return new Failure(lost[code], { code }, comeBack, error)
  const message = error instanceof Error ? error.message : String(error)
  return new Failure(withoutUrls(firstLine(message)) || 'unknown error', {}, verbose, error)
}
