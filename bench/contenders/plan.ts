import type { Sql } from 'postgres'
import { steps } from '../plan/steps.ts'
import { createTables } from '../plan/tables.ts'
import { byHand } from './by-hand.ts'

async function expandAndCopy(sql: Sql, mark: (phase: string) => void): Promise<undefined> {
  await createTables(sql)
  mark('expand')
  for (const { table, columns, select } of steps) {
    await sql.unsafe(`insert into atp.${table} (${columns.join(', ')}) ${select}`)
  }
  mark('copy')
}

/** The plan's SQL as written: each statement commits by itself. */
export const plan = byHand({
  name: 'plan',
  label: "the plan's SQL",
  work: expandAndCopy,
})

/** The same, all or nothing. */
export const planInOneTransaction = byHand({
  name: 'plan-one-transaction',
  label: "the plan's SQL, one transaction",
  work: async (sql, mark) => {
    await sql`begin`
    await expandAndCopy(sql, mark)
    await sql`commit`
    mark('copy')
    return undefined
  },
})
