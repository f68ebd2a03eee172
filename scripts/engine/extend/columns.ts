import { getColumns } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Step } from '../preflight/steps.ts'
import type { Occupied } from '../preflight/targets.ts'
import { readShape, tableName } from '../shape.ts'
import type { Executor } from '../sql.ts'
import type { System } from '../system.ts'
import { declaredType } from '../types.ts'

/** The declared columns of a table that its legacy shape does not have. */
const addedTo = (system: System, name: string) => {
  const old = new Set(Object.values(getColumns(system.legacy[name] as PgTable)).map((each) => each.name))
  return Object.values(getColumns(system.target[name] as PgTable)).filter((each) => !old.has(each.name))
}

const tablesOf = ({ extended, target }: System) => (extended?.tables ?? []).map(({ name }) => target[name] as PgTable)

/** Whether every new column is there. */
export async function hasAddedColumns(db: Executor, system: System): Promise<boolean> {
  if (!system.extended) return true
  const shape = await readShape(db, tablesOf(system))
  return system.extended.tables.every(({ name }) => {
    const live = shape.tables.get(tableName(system.target[name] as PgTable))
    return addedTo(system, name).every((each) => live?.columns.some((column) => column.name === each.name))
  })
}

/** Tables that have some of the new columns already, though the step that adds them is still to be applied. */
export async function occupiedColumns(system: System, db: Executor, steps: readonly Step[]): Promise<Occupied[]> {
  const shape = await readShape(db, [...tablesOf(system), ...Object.values(system.legacy)])
  return (system.extended?.tables ?? []).flatMap(({ name }): Occupied[] => {
    const table = tableName(system.target[name] as PgTable)
    const live = shape.tables.get(table)
    const there = addedTo(system, name).filter(
      (each) =>
        live?.columns.some((column) => column.name === each.name) &&
        steps.some(({ applied, text }) => !applied && /add column/i.test(text) && text.includes(`"${each.name}"`)),
    )
    const differences = there.flatMap((each) => {
      const type = live?.columns.find((column) => column.name === each.name)?.type
      return type === declaredType(each) ? [] : [`${each.name} is ${type} instead of ${declaredType(each)}`]
    })
    return there.length ? [{ table, differences, columns: there.map((each) => each.name) }] : []
  })
}
