import { type SQL, sql } from 'drizzle-orm'
import { also, everything, type Keys, listed, type Range, textWithin, within, withinAlso } from './family.ts'
import type { Executor } from './sql.ts'

/** The families that one transaction carries: all of them, those of a range, or those listed in `also`. */
export type Scope = 'all' | 'listed' | Range

/** The families asked for. */
export const asked = (scope: Scope): Keys =>
  scope === 'all' ? everything : scope === 'listed' ? listed : within(scope)

/** The families asked for, and those that carrying them has touched besides. */
export const touched = (scope: Scope): Keys =>
  scope === 'all' ? everything : scope === 'listed' ? listed : withinAlso(scope)

/** Whether the ledger's family column is of the families touched. */
export const touchedText = (scope: Scope, family: SQL): SQL =>
  scope === 'all' ? sql`true` : textWithin(family, scope === 'listed' ? null : scope, true)

/** Makes the session's table of further families; it is empty at the start of every transaction. */
export async function prepareAlso(db: Executor): Promise<void> {
  await db.execute(
    sql`create temporary table if not exists sluice_also (family text primary key) on commit delete rows`,
  )
}

/** Adds the families that `select` yields. */
export async function addFamilies(db: Executor, select: SQL): Promise<void> {
  await db.execute(sql`insert into ${also} ${select} on conflict do nothing`)
}
