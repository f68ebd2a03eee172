import { type SQL, sql } from 'drizzle-orm'
import { also, asking, everything, type Keys, listedIn, type Range, textWithin, within, withinAlso } from './family.ts'
import type { Executor } from './sql.ts'

/** The families that one transaction carries: all of them, those of a range, or those listed in `asking`. */
export type Scope = 'all' | 'listed' | Range

/** The families asked for. */
export const asked = (scope: Scope): Keys =>
  scope === 'all' ? everything : scope === 'listed' ? listedIn(asking) : within(scope)

/** The families asked for, and those that carrying them has touched besides. */
export const touched = (scope: Scope): Keys =>
  scope === 'all' ? everything : scope === 'listed' ? listedIn(also) : withinAlso(scope)

/** Whether the ledger's family column is of the families touched. */
export const touchedText = (scope: Scope, family: SQL): SQL =>
  scope === 'all' ? sql`true` : textWithin(family, scope === 'listed' ? null : scope, true)

/** Makes the session's tables of families, both empty. */
export async function prepareAlso(db: Executor): Promise<void> {
  for (const families of ['sluice_asking', 'sluice_also']) {
    await db.execute(
      sql`create temporary table if not exists ${sql.identifier(families)} (family text primary key) on commit delete rows`,
    )
    await db.execute(sql`delete from ${sql.raw('pg_temp')}.${sql.identifier(families)}`)
  }
}

/** Asks for the families that `select` yields. They stay the same whatever is touched besides. */
export async function askFor(db: Executor, select: SQL): Promise<void> {
  await prepareAlso(db)
  await db.execute(sql`insert into ${asking} ${select}`)
  await addFamilies(db, sql`select family from ${asking}`)
}

/** Adds the families that `select` yields to those that are touched. */
export async function addFamilies(db: Executor, select: SQL): Promise<void> {
  await db.execute(sql`insert into ${also} ${select} on conflict do nothing`)
}
