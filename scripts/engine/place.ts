import { sql } from 'drizzle-orm'
import { PgSchema, type PgTable } from 'drizzle-orm/pg-core'
import type { Database } from '../database/connect.ts'
import type { Context } from './context.ts'
import { configOf } from './declared.ts'
import { lockTables } from './locks.ts'
import type { Phase } from './phase.ts'
import { tableSql } from './shape.ts'
import type { System } from './system.ts'

/** The table of the same name in another schema, for what concerns the table as a whole. */
const placedIn = (table: PgTable, schema: string): PgTable =>
  new PgSchema(schema, undefined).table(configOf(table).name, {})

/** Where the target's tables are at a phase: a contract may have moved them to the place of the legacy ones. */
export const placed = ({ target, settlesIn }: System, phase: Phase): PgTable[] =>
  Object.values(target).map((table) =>
    phase === 'contracted' && settlesIn !== undefined ? placedIn(table, settlesIn) : table,
  )

/**
 * Moves the target's tables from where a contract has put them to where they were before it, so that the legacy tables
 * can have their names again. Nobody else reads or writes them until the transaction ends.
 * @throws Failure where others hold their locks for too long
 */
export async function unsettle(context: Context, tx: Database): Promise<void> {
  const { system } = context
  if (system.settlesIn === undefined) return
  const settled = placed(system, 'contracted')
  await lockTables(context, tx, settled, 'access exclusive')
  for (const [i, table] of Object.values(system.target).entries()) {
    const schema = sql.identifier(configOf(table).schema ?? 'public')
    await tx.execute(sql`create schema if not exists ${schema}`)
    await tx.execute(sql`alter table ${tableSql(settled[i] ?? table)} set schema ${schema}`)
  }
}
