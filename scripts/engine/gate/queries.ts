import { sql } from 'drizzle-orm'
import type { Database } from '../../database/connect.ts'
import { textOf } from '../contract/text.ts'
import { sqlstate } from '../lock.ts'
import { rows } from '../preflight/look.ts'
import { messageOf } from '../refused.ts'
import { type Asked, type Checked, checked } from './gate.ts'

interface Node {
  'Index Name'?: string
  Plans?: Node[]
}

/**
 * Whether every query can be planned, and by its index. Only planned, never run; sequential scans are made dear, so that
 * the answer is the same for an empty table and a full one.
 */
export const planQueries = (db: Database, queries: readonly Asked[]): Promise<Checked[]> =>
  db.transaction(
    async (tx) => {
      await tx.execute(sql`select set_config('enable_seqscan', 'off', true)`)
      const checks: Checked[] = []
      for (const asked of queries) checks.push(await plan(tx as unknown as Database, asked))
      return checks
    },
    { accessMode: 'read only' },
  )

async function plan(tx: Database, { what, query, index }: Asked): Promise<Checked> {
  const wanted = [index ?? []].flat()
  const line = wanted.length ? `${what}: planned by ${wanted.join(' or ')}` : `${what}: planned`
  try {
    const [row] = await tx.transaction((inner) =>
      rows<{ 'QUERY PLAN': { Plan: Node }[] }>(
        inner,
        sql.raw(`explain (format json) ${textOf(sql`${query}`).replace(/^\s*\(([\s\S]*)\)\s*$/, '$1')}`),
      ),
    )
    const used = row?.['QUERY PLAN'].flatMap(({ Plan }) => indexesOf(Plan)) ?? []
    const right = wanted.length === 0 || wanted.some((name) => used.includes(name))
    return checked('query', line, right ? [] : [used.length ? `planned by ${used.join(', ')}` : 'planned by no index'])
  } catch (error) {
    // a column or table that is not there, an operator that does not exist
    if (!sqlstate(error)?.startsWith('42')) throw error
    return checked('query', line, [messageOf(error)])
  }
}

const indexesOf = ({ 'Index Name': name, Plans = [] }: Node): string[] => [
  ...(name === undefined ? [] : [name]),
  ...Plans.flatMap(indexesOf),
]
