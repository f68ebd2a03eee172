import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { Executor } from '../sql.ts'
import type { System } from '../system.ts'
import { rows } from './look.ts'

/** One generated or custom step. */
export interface Step {
  name: string
  text: string
  /** Whether drizzle's bookkeeping holds it. */
  applied: boolean
}

export type Stage = 'expand' | 'contract'

/** The folder of a system's steps of a stage, wherever the process was started. */
export const stepsFolder = (system: System, stage: Stage = 'expand'): string =>
  fileURLToPath(new URL(`../../../drizzle/${system.name}/${stage}`, import.meta.url))

/** The steps in their order, each with whether drizzle's own bookkeeping holds it. */
export async function readSteps(system: System, db: Executor, stage: Stage = 'expand'): Promise<Step[]> {
  const [book] = await rows<{ readable: boolean }>(
    db,
    sql`
      select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as "readable"
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'drizzle'
        and c.relname = '__drizzle_migrations'`,
  )
  // Through jsonb, because older versions of the table have no name; drizzle adds it when it next migrates.
  const held = book?.readable
    ? await rows<{ name: string | null }>(
        db,
        sql`select to_jsonb(m) ->> 'name' as "name" from drizzle.__drizzle_migrations m`,
      )
    : []
  const names = new Set(held.map(({ name }) => name))
  return readMigrationFiles({ migrationsFolder: stepsFolder(system, stage) }).map(({ name, sql }) => ({
    name,
    text: sql.join('\n'),
    // A book that may not be read is a missing right, not a sign that nothing was applied.
    applied: names.has(name) || book?.readable === false,
  }))
}

/** The steps of both stages that are still to be applied, in their order. */
export async function pendingSteps(
  system: System,
  db: Executor,
): Promise<{ stage: Stage; name: string; text: string }[]> {
  const pending = []
  for (const stage of ['expand', 'contract'] as const) {
    if (!existsSync(stepsFolder(system, stage))) continue
    const steps = await readSteps(system, db, stage)
    pending.push(...steps.filter(({ applied }) => !applied).map(({ name, text }) => ({ stage, name, text })))
  }
  return pending
}

/** Names of the steps of all other systems, of both stages. */
export function stepsOfOthers({ name }: System): string[] {
  const folder = fileURLToPath(new URL('../../../drizzle', import.meta.url))
  return readdirSync(folder)
    .filter((other) => other !== name)
    .flatMap((other) => ['expand', 'contract'].map((stage) => `${folder}/${other}/${stage}`))
    .filter((steps) => existsSync(steps))
    .flatMap((steps) => readdirSync(steps))
}

/** Names of the schemas that the steps make, and that nobody else may have made before. */
export const schemasIn = (steps: readonly Step[]): string[] =>
  [
    ...steps
      .map(({ text }) => text)
      .join('\n')
      .matchAll(/^create schema "(\w+)"/gim),
  ].map(([, name = '']) => name)

/** The step that creates a table. drizzle-kit does not write the schema public. */
export function makerOf(steps: readonly Step[], schema: string, table: string): Step | undefined {
  const within = `("${schema}"|${schema})\\.${schema === 'public' ? '|' : ''}`
  const made = new RegExp(`create table (if not exists )?(${within})("${table}"|${table})\\s`, 'i')
  return steps.find(({ text }) => made.test(text))
}
