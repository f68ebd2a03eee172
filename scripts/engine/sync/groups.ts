import type { Column } from 'drizzle-orm'
import { getColumns } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Bound, LegacyTable, TargetTable } from '../bound.ts'
import { copied, lineageOf } from '../lineage.ts'
import { declaredType } from '../types.ts'

/** Plain columns of a legacy table that touch the same: no row of the target rests on them, nor what one claims of others. */
export interface Group {
  /** Touched where one of them was changed. */
  bit: bigint
  legacy: LegacyTable
  columns: Set<string>
  /** Whether they are moments, which triggers set along with whatever else is changed. */
  moments: boolean
  /** The columns of target tables that are derived from them. */
  follows: Map<TargetTable, Set<string>>
  /** The legacy columns that may then be restored otherwise. */
  keeps: Map<LegacyTable, Set<string>>
  /** The legacy tables of which rows may then be restored that were not, or are no longer. */
  wholly: Set<LegacyTable>
}

/** The last bit that a bigint has room for. */
const last = 1n << 62n

/**
 * The groups of plain columns of a system, as far as there are bits for them.
 * @param first the bit of the first group
 * @param touches what a change of a column touches; nothing where the column is not plain
 */
export function groupsOf(
  bound: Bound,
  first: bigint,
  touches: (legacy: LegacyTable, column: string) => bigint | undefined,
): Group[] {
  const groups = new Map<string, Group>()
  for (const legacy of bound.legacy.filter(({ keyed }) => keyed))
    for (const { name, type } of legacy.live.columns) {
      const touched = touches(legacy, name)
      if (touched === undefined) continue
      const alone = reached(bound, legacy, { name, type })
      const kind = [legacy, touched, alone.moments, alone.wholly].map(nameOf).join(' ')
      const group = groups.get(kind) ?? { ...alone, bit: first << BigInt(groups.size) }
      if (group.bit > last) continue
      if (groups.has(kind)) merge(group, alone)
      groups.set(kind, group)
    }
  return [...groups.values()]
}

const nameOf = (part: LegacyTable | bigint | boolean | Set<LegacyTable>): string =>
  part instanceof Set ? [...part].map(nameOf).join() : typeof part === 'object' ? part.relation : String(part)

/** What a change of one column reaches. */
function reached(
  { legacy, target, sources, system }: Bound,
  one: LegacyTable,
  { name, type }: { name: string; type: string },
): Omit<Group, 'bit'> {
  const group: Omit<Group, 'bit'> = {
    ...{ legacy: one, columns: new Set([name]), moments: type.startsWith('timestamp') },
    ...{ follows: new Map(), keeps: new Map([[one, new Set([name])]]), wholly: new Set() },
  }
  for (const each of target) {
    const fed = fedBy(lineageOf(each.derive, sources), `${one.live.name}.${name}`)
    add(group.follows, each, fed)
    for (const source of fed.map((column) => `${each.relation}.${column}`))
      for (const restored of legacy) {
        const lineage = lineageOf(restored.restore, system.target)
        if (lineage.rows.has(source)) group.wholly.add(restored)
        add(group.keeps, restored, fedBy(lineage, source))
      }
  }
  return group
}

function merge(group: Group, { columns, follows, keeps }: Omit<Group, 'bit'>): void {
  for (const name of columns) group.columns.add(name)
  for (const [each, names] of follows) add(group.follows, each, names)
  for (const [each, names] of keeps) add(group.keeps, each, names)
}

const fedBy = ({ values }: ReturnType<typeof lineageOf>, source: string): string[] =>
  [...values].filter(([, sources]) => sources.has(source)).map(([name]) => name)

function add<Key>(map: Map<Key, Set<string>>, key: Key, names: Iterable<string>): void {
  if ([...names].length) map.set(key, new Set([...(map.get(key) ?? []), ...names]))
}

/**
 * The columns of a legacy table that restore gives back wherever it yields the row: those that are copied, row by row, to
 * a column of the same type, and from there again.
 */
export function returning({ target, sources, system }: Bound, { key, live, table, restore }: LegacyTable): Set<string> {
  const back = copied(restore, system.target)
  const found = new Set<string>()
  for (const each of target) {
    const there = copied(each.derive, sources)
    const ways = [...there].filter(([name, column]) => {
      const home = back.get(column.name)
      return home?.name === name && sameTable(home, each.table) && sameTable(column, table)
    })
    const keys = ways.filter(([name, { name: legacyName }]) => each.key.includes(name) && key.includes(legacyName))
    if (keys.length !== each.key.length || keys.length !== key.length) continue
    for (const [name, column] of ways) {
      const own = Object.values(getColumns(each.table)).find((one) => one.name === name)
      const type = live.columns.find((one) => one.name === column.name)?.type
      if (own && type === declaredType(own as PgColumn)) found.add(column.name)
    }
  }
  return found
}

/** Whether it is a column of the table itself: what a subquery or an alias yields may be of another of its rows. */
const sameTable = (column: Column, table: unknown): boolean => (column as PgColumn & { table: unknown }).table === table
