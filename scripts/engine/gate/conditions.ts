import { sql } from 'drizzle-orm'
import type { Database } from '../../database/connect.ts'
import { sqlstate } from '../lock.ts'
import { rows } from '../preflight/look.ts'
import { messageOf } from '../refused.ts'
import { readShape, tableName } from '../shape.ts'
import type { Executor } from '../sql.ts'
import type { Condition } from './gate.ts'

/** What a condition has found: how many, and the first of them in words. */
export interface Found {
  condition: Condition
  rows: number
  samples: string[]
}

/** Asks each condition whose tables are there; one that cannot be asked, because something it names is not there, is found. */
export async function ask(
  db: Pick<Database, 'execute' | 'transaction'>,
  conditions: readonly Condition[],
): Promise<Found[]> {
  const found: Found[] = []
  for (const condition of conditions) {
    if (!(await areThere(db, condition.of))) continue
    // in a savepoint, where it is asked inside of a transaction
    const answer = await db.transaction((tx) => askOne(tx, condition)).catch(notThere)
    found.push({ condition, ...answer })
  }
  return found
}

async function askOne(tx: Executor, { wrong }: Condition): Promise<Omit<Found, 'condition'>> {
  const [row] = await rows<Omit<Found, 'condition'>>(
    tx,
    sql`
      with wrong(what) as materialized (${wrong})
      select (select count(*)::float8 from wrong) as "rows",
        array(select what::text from wrong order by 1 limit 3) as "samples"`,
  )
  return { rows: row?.rows ?? 0, samples: row?.samples ?? [] }
}

function notThere(error: unknown): Omit<Found, 'condition'> {
  if (!sqlstate(error)?.startsWith('42')) throw error
  return { rows: 1, samples: [messageOf(error)] }
}

/** Whether all of the tables exist. */
export async function areThere(db: Executor, tables: Condition['of'] = []): Promise<boolean> {
  if (tables.length === 0) return true
  const shape = await readShape(db, tables)
  return tables.every((table) => shape.tables.has(tableName(table)))
}

/** What was found, in words, with what to do about it; nothing where nothing was. */
export const words = ({ condition: { remedy }, rows: count, samples }: Found): string[] =>
  count === 0 ? [] : [`${count} found, for example ${samples.join('; ')}`, ...(remedy ? [remedy] : [])]
