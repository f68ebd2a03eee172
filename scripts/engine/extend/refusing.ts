import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { references } from '../constraints.ts'
import { configOf } from '../declared.ts'
import { rows } from '../preflight/look.ts'
import { tableName, tableSql } from '../shape.ts'
import { all, column, type Executor, keyText, list } from '../sql.ts'
import type { System } from '../system.ts'
import type { BoundExtension } from './bind.ts'
import { keyTextOf } from './rows.ts'

/** Rows that something of the last stage would refuse. */
export interface Refusing {
  table: string
  /** What refuses them. */
  name: string
  what: string
  rows: number
  /** Some of them, in words. */
  samples: string[]
}

/** What the finished table demands and its rows do not have: values, referenced rows, and each value once. */
export async function refusing(db: Executor, system: System, bound: BoundExtension): Promise<Refusing[]> {
  const finished = system.extended?.checklist.tables.find((each) => tableName(each) === tableName(bound.table))
  if (!finished) return []
  const added = new Set(bound.added.map(({ name }) => name))
  const found: Refusing[] = []
  for (const [name, what, query] of [
    ...missing(bound),
    ...orphans(bound, finished, added),
    ...duplicates(bound, finished),
  ]) {
    const [row] = await rows<{ rows: number; samples: string[] }>(
      db,
      sql`
        with wrong(what) as materialized (${query})
        select (select count(*)::float8 from wrong) as "rows",
          array(select what from wrong order by what limit 3) as "samples"`,
    )
    if (row?.rows) found.push({ table: tableName(bound.table), name, what, ...row })
  }
  return found
}

type Question = [name: string, what: string, query: SQL]

const missing = (bound: BoundExtension): Question[] =>
  bound.added
    .filter(({ finished }) => finished.notNull)
    .map(({ name }) => [
      name,
      'rows without a value that every row must have',
      sql`select ${keyTextOf(bound, 'v')} from ${tableSql(bound.table)} as v where ${column('v', name)} is null`,
    ])

const orphans = (bound: BoundExtension, finished: PgTable, added: ReadonlySet<string>): Question[] =>
  references(finished)
    .filter(({ columns }) => columns.some(({ name }) => added.has(name)))
    .map(({ name, columns, parent, parentColumns }) => [
      name,
      'rows that refer to nothing',
      sql`
        select ${keyTextOf(bound, 'v')} || ': ' || ${keyText(columns.map((each) => column('v', each.name)))}
        from ${tableSql(bound.table)} as v
        where ${all(columns.map((each) => sql`${column('v', each.name)} is not null`))}
          and not exists (
            select
            from ${tableSql(parent)} as p
            where ${all(columns.map((each, i) => sql`${column('p', parentColumns[i]?.name ?? '')} = ${column('v', each.name)}`))})`,
    ])

const duplicates = (bound: BoundExtension, finished: PgTable): Question[] =>
  configOf(finished)
    .indexes.filter(({ config }) => config.unique)
    .map(({ config }) => {
      const columns = (config.columns as unknown as PgColumn[]).map(({ name }) => column('v', name))
      return [
        config.name ?? '',
        'values that several rows share',
        sql`
        select string_agg(${keyTextOf(bound, 'v')}, ', ' order by ${keyTextOf(bound, 'v')}) || ': ' || ${keyText(columns)}
        from ${tableSql(bound.table)} as v
        where ${all(columns.map((each) => sql`${each} is not null`))}
          ${config.where ? sql`and (${config.where})` : sql``}
        group by ${list(columns)}
        having count(*) > 1`,
      ]
    })
