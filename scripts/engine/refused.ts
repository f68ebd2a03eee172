import { Refusal } from '../errors.ts'
import { sqlstate } from './lock.ts'

/** What the steps raise where they refuse. */
const refused = 'SLUIC'

/** The Refusal that a step meant, whose words are a fact and what is next; undefined for every other error. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (sqlstate(error) !== refused) return undefined
  const [fact = '', next = ''] = messageOf(error).split('. Next: ')
  return new Refusal(fact, {}, next, error)
}

/** The server's own message: drizzle wraps it in one that quotes the statement. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? messageOf(error.cause) : error.message
}
