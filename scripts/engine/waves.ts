import { and, type Column, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import { complement, quarantine, targetComplement } from '../../schema/ledger.ts'
import type { Bound, LegacyTable, TargetTable } from './bound.ts'
import { references } from './constraints.ts'
import { columnsOf, familyOf, hasFamily, inRange, type Range, textWithin, within } from './family.ts'
import { lineageOf, type Source } from './lineage.ts'
import { inOrder } from './order.ts'
import { familyColumnsOf, legacyRows } from './rows.ts'
import { tableName, tableSql } from './shape.ts'

/** One column that makes families, of a legacy table as the transforms see it, and those that go before it. */
interface Arm {
  source: object
  column: Column
  before: Column[]
}

const armsOf = (source: object): Arm[] =>
  columnsOf(source).map((column, i, all) => ({ source, column, before: all.slice(0, i) }))

const known = new WeakMap<Bound, Arm[][]>()

/**
 * The order in which families are copied: where rows of one kind of family refer to rows of another kind, the latter
 * come first, so that no row is set aside for want of one that has not come yet. One wave where nothing refers to
 * another family. What refers to each other in a circle is in one wave; then the copy looks at it once more.
 */
export function wavesOf(bound: Bound): Arm[][] {
  const found = known.get(bound) ?? readWaves(bound)
  known.set(bound, found)
  return found
}

function readWaves(bound: Bound): Arm[][] {
  const levels = levelsOf(bound)
  const waves: Arm[][] = []
  for (const { name, live } of bound.legacy) {
    const source = bound.sources[name] as object
    const names = familyColumnsOf(bound, name, bound.system.legacy)
    for (const [i, arm] of armsOf(source).entries()) {
      const level = levels.get(`${live.name}.${names[i]}`) ?? 0
      waves[level] = [...(waves[level] ?? []), arm]
    }
  }
  return waves.filter((arms) => arms !== undefined)
}

/** How many other kinds of families must come before those that a legacy column makes. */
function levelsOf(bound: Bound): Map<Source, number> {
  const derived = (table: Parameters<typeof tableName>[0]) =>
    bound.target.find((each) => tableName(each.table) === tableName(table))
  const columns = (target: TargetTable) => columnsOf(target.table).map(({ name }) => name)
  /** The column that a family is named by in the end: what a column refers to, if that makes the same family. */
  const rootOf = (target: TargetTable, column: string): Source => {
    for (const each of references(target.table)) {
      const parent = derived(each.parent)
      const [own, ...more] = each.columns
      if (!parent || parent === target || own?.name !== column || more.length > 0) continue
      if (each.parentColumns[0]?.name === columns(parent)[0]) return rootOf(parent, columns(parent)[0] ?? '')
    }
    return `${target.relation}.${column}`
  }
  const needs = new Map<Source, Set<Source>>()
  for (const target of bound.target) {
    for (const each of references(target.table)) {
      const parent = derived(each.parent)
      if (!parent) continue
      const own = each.columns.map(({ name }) => name).filter((name) => columns(target).includes(name))
      for (const child of own.length > 0 ? own : columns(target)) {
        const root = rootOf(target, child)
        const others = columns(parent).map((column) => rootOf(parent, column))
        needs.set(root, new Set([...(needs.get(root) ?? []), ...others.filter((other) => other !== root)]))
      }
    }
  }
  const levelOf = (root: Source, seen: readonly Source[] = []): number =>
    Math.max(
      0,
      ...[...(needs.get(root) ?? [])]
        .filter((other) => ![...seen, root].includes(other))
        .map((other) => 1 + levelOf(other, [...seen, root])),
    )
  const levels = new Map<Source, number>()
  for (const target of bound.target) {
    const { values } = lineageOf(target.derive, bound.sources)
    for (const column of columns(target)) {
      const level = levelOf(rootOf(target, column))
      for (const source of values.get(column) ?? []) levels.set(source, Math.min(levels.get(source) ?? level, level))
    }
  }
  return levels
}

/** The families of a range that have rows of an arm in the legacy tables. */
export const familiesOfArm = (arm: Arm, range: Range): SQL => sql`
        select ${arm.column}::text as family
        ${rowsOfArm(arm, range)}`

const rowsOfArm = ({ source, column, before }: Arm, range: Range): SQL => sql`from ${source}
        where ${and(...before.map((each) => isNull(each)), isNotNull(column), inRange(column, range))}`

/** The first `size` of these families, in their order. */
export const firstOfArm = (arm: Arm, range: Range, size: number): SQL => sql`
        select family::text
        from (
          select ${inOrder(arm.column)} as family
          ${rowsOfArm(arm, range)}
          group by 1
          order by 1
          limit ${size}) as arm`

/** Every family of a range that is copied in its wave; the last wave has also those that only the target or the ledger knows. */
export function familiesIn(bound: Bound, range: Range): SQL {
  const { wave } = range
  if (wave === undefined) return everyFamilyIn(bound, range)
  const waves = wavesOf(bound)
  const of = (arms: readonly Arm[]) =>
    sql.join(
      arms.map((arm) => familiesOfArm(arm, range)),
      sql` union `,
    )
  if (wave < waves.length - 1) return of(waves[wave] ?? [])
  return sql`(${everyFamilyIn(bound, range)}) except (${of(waves.slice(0, -1).flat())})`
}

/** Every family of a range that any table or the ledger knows. */
const everyFamilyIn = (bound: Bound, range: Range): SQL =>
  sql.join([...bound.legacy.flatMap((legacy) => familiesOf(bound, legacy, range)), knownIn(bound, range)], sql` union `)

/** The families of a range that a legacy table has rows of: of each column by itself, so that an index alone may answer. */
function familiesOf(bound: Bound, legacy: LegacyTable, range: Range): SQL[] {
  // rows that share a key may be of different families, of which the transforms see the first
  if (!legacy.keyed) return [sql`select l."#family" from ${legacyRows(bound, legacy, within(range))} as l`]
  const { table } = legacy
  const families = armsOf(table).map((arm) => familiesOfArm(arm, range))
  if (hasFamily(table) || range.after !== null) return families
  return [...families, sql`select '' from ${table} where ${and(...columnsOf(table).map((column) => isNull(column)))}`]
}

/** The families of a range of which the target or the ledger has anything. */
export function knownIn({ system, target }: Bound, range: Range): SQL {
  const rows = target.map(({ table }) => {
    const match = within(range).match(table)
    return sql`select coalesce(${familyOf(columnsOf(table))}, '') from ${tableSql(table)}${match ? sql` where ${match}` : sql``}`
  })
  const entries = [
    { table: complement, column: complement.family },
    { table: quarantine, column: quarantine.family },
    { table: targetComplement, column: targetComplement.family },
    { table: targetComplement, column: targetComplement.targetFamily },
  ].map(
    ({ table, column }) => sql`
      select ${column}
      from ${table}
      where ${table.system} = ${system.name}
        and ${textWithin(sql`${column}`, range, false)}`,
  )
  return sql.join([...rows, ...entries], sql` union `)
}
