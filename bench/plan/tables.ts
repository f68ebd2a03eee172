import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Sql } from 'postgres'

const file = path.resolve(import.meta.dirname, '../../test/schema/plan.sql')

/** The plan's tables, constraints and indexes to the letter, in an order that runs; the legacy has the enums already. */
export async function createTables(sql: Sql): Promise<void> {
  const text = readFileSync(file, 'utf8')
  await sql.unsafe(text.slice(text.indexOf('CREATE TABLE')))
}

/** The tables in the order in which they can be filled. */
export const tables = ['media_metadata', 'downloads', 'files', 'media_metrics'] as const
