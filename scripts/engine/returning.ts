import { type Column, getColumns } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Bound, LegacyTable } from './bound.ts'
import { nullable, references, uniqueKeys } from './constraints.ts'
import { copied } from './lineage.ts'
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

function readReturning({ target, sources, system }: Bound, { key, live, table, restore }: LegacyTable): Set<string> {
  const back = copied(restore, system.target)
  const found = new Set<string>()
  for (const each of target) {
    const there = copied(each.derive, sources)
    const given = [...references(each.table), ...uniqueKeys(each.table)].flatMap(({ columns }) =>
      nullable(columns).map((one) => one.name),
    )
    const ways = [...there].filter(([name, column]) => {
      const home = back.get(column.name)
      return home?.name === name && sameTable(home, each.table) && sameTable(column, table)
    })
    const keys = ways.filter(([name, { name: legacyName }]) => each.key.includes(name) && key.includes(legacyName))
    if (keys.length !== each.key.length || keys.length !== key.length) continue
    for (const [name, column] of ways) {
      const own = Object.values(getColumns(each.table)).find((one) => one.name === name)
      const type = live.columns.find((one) => one.name === column.name)?.type
      if (own && !given.includes(name) && type === declaredType(own as PgColumn)) found.add(column.name)
    }
  }
  return found
}

/** Whether it is a column of the table itself: what a subquery or an alias yields may be of another of its rows. */
const sameTable = (column: Column, table: unknown): boolean => (column as PgColumn & { table: unknown }).table === table
