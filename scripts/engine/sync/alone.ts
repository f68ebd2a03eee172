import { and, type Column, getColumns, type SQL, sql } from 'drizzle-orm'
import { type Bound, isAsDeclared, type LegacyTable, type TargetTable } from '../bound.ts'
import type { Keys } from '../family.ts'
import { copied, eachRowOf, rootOf } from '../lineage.ts'
import { isAmong } from '../order.ts'
import { keyOfRow } from '../rows.ts'
import type { Tables, Transform } from '../system.ts'
import { changedOf, theFamilies, writtenOf } from './variables.ts'

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
export const changedRowsOf = (bound: Bound, legacy: LegacyTable): Keys => keyed([legacy], changedIn(bound, legacy))

/** The rows of the families, but of these tables, which have a key in common, those alone whose keys are in an array of text. */
const keyed = (tables: readonly (LegacyTable | TargetTable)[], keys: SQL): Keys => ({
  match: (source) => {
    const found = tables.find(({ table }) => table === source)
    return and(found ? isAmong(keyColumn(found), keys) : undefined, theFamilies.match(source))
  },
})

/** The column of a key that has but one. */
const keyColumn = ({ table, key }: LegacyTable | TargetTable): Column =>
  Object.values(getColumns(table)).find(({ name }) => name === key[0]) as Column

/** Whether a transform copies the key of one table to that of the other: rows of one key have one text of it. */
function copiesKey(
  transform: Transform,
  sources: Tables,
  from: LegacyTable | TargetTable,
  to: LegacyTable | TargetTable,
) {
  if (from.key.length !== 1 || to.key.length !== 1) return false
  const [own, other] = [keyColumn(from), keyColumn(to)]
  return copied(transform, sources).get(other.name) === own && own.getSQLType() === other.getSQLType()
}

/**
 * The target table of which a row that was written concerns no legacy row but that of its key: it is the one of which
 * restore makes rows, and joins others to them.
 */
export const madeBackOf = (bound: Bound, legacy: LegacyTable): TargetTable | undefined =>
  bound.target.find(
    (target) =>
      legacy.keyed &&
      isAsDeclared(bound, legacy) &&
      rootOf(legacy.restore, bound.system.target) === target.table &&
      copiesKey(legacy.restore, bound.system.target, target, legacy),
  )

/** The rows of either table, of the families, that have the keys of the target's rows which its applications have just written. */
export const writtenRowsOf = (bound: Bound, target: TargetTable, legacy: LegacyTable): Keys =>
  keyed([target, legacy], writtenOf(bound.target.indexOf(target)))

/** The families as far as rows are derived from them that the target's applications have just written. */
export function writtenAlone(bound: Bound, target: TargetTable): Keys {
  const legacy = madeOf(bound, target)
  return legacy && copiesKey(target.derive, bound.sources, legacy, target)
    ? writtenRowsOf(bound, target, legacy)
    : theFamilies
}

/** What to note of the rows `alias` that a statement has changed: their keys, where anybody follows those. */
export const changedKeys = (bound: Bound, legacy: LegacyTable, alias: string): SQL =>
  followedAlone(bound).includes(legacy)
    ? sql`jsonb_build_object(${legacy.relation}::text, coalesce(jsonb_agg(distinct ${keyOfRow(alias, legacy)}), '[]'))`
    : sql`'{}'::jsonb`
