import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { complement, quarantine, targetComplement } from '../../../schema/ledger.ts'
import type { Bound, LegacyTable, TargetTable } from '../bound.ts'
import { familyColumnsOf } from '../rows.ts'
import { tableSql } from '../shape.ts'
import { column, list } from '../sql.ts'
import { type Effects, effectsOf } from './effects.ts'
import { familyIn } from './settled.ts'

/** A table as its triggers see it. */
export interface Watched {
  relation: string
  table: PgTable
  key: string[]
  columns: { name: string }[]
  /** The family of row `alias`. */
  family(alias: string): SQL
  /** What a change of a column touches. */
  touches(column: string): bigint
}

export const watchedLegacy = (bound: Bound, effects: Effects, each: LegacyTable): Watched => ({
  relation: each.relation,
  table: each.table,
  key: each.key,
  columns: each.live.columns,
  family: (alias) => legacyFamily(bound, each, alias),
  touches: (name) => effects.touches(each, name),
})

export const watchedTarget = (bound: Bound, effects: Effects, each: TargetTable): Watched => ({
  relation: each.relation,
  table: each.table,
  key: each.key,
  columns: each.columns,
  family: (alias) => familyIn(bound, each, alias),
  touches: (name) => effects.touches(each, name),
})

/** The family of row `alias` of a legacy table. */
export const legacyFamily = (bound: Bound, { name }: LegacyTable, alias: string): SQL =>
  sql`coalesce(${list(familyColumnsOf(bound, name, bound.system.legacy).map((each) => sql`${column(alias, each)}::text`))}, '')`

/** Every family that any table or the ledger knows. */
export function everyFamily(bound: Bound): SQL {
  const effects = effectsOf(bound)
  const tables = [
    ...bound.legacy.map((each) => watchedLegacy(bound, effects, each)),
    ...bound.target.map((each) => watchedTarget(bound, effects, each)),
  ].map(({ table, family }) => sql`select ${family('t')} from ${tableSql(table)} as t`)
  const ledger = [complement, quarantine, targetComplement].map(
    (each) => sql`select t.family from ${each} as t where t.system = ${bound.system.name}`,
  )
  return sql.join([...tables, ...ledger], sql` union `)
}
