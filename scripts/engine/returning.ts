import type { Bound, LegacyTable, TargetTable } from './bound.ts'
import { nullable, references, uniqueKeys } from './constraints.ts'
import { copied, sameTable } from './lineage.ts'
import { declaredType } from './types.ts'

/**
 * The columns of a legacy table that restore gives back wherever it yields the row: those that are copied, row by row, to
 * a column of the same type that no relation to another row can cost the row, and from there again.
 */
export function returning(bound: Bound, legacy: LegacyTable): Set<string> {
  const found = known.get(legacy) ?? readReturning(bound, legacy)
  known.set(legacy, found)
  return found
}

/** What was read before: every batch asks for it. */
const known = new WeakMap<LegacyTable, Set<string>>()

function readReturning(bound: Bound, legacy: LegacyTable): Set<string> {
  const found = new Set<string>()
  for (const target of bound.target) {
    const given = [...references(target.table), ...uniqueKeys(target.table)].flatMap(({ columns }) =>
      nullable(columns).map((one) => one.name),
    )
    for (const [name, own] of thereAndBack(bound, legacy, target)) if (!given.includes(own)) found.add(name)
  }
  return found
}

/**
 * The columns of a legacy table that are copied to the row of a target table with the same key, as they are, and from
 * there again: by the name of each the target's column. None where the keys are not among them.
 */
export function thereAndBack(
  { sources, system }: Bound,
  { key, live, table, restore }: LegacyTable,
  target: TargetTable,
): Map<string, string> {
  const back = copied(restore, system.target)
  const ways = [...copied(target.derive, sources)].filter(([name, column]) => {
    const home = back.get(column.name)
    return home?.name === name && sameTable(home, target.table) && sameTable(column, table)
  })
  const owns = new Map(ways.map(([name, column]) => [column.name, name]))
  if (key.length !== target.key.length || key.some((name, i) => owns.get(name) !== target.key[i])) return new Map()
  const sameType = ([name, own]: [string, string]) => {
    const column = target.columns.find((one) => one.name === own)
    return column && live.columns.find((one) => one.name === name)?.type === declaredType(column)
  }
  return new Map([...owns].filter(sameType))
}
