import { sql } from 'drizzle-orm'
import { quarantine } from '../../schema/ledger.ts'
import type { Bound } from './bound.ts'
import { carry } from './carry.ts'
import { uniqueKeys } from './constraints.ts'
import type { Context } from './context.ts'
import type { Range } from './family.ts'
import { sqlstate } from './lock.ts'
import { askFor } from './scope.ts'
import { nextFamilies } from './shards.ts'
import { inTransaction, isPassing } from './transaction.ts'

/** SQLSTATE classes that a row's values cause: cardinality, data, integrity, and what a trigger raises. */
export const byValues = /^(21|22|23|44|P0)/

/** How often a batch is carried anew because another session was quicker. */
const races = 10

/**
 * Carries a batch with `carryRange`. When the target refuses it in a way that its declaration does not foretell (a
 * constraint or a trigger that was added by hand, a query that fails on a value), the batch is halved until the family
 * at fault is alone; that family is set aside with the server's own words, and the others go on. Where other sessions are
 * in the way time and again it is halved as well: of fewer families, and in less time, it meets fewer of them.
 * @returns the number of legacy rows carried
 */
export async function carriedOrSetAside(
  context: Context,
  bound: Bound,
  range: Range,
  carryRange: (range: Range, withheld?: Withheld) => Promise<number>,
  attempt = 1,
): Promise<number> {
  try {
    return await carryRange(range)
  } catch (error) {
    const passes = isPassing(error)
    if (!passes && !byValues.test(sqlstate(error) ?? '')) throw error
    context.signal.throwIfAborted()
    const again = () => carriedOrSetAside(context, bound, range, carryRange, attempt + 1)
    if (isRace(bound, error) && attempt < races) return again()
    const { db } = context.connection
    const { families } = await nextFamilies(db, bound, range, 2 ** 30)
    if (families <= 1 && passes && attempt >= races) throw error
    if (families <= 1) return passes ? again() : carryRange(range, withheldBy(error))
    const { last } = await nextFamilies(db, bound, range, Math.ceil(families / 2))
    const lower = await carriedOrSetAside(context, bound, { ...range, upTo: last }, carryRange)
    return lower + (await carriedOrSetAside(context, bound, { ...range, after: last }, carryRange))
  }
}

/**
 * Whether another session has taken a value since this one's snapshot: of the declared unique keys no row is written
 * that the snapshot shows to lose, so that the next snapshot decides.
 */
function isRace({ target }: Bound, error: unknown): boolean {
  const { code, constraint_name: violated } = serverError(error)
  return code === '23505' && target.some(({ table }) => uniqueKeys(table).some(({ name }) => name === violated))
}

/** Why a family is withheld from the target. */
export interface Withheld {
  constraint: string
  sqlstate: string
  reason: string
  relation: string | undefined
}

function withheldBy(error: unknown): Withheld {
  const server = serverError(error)
  return {
    constraint: server.constraint_name ?? server.routine ?? 'unknown',
    sqlstate: server.code ?? 'XX000',
    reason: server.message,
    relation: server.table_name,
  }
}

type ServerError = Error & { code?: string; constraint_name?: string; table_name?: string; routine?: string }

function serverError(error: unknown): ServerError {
  const each = error as ServerError
  return each.code === undefined && each.cause instanceof Error ? serverError(each.cause) : each
}

/**
 * Carries once more the families that gave something up because of a row of another family: what they lacked may have
 * come after them, and what was taken may have become free.
 */
export async function carryDependents({ connection: { db } }: Context, bound: Bound): Promise<void> {
  await inTransaction(db, async (tx) => {
    await askFor(
      tx,
      sql`
      select distinct ${quarantine.family}
      from ${quarantine}
      where ${quarantine.system} = ${bound.system.name}
        and ${quarantine.scope} <> 'family'
        and ${quarantine.sqlstate} in ('23503', '23505')`,
    )
    await carry(tx, bound, 'listed')
  })
}
