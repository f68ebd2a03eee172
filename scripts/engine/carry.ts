import { type SQL, sql } from 'drizzle-orm'
import { quarantine } from '../../schema/ledger.ts'
import { type Bound, keyOf, type TargetTable } from './bound.ts'
import { keepComplement } from './complement.ts'
import { nullable, uniqueKeys } from './constraints.ts'
import { askForMoved, noteMoved } from './moved.ts'
import type { Withheld } from './narrow.ts'
import { clearAside } from './quarantine.ts'
import { asked, prepareAlso, type Scope } from './scope.ts'
import { tableSql } from './shape.ts'
import { all, column, type Executor, keyText, list, rowOf, sameImage, setNull } from './sql.ts'
import { stage, stageOf, writeStaged } from './stage.ts'
import { noteStrays, removeStrays } from './strays.ts'

export interface CarryOptions {
  /** The target has nothing of these families that would have to be replaced; 23505 where it has after all. */
  fresh?: boolean
  /** The target gets nothing of the families, for this reason. */
  withheld?: Withheld | undefined
}

/**
 * Carries some families to the target, inside the caller's transaction: their target rows become what derive yields,
 * less what the constraints refuse, and their complement and quarantine are computed anew. Doing it twice changes
 * nothing. Statements alone move the rows; none of them travels through Node.
 * @returns the number of legacy rows carried
 */
export async function carry(db: Executor, bound: Bound, scope: Scope, options: CarryOptions = {}): Promise<number> {
  const rows = await carryOnce(db, bound, scope, options)
  if (!options.fresh) while (await askForMoved(db, bound)) await carryOnce(db, bound, 'listed', {})
  return rows
}

async function carryOnce(db: Executor, bound: Bound, scope: Scope, options: CarryOptions): Promise<number> {
  const { fresh = false, withheld } = options
  // target triggers that would change what is written stay quiet (design §4)
  await db.execute(sql`select set_config('sluice.writing', 'on', true)`)
  if (scope !== 'listed') await prepareAlso(db)
  if (!fresh) await noteStrays(db, bound, scope)
  await clearAside(db, bound, scope)
  await stage(db, bound, scope, withheld)
  if (!fresh) await noteMoved(db, bound)
  if (!fresh) for (const target of bound.target) await releaseUnique(db, target, scope)
  for (const target of bound.target) await write(db, target, fresh)
  if (!fresh) for (const target of [...bound.target].reverse()) await removeStale(db, bound, target, scope)
  if (!fresh) await removeStrays(db, bound)
  return keepComplement(db, bound, scope, fresh)
}

const sameKey = (target: TargetTable): SQL => all(keyOf(target).map((each) => sql`${column('s', each.name)} = ${each}`))

/** Unique values that change hands among the carried rows are let go first: a constraint is checked row by row. */
async function releaseUnique(db: Executor, target: TargetTable, scope: Scope): Promise<void> {
  const own = asked(scope).match(target.table) ?? sql`true`
  for (const unique of uniqueKeys(target.table)) {
    const given = nullable(unique.columns)
    if (given.length === 0) continue
    await db.execute(sql`
      update ${tableSql(target.table)}
      set ${setNull(given)}
      where ${own}
        and ${all(unique.columns.map((each) => sql`${each} is not null`))}
        and not exists (
          select from ${stageOf(target)} as s
          where ${sameKey(target)}
            and ${all(unique.columns.map((each) => sql`${column('s', each.name)} = ${each}`))})`)
  }
}

async function write(db: Executor, target: TargetTable, fresh: boolean): Promise<void> {
  const changed = target.columns.filter(({ name }) => !target.key.includes(name))
  const set = list(changed.map(({ name }) => sql`${sql.identifier(name)} = excluded.${sql.identifier(name)}`))
  const conflict = changed.length
    ? sql`do update set ${set} where not ${sameImage(rowOf('t', target.columns), rowOf('excluded', target.columns))}`
    : sql`do nothing`
  const key = list(target.key.map((name) => sql`${sql.identifier(name)}`))
  await writeStaged(db, target, fresh ? sql`` : sql`on conflict (${key}) ${conflict}`)
}

/** Deletes the families' target rows that derive no longer yields. */
async function removeStale(db: Executor, bound: Bound, target: TargetTable, scope: Scope): Promise<void> {
  const own = asked(scope).match(target.table) ?? sql`true`
  await db.execute(sql`
    delete from ${tableSql(target.table)}
    where ${own}
      and not exists (
        select from ${stageOf(target)} as s
        where ${sameKey(target)})
      and not exists (${answeredElsewhere(bound, target)})`)
}

/** A row that gave up what made its family is found under another one, but belongs to the family that set it aside. */
const answeredElsewhere = (bound: Bound, target: TargetTable): SQL => sql`
        select from ${quarantine}
        where ${quarantine.system} = ${bound.system.name}
          and ${quarantine.relation} = ${target.relation}
          and ${quarantine.scope} = 'value'
          and ${quarantine.key} = ${keyText(keyOf(target).map((each) => sql`${each}`))}`
