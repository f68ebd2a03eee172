import type { Bound, LegacyTable, TargetTable } from '../bound.ts'
import { lineageOf } from '../lineage.ts'

/** Plain columns of a table of either shape that touch the same: no row rests on them, nor what one claims of others. */
export interface Group {
  /** Touched where one of them was changed. */
  bit: bigint
  table: LegacyTable | TargetTable
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
  touches: (table: LegacyTable | TargetTable, column: string) => bigint | undefined,
): Group[] {
  const groups = new Map<string, Group>()
  for (const { table, name, type } of columnsOf(bound)) {
    const touched = touches(table, name)
    if (touched === undefined) continue
    const alone = reached(bound, table, name)
    // rows that share a key are told apart by all of their columns
    if (![...alone.keeps.keys(), ...alone.wholly].every(({ keyed }) => keyed)) continue
    const moments = type.startsWith('timestamp')
    const kind = [table.relation, touched, moments, ...[...alone.wholly].map(({ relation }) => relation)].join(' ')
    const group = groups.get(kind) ?? {
      ...alone,
      bit: first << BigInt(groups.size),
      table,
      columns: new Set(),
      moments,
    }
    if (group.bit > last) continue
    group.columns.add(name)
    for (const [each, names] of alone.follows) add(group.follows, each, names)
    for (const [each, names] of alone.keeps) add(group.keeps, each, names)
    groups.set(kind, group)
  }
  return [...groups.values()]
}

function columnsOf({ legacy, target }: Bound): { table: LegacyTable | TargetTable; name: string; type: string }[] {
  return [
    ...legacy.flatMap((table) => table.live.columns.map(({ name, type }) => ({ table, name, type }))),
    ...target.flatMap((table) => table.columns.map((each) => ({ table, name: each.name, type: each.getSQLType() }))),
  ]
}

/** What a change of one column reaches. */
function reached(
  { legacy, target, sources, system }: Bound,
  table: LegacyTable | TargetTable,
  name: string,
): Pick<Group, 'follows' | 'keeps' | 'wholly'> {
  const follows = new Map<TargetTable, Set<string>>()
  const keeps = new Map<LegacyTable, Set<string>>()
  if ('live' in table) {
    add(keeps, table, [name])
    for (const each of target) add(follows, each, fedBy(lineageOf(each.derive, sources), `${table.live.name}.${name}`))
  }
  const changed = 'live' in table ? [...follows] : ([[table, new Set([name])]] as const)
  const columns = changed.flatMap(([{ relation }, names]) => [...names].map((each) => `${relation}.${each}`))
  const restored = legacy.map((one) => ({ one, lineage: lineageOf(one.restore, system.target) }))
  for (const { one, lineage } of restored) for (const each of columns) add(keeps, one, fedBy(lineage, each))
  const wholly = restored.filter(({ lineage }) => columns.some((each) => lineage.rows.has(each)))
  return { follows, keeps, wholly: new Set(wholly.map(({ one }) => one)) }
}

const fedBy = ({ values }: ReturnType<typeof lineageOf>, source: string): string[] =>
  [...values].filter(([, sources]) => sources.has(source)).map(([name]) => name)

function add<Key>(map: Map<Key, Set<string>>, key: Key, names: Iterable<string>): void {
  if ([...names].length) map.set(key, new Set([...(map.get(key) ?? []), ...names]))
}
