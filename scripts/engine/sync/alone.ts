import { and, type Column, getColumns, type SQL, sql } from 'drizzle-orm'
import { type Bound, isAsDeclared, type LegacyTable, type TargetTable } from '../bound.ts'
import type { Keys } from '../family.ts'
import { eachRowOf } from '../lineage.ts'
import { isAmong } from '../order.ts'
import { keyOfRow } from '../rows.ts'
import { changedOf, theFamilies } from './variables.ts'

/*
 * A target table of which each row is made of one legacy row alone follows the rows that a statement has changed: it need
 * not be compared with all the others of their families, which it has followed before.
 */

/** The legacy table of which each row by itself makes a row of the target table, or none. */
export const madeOf = (bound: Bound, { derive }: TargetTable): LegacyTable | undefined =>
  bound.legacy.find(
    (each) =>
      each.keyed &&
      each.key.length === 1 &&
      isAsDeclared(bound, each) &&
      eachRowOf(derive, bound.sources) === each.table,
  )

/** The legacy tables of which rows make rows by themselves. */
export const followedAlone = (bound: Bound): LegacyTable[] =>
  bound.legacy.filter((each) => bound.target.some((target) => madeOf(bound, target) === each))

/** The keys of the rows that a statement has changed in a legacy table. */
export const changedIn = ({ legacy }: Bound, table: LegacyTable): SQL => changedOf(legacy.indexOf(table))

/** Those rows, of the families. */
export const changedRowsOf = (bound: Bound, legacy: LegacyTable): Keys => ({
  match: (source) => {
    const key = Object.values(getColumns(legacy.table)).find(({ name }) => name === legacy.key[0]) as Column
    return and(isAmong(key, changedIn(bound, legacy)), theFamilies.match(source))
  },
})

/** What to note of the rows `alias` that a statement has changed: their keys, where anybody follows those. */
export const changedKeys = (bound: Bound, legacy: LegacyTable, alias: string): SQL =>
  followedAlone(bound).includes(legacy)
    ? sql`jsonb_build_object(${legacy.relation}::text, coalesce(jsonb_agg(distinct ${keyOfRow(alias, legacy)}), '[]'))`
    : sql`'{}'::jsonb`
