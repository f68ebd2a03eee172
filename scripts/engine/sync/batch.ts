import { sql } from 'drizzle-orm'
import { targetComplement } from '../../../schema/ledger.ts'
import { Refusal } from '../../errors.ts'
import type { Bound } from '../bound.ts'
import { functionOf } from '../contract/text.ts'
import type { Passed } from '../enforced.ts'
import { also, asking, type Range } from '../family.ts'
import { sqlstate } from '../lock.ts'
import { byValues } from '../narrow.ts'
import { rows } from '../preflight/look.ts'
import { prepareAlso } from '../scope.ts'
import type { Executor } from '../sql.ts'
import type { System } from '../system.ts'
import type { Transaction } from '../transaction.ts'
import { bits, effectsOf } from './effects.ts'
import { setDepth } from './noted.ts'
import { areMostlySimple, carryUntouched, countRows, lockAndAsk, rowsAmong } from './untouched.ts'

/**
 * Carries the families of a range while both shapes are alive. The families are locked before they are read, so that a
 * batch and a writer are the same to each other. Those of which nobody has written anything yet and that the target takes
 * as they are come by plain statements, the others by the same function that the triggers call.
 * @param passed checks that the former are not asked for; the server asks them of what it writes
 * @returns the number of legacy rows carried
 */
export async function carryAlive(db: Transaction, bound: Bound, range: Range, passed: Passed): Promise<number> {
  // our own writes are no news to the triggers
  await db.execute(sql`select set_config('sluice.writing', 'on', true), ${setDepth(sql`'0'`)}`)
  await prepareAlso(db)
  await lockAndAsk(db, bound, range)
  const simple = await carriedSimple(db, bound, range, passed)
  const left = simple === undefined ? sql`(table ${asking} union table ${also}) as asked` : also
  const everything = bits(effectsOf(bound).everything)
  await db.execute(sql`select set_config('plan_cache_mode', 'force_custom_plan', true)`)
  await db.execute(sql`
    select ${functionOf(bound.system, 'forward')}(array(select family from ${left}), ${everything}, '{}')
    where exists (select from ${left})`)
  await db.execute(sql`select ${functionOf(bound.system, 'watch_nested')}()`)
  return simple ?? countRows(db, bound.legacy.map(rowsAmong(bound, sql`table ${asking} union table ${also}`)))
}

/**
 * Carries what is simple, and leaves the others in `also`.
 * @returns the number of legacy rows of all of them; undefined where nothing was carried, and the families are as they were
 */
async function carriedSimple(db: Transaction, bound: Bound, range: Range, passed: Passed): Promise<number | undefined> {
  try {
    return await db.transaction(async (part) => {
      if (!(await areMostlySimple(part, bound, range))) return undefined
      const others = await countRows(part, bound.legacy.map(rowsAmong(bound, sql`table ${also}`)))
      return others + (await carryUntouched(part, bound, range, passed))
    })
  } catch (error) {
    if (byValues.test(sqlstate(error) ?? '')) return undefined
    throw error
  }
}

/**
 * A copy that nothing keeps in step would overwrite what the target's own applications wrote.
 * @throws Refusal where the ledger keeps something of theirs
 */
export async function requireNothingOwn(db: Executor, { name }: System): Promise<void> {
  const [found] = await rows<{ rows: number }>(
    db,
    sql`select count(*)::float8 as "rows" from ${targetComplement} where ${targetComplement.system} = ${name}`,
  )
  if (!found?.rows) return
  throw new Refusal(
    'the target has rows of its own, which a copy would overwrite while both shapes are not kept in step',
    { system: name, rows: found.rows },
    'npm run sync, then npm run copy',
  )
}
