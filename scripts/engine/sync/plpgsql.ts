import { randomBytes } from 'node:crypto'
import { type SQL, sql } from 'drizzle-orm'
import { textOf } from '../contract/text.ts'

/** Errors that a row's values cause, which set it aside; whatever else happens fails the statement. */
export const byValues = sql.raw(
  'cardinality_violation or data_exception or integrity_constraint_violation or with_check_option_violation or plpgsql_error',
)

/** What undoes a block of its own that raises it. */
export const undone = sql.raw("'SLUIU'")

/** One statement after another. */
export const statements = (parts: readonly SQL[]): SQL =>
  sql.join(
    parts.map((each) => sql`${each};`),
    sql`\n`,
  )

/** A function body in dollar quotes that cannot occur in it. */
export function quoted(body: SQL): SQL {
  const tag = `$sluice_${randomBytes(6).toString('hex')}$`
  return sql.raw(`${tag}${textOf(body)}${tag}`)
}
