import { sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { configOf } from '../declared.ts'
import { madeTables } from '../extend/back.ts'
import { occupiedColumns } from '../extend/columns.ts'
import type { Finding } from '../results.ts'
import { type LiveTable, readShape, tableName } from '../shape.ts'
import type { Executor } from '../sql.ts'
import type { System } from '../system.ts'
import { declaredType } from '../types.ts'
import { type Group, rows, textArray } from './look.ts'
import { makerOf, readSteps, type Step, schemasIn } from './steps.ts'

/** A table of a target's name that Sluice did not make. */
export interface Occupied {
  table: string
  /** How it differs from the declaration, in words; empty where its columns are the same. */
  differences: string[]
  /** Of a table that is extended in place: which of the new columns it has. */
  columns?: string[]
}

/** How the columns of a live table differ from the declared ones. */
export function shapeDifferences(table: PgTable, live: LiveTable): string[] {
  const declared = configOf(table).columns
  const known = new Set(declared.map(({ name }) => name))
  return [
    ...declared.flatMap((column) => {
      const found = live.columns.find(({ name }) => name === column.name)
      const type = declaredType(column)
      if (!found) return [`${column.name} is missing`]
      if (found.type !== type) return [`${column.name} is ${found.type} instead of ${type}`]
      if (found.notNull !== column.notNull) return [`${column.name} ${found.notNull ? 'is not null' : 'may be null'}`]
      return []
    }),
    ...live.columns.filter(({ name }) => !known.has(name)).map(({ name }) => `${name} is not declared`),
  ]
}

/** Tables that a step still to be applied would create, but that exist already. */
export async function occupiedTargets(system: System, db: Executor, steps: readonly Step[]): Promise<Occupied[]> {
  const tables = madeTables(system)
  const shape = await readShape(db, tables)
  const made = tables.flatMap((table) => {
    const live = shape.tables.get(tableName(table))
    if (!live || makerOf(steps, live.schema, live.name)?.applied !== false) return []
    return [{ table: tableName(table), differences: shapeDifferences(table, live) }]
  })
  return [...made, ...(await occupiedColumns(system, db, steps))]
}

/** Schemas that a step still to be applied would create, but that exist already. */
export async function occupiedSchemas(db: Executor, steps: readonly Step[]): Promise<string[]> {
  const made = schemasIn(steps.filter(({ applied }) => !applied))
  const found = await rows<{ name: string }>(
    db,
    sql`select nspname::text as "name" from pg_namespace where nspname = any (${textArray(made)}) order by 1`,
  )
  return found.map(({ name }) => name)
}

export const targets: Group = async ({ system, db }) => {
  const steps = await readSteps(system, db)
  const schemas = (await occupiedSchemas(db, steps)).map(
    (name): Finding => ({
      code: 'schema-exists',
      table: name,
      message: `The schema ${name} exists already, and was not made by Sluice. Rename it or drop it before expanding.`,
    }),
  )
  const occupied = await occupiedTargets(system, db, steps)
  const tables = occupied.map(({ table, differences, columns }): Finding => {
    if (columns) {
      const otherwise = differences.length ? ` But ${differences.join('; ')}.` : ''
      const samples = columns.slice(0, 3)
      const message = `${table} has some of the new columns already (${columns.join(', ')}), and Sluice did not add them: npm run migrate -- --stamp takes them over, where they are as declared.${otherwise}`
      return { code: 'target-exists', table, samples, message }
    }
    const shape = differences.length ? `another shape (${differences.join('; ')})` : 'the same columns'
    return {
      code: 'target-exists',
      table,
      samples: differences.slice(0, 3),
      message: `${table} exists already, with ${shape}, and was not made by Sluice. Rename it or drop it before expanding.`,
    }
  })
  return [...schemas, ...tables]
}
