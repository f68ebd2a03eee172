import type { Sql } from 'postgres'
import { steps } from './plan/steps.ts'

/** Rows and sum of row hashes of each target table. */
export type Digest = Record<string, { rows: string; hash: string }>

const digestOf = (table: string, columns: readonly string[], from: string) => `
  select '${table}' as "table", count(*)::text as rows,
    coalesce(sum(hashtextextended(row(${columns.map((name) => `t.${name}`).join(', ')})::text, 0)), 0)::text as hash
  from ${from} as t`

const read = async (sql: Sql, queries: string[]): Promise<Digest> => {
  const rows = await sql.unsafe<{ table: string; rows: string; hash: string }[]>(queries.join(' union all '))
  return Object.fromEntries(rows.map(({ table, rows, hash }) => [table, { rows, hash }]))
}

/** What the target should hold, computed from the legacy alone. */
export const derivedDigest = (sql: Sql): Promise<Digest> =>
  read(
    sql,
    steps
      .filter(({ repeats }) => !repeats)
      .map(({ table, columns, select }) => digestOf(table, columns, `(${select})`)),
  )

/** What the target holds. */
export const targetDigest = (sql: Sql): Promise<Digest> =>
  read(
    sql,
    steps.filter(({ repeats }) => !repeats).map(({ table, columns }) => digestOf(table, columns, `atp.${table}`)),
  )

/** Throws, naming the tables, where what a contender has made is not what it should be: its time does not count. */
export function requireSame(name: string, expected: Digest, found: Digest): void {
  const different = Object.keys(expected).filter(
    (table) => expected[table]?.rows !== found[table]?.rows || expected[table]?.hash !== found[table]?.hash,
  )
  if (different.length === 0) return
  const values = different.map(
    (table) =>
      `${table}: ${found[table]?.rows} rows, hash ${found[table]?.hash}; expected ${expected[table]?.rows}, ${expected[table]?.hash}`,
  )
  throw new Error(`${name} made something else: ${values.join('; ')}`)
}
