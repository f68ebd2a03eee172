import { sql } from 'drizzle-orm'
import type { Database } from '../../database/connect.ts'
import { sqlstate } from '../lock.ts'
import { type Checked, checked, type Example } from './gate.ts'

/** Ends the transaction of the examples. */
class Undone extends Error {}

/** Whether the database takes the right examples and refuses the wrong ones. Nothing of them stays. */
export async function tryExamples(db: Database, examples: readonly Example[]): Promise<Checked[]> {
  const checks: Checked[] = []
  const trial = db.transaction(async (tx) => {
    // triggers that would carry an example elsewhere stay quiet
    await tx.execute(sql`select set_config('sluice.writing', 'on', true)`)
    for (const example of examples) checks.push(await tryOne(tx as unknown as Database, example))
    throw new Undone()
  })
  await trial.catch((error) => {
    if (!(error instanceof Undone)) throw error
  })
  return checks
}

async function tryOne(tx: Database, { what, write, refused }: Example): Promise<Checked> {
  const line = `${refused ? 'refused' : 'accepted'}: ${what}`
  // in a savepoint, which a refusal leaves as it was
  const error = await tx
    .transaction(async (inner) => {
      await write(inner as unknown as Database)
    })
    .then(
      () => undefined,
      (thrown: unknown) => serverError(thrown),
    )
  if (!refused) return checked('example', line, error ? [error.message] : [])
  if (!error) return checked('example', line, ['it was accepted'])
  const same =
    sqlstate(error) === refused.sqlstate &&
    (refused.constraint === undefined || error.constraint_name === refused.constraint)
  return checked('example', line, same ? [] : [`${sqlstate(error)}: ${error.message}`])
}

type ServerError = Error & { constraint_name?: string }

/** Another session was in the way: no answer either. */
const passing = new Set(['40001', '40P01', '55P03', '57014'])

/** What the server said; what it did not say is no answer. */
function serverError(thrown: unknown): ServerError {
  const error = thrown as ServerError & { code?: string }
  if (typeof error.code === 'string' && !passing.has(error.code)) return error
  if (error.cause instanceof Error) return serverError(error.cause)
  throw thrown
}
