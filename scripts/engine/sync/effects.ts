import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { type Bound, keyOf, type LegacyTable, type TargetTable } from '../bound.ts'
import { references, uniqueKeys } from '../constraints.ts'
import { columnsOf } from '../family.ts'
import { lineageOf } from '../lineage.ts'
import { familyColumnsOf } from '../rows.ts'
import { tableName } from '../shape.ts'
import { rowOf, sameImage } from '../sql.ts'
import { type Group, groupsOf } from './groups.ts'
import { touched } from './variables.ts'

/**
 * What a write touches, as bits of one number: three sets, read off the queries' lineage. The columns that a statement
 * really changed decide which derives and restores need to run (design §4).
 */
export interface Effects {
  everything: bigint
  /** The target table's values must be derived anew. */
  follow(target: TargetTable): bigint
  /** Its rows may come or go, or change what others hold or refer to. */
  reshape(target: TargetTable): bigint
  /** The legacy table must be restored and compared. */
  keep(legacy: LegacyTable): bigint
  /** The bits of `reshape` of all target tables. */
  reshapeAny: bigint
  /** What a change of one column of a table of either shape touches. */
  touches(table: LegacyTable | TargetTable, column: string): bigint
  /** Touched where something else than plain columns was changed. */
  other: bigint
  /** The groups of plain columns of both shapes. */
  plain: Group[]
}

/** Touched bits as SQL. */
export const bits = (value: bigint): SQL => sql.raw(`${value}::bigint`)

export const union = (bits: readonly bigint[]): bigint => bits.reduce((sum, each) => sum | each, 0n)

/** Whether nothing but plain columns was touched. */
export const touchesPlain = ({ reshapeAny, other }: Effects): SQL => sql`${touched} & ${bits(reshapeAny | other)} = 0`

/** What the changes from row `o` to row `n` touch. Columns that touch the same are compared at once. */
export function changes(columns: readonly { name: string }[], touches: (column: string) => bigint): SQL {
  const groups = new Map<bigint, { name: string }[]>()
  for (const each of columns) groups.set(touches(each.name), [...(groups.get(touches(each.name)) ?? []), each])
  const arms = [...groups].map(([touched, group]) => {
    const same = sameImage(rowOf('o', group), rowOf('n', group))
    return sql`case when ${same} then 0 else ${bits(touched)} end`
  })
  return sql.join(arms, sql` | `)
}

/** What is told of a table's columns, found out once of each. */
function once<Table>(find: (table: Table, column: string) => bigint): (table: Table, column: string) => bigint {
  const found = new Map<Table, Map<string, bigint>>()
  return (table, column) => {
    const columns = found.get(table) ?? new Map<string, bigint>()
    found.set(table, columns)
    const known = columns.get(column) ?? find(table, column)
    columns.set(column, known)
    return known
  }
}

const known = new WeakMap<Bound, Effects>()

/** What a change of each column touches, read off a system's queries once. */
export function effectsOf(bound: Bound): Effects {
  const found = known.get(bound) ?? readEffects(bound)
  known.set(bound, found)
  return found
}

function readEffects(bound: Bound): Effects {
  const { legacy, target, system } = bound
  const bit = (place: number) => 1n << BigInt(place)
  const follow = (each: TargetTable) => bit(target.indexOf(each))
  const reshape = (each: TargetTable) => bit(target.length + target.indexOf(each))
  const keep = (each: LegacyTable) => bit(2 * target.length + legacy.indexOf(each))
  const other = bit(2 * target.length + legacy.length)
  const everything = 2n * other - 1n
  const derives = new Map(target.map((each) => [each, lineageOf(each.derive, bound.sources)]))
  const restores = new Map(legacy.map((each) => [each, lineageOf(each.restore, system.target)]))

  /** A table whose rows may come or go, with those that refer to it. */
  const reshaped = (each: TargetTable, seen = new Set<TargetTable>()): bigint => {
    if (seen.has(each)) return 0n
    seen.add(each)
    const children = target.filter(({ table }) =>
      references(table).some(({ parent }) => tableName(parent) === tableName(each.table)),
    )
    return follow(each) | reshape(each) | keeping(each) | union(children.map((child) => reshaped(child, seen)))
  }

  /** The legacy tables that are restored from a column of a target table, or from any. */
  const keeping = (each: TargetTable, column?: string): bigint =>
    union(
      legacy
        .filter((one) => {
          const { rows, values } = restores.get(one) as ReturnType<typeof lineageOf>
          const reads = [...rows, ...[...values.values()].flatMap((sources) => [...sources])]
          return reads.some((source) =>
            column === undefined ? source.startsWith(`${each.relation}.`) : source === `${each.relation}.${column}`,
          )
        })
        .map(keep),
    )

  const rests = once((one: LegacyTable, column): bigint => {
    // rows that share a key are told apart by all of their columns
    if (!one.keyed) return everything
    const source = `${one.live.name}.${column}`
    return (
      keep(one) |
      union(
        target.map((each) => {
          const { rows, values } = derives.get(each) as ReturnType<typeof lineageOf>
          if (rows.has(source)) return reshaped(each)
          const fed = [...values].filter(([, sources]) => sources.has(source)).map(([name]) => name)
          if (fed.some((name) => identity(each).has(name))) return reshaped(each)
          return fed.length === 0 ? 0n : follow(each) | union(fed.map((name) => keeping(each, name)))
        }),
      )
    )
  })

  const restsOnTarget = once((each: TargetTable, column): bigint => {
    const source = `${each.relation}.${column}`
    if (identity(each).has(column)) return everything
    const found = [...restores].map(([one, { rows, values }]) => {
      if (![...values.values(), rows].some((sources) => sources.has(source))) return 0n
      // the legacy table's own triggers may change more of its values than were restored
      const changeable = one.live.columns.map(({ name }) => rests(one, name))
      return keep(one) | union(changeable.filter((bits) => (bits & reshapeAny) === 0n))
    })
    return follow(each) | union(found)
  })
  const reshapeAny = union(target.map(reshape))
  const restsOn = (table: LegacyTable | TargetTable, name: string) =>
    'live' in table ? rests(table, name) : restsOnTarget(table, name)
  /** What rests on the legacy columns that are restored from a column of the target. */
  const restsOnRestored = (each: TargetTable, column: string): bigint =>
    union(
      [...restores].flatMap(([one, { values }]) =>
        [...values].flatMap(([name, sources]) => (sources.has(`${each.relation}.${column}`) ? [rests(one, name)] : [])),
      ),
    )
  const plain = groupsOf(bound, 2n * other, (table, name) => {
    const touches = restsOn(table, name)
    const all = 'live' in table ? touches : touches | restsOnRestored(table, name)
    return (all & reshapeAny) === 0n ? touches : undefined
  })
  /** With what only a whole settlement can do, where the column is not plain. */
  const touches = once((table: LegacyTable | TargetTable, name): bigint => {
    const group = plain.find((each) => each.table === table && each.columns.has(name))
    if (group) return restsOn(table, name) | group.bit
    const decides =
      !('live' in table) && [...restores.values()].some(({ rows }) => rows.has(`${table.relation}.${name}`))
    return decides ? everything : restsOn(table, name) | other
  })
  return { everything, follow, reshape, keep, reshapeAny, touches, other, plain }

  /** The columns by which rows are known: key, family, what must be unique, and what refers to others. */
  function identity(each: TargetTable): Set<string> {
    const columns: { name: string }[] = [
      ...keyOf(each),
      ...columnsOf(each.table),
      ...familyColumnsOf(bound, each.name, system.target).map((name) => ({ name })),
      ...uniqueKeys(each.table).flatMap((unique): PgColumn[] => unique.columns),
      ...references(each.table).flatMap((reference): PgColumn[] => reference.columns),
    ]
    return new Set(columns.map(({ name }) => name))
  }
}
