import { type Column, getColumns, mapColumnsInSQLToAlias, sql } from 'drizzle-orm'
import { PgDialect, type PgTable } from 'drizzle-orm/pg-core'
import type { Bound, TargetTable } from './bound.ts'
import { checksOf, type DeclaredCheck, firstOf } from './constraints.ts'
import { relationNames } from './contract/text.ts'
import { configOf } from './declared.ts'
import { sourceOf } from './lineage.ts'
import { named, rows } from './preflight/look.ts'
import { fields } from './rows.ts'
import { tableName, tableSql } from './shape.ts'
import { type Executor, list } from './sql.ts'

/*
 * A check that the server enforces need not be asked of the same values again: where it is a regular expression, that takes
 * longer than to compare whole rows. Whether a live check is the declared one is asked of the server as well: both are put
 * to the planner as columns of one query, and are the same where it makes the same expression of them.
 */

/** A check that every row of a live table has passed. */
interface LiveCheck {
  /** `schema.table`. */
  table: string
  columns: string[]
  expression: string
}

/** The names of the declared checks of a target table that the server enforces on every row in it. */
export async function enforcedOn(db: Executor, target: TargetTable): Promise<ReadonlySet<string>> {
  const declared = checksOf(target.table)
  if (declared.length === 0) return new Set()
  const live = await liveChecks(db, [target.table])
  const isSame = await compared(db, target, declared, live)
  return new Set(declared.filter((_, i) => live.some((_, j) => isSame(i, j))).map(({ name }) => name))
}

/** By target table, the names of checks that are known to be passed. */
export type Passed = ReadonlyMap<TargetTable, ReadonlySet<string>>

/**
 * The names of the declared checks that what is derived has passed in the legacy: those on one column, which comes as it is
 * from legacy columns of that name and type, each of them with the same check.
 */
export async function passedInLegacy(db: Executor, bound: Bound): Promise<Passed> {
  const all = await liveChecks(
    db,
    bound.legacy.map(({ table }) => table),
  )
  const passed = new Map<TargetTable, ReadonlySet<string>>()
  for (const target of bound.target) {
    const origins = originsOf(bound, target)
    const of = (column: { name: string } | undefined) => origins.get(column?.name ?? '') ?? []
    const declared = checksOf(target.table).filter(({ columns: [one] }) => of(one).length > 0)
    const live = all.filter(({ table, columns: [name = '', ...more] }) => !more.length && of({ name }).includes(table))
    const isSame = await compared(db, target, declared, live)
    const has = (table: string, i: number) => live.some((each, j) => each.table === table && isSame(i, j))
    const found = declared.filter(({ columns: [one] }, i) => of(one).every((table) => has(table, i)))
    passed.set(target, new Set(found.map(({ name }) => name)))
  }
  return passed
}

/** The legacy tables, as `schema.table`, from whose columns of the same name and type a target's column comes as it is. */
function originsOf({ legacy, sources }: Bound, { derive }: TargetTable): Map<string, string[]> {
  const selection = fields(derive, sources)
  const tablesOf = (source: Column) =>
    legacy.filter(({ table }) => sourceOf(source) === `${configOf(table).name}.${source.name}`)
  return new Map(
    Object.entries(getColumns(derive.table)).map(([property, own]) => {
      const found = firstOf(selection[property])
      const isAsItIs = (source: Column) =>
        source.name === own.name && source.getSQLType() === own.getSQLType() && tablesOf(source).length === 1
      return [own.name, found.every(isAsItIs) ? found.flatMap(tablesOf).map(({ table }) => tableName(table)) : []]
    }),
  )
}

/** The checks that every row of some tables has passed, but for those that ask functions which anyone may change. */
const liveChecks = (db: Executor, tables: readonly PgTable[]): Promise<LiveCheck[]> =>
  rows<LiveCheck>(
    db,
    sql`
    select ${named} as "table", array(
        select attname::text from pg_attribute where attrelid = c.oid and attnum = any (k.conkey)) as "columns",
      pg_get_expr(k.conbin, c.oid) as "expression"
    from pg_constraint as k
    join pg_class as c on c.oid = k.conrelid
    join pg_namespace as n on n.oid = c.relnamespace
    where k.contype = 'c'
      and k.convalidated
      and not k.connoinherit
      and to_jsonb(k) ->> 'conenforced' is distinct from 'false'
      and not exists (
        select
        from pg_depend
        where classid = 'pg_constraint'::regclass
          and objid = k.oid
          and refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass))
      and k.conrelid = any (${relationNames(tables)}::regclass[])`,
  )

/** Whether a declared and a live check, by their places, are one and the same on a table. */
async function compared(
  db: Executor,
  { table }: TargetTable,
  declared: readonly DeclaredCheck[],
  live: readonly LiveCheck[],
): Promise<(declared: number, live: number) => boolean> {
  if (declared.length === 0 || live.length === 0) return () => false
  const expressions = [
    ...declared.map(({ value }) => mapColumnsInSQLToAlias(value, 't')),
    ...live.map(({ expression }) => sql.raw(expression)),
  ]
  const [row] = await rows<{ 'QUERY PLAN': [{ Plan: { Output: string[] } }] }>(
    db,
    sql`explain (verbose, costs off, format json)
      select ${list(expressions.map((each) => sql`(${each})`))} from ${tableSql(table)} as t`,
  )
  const planned = row?.['QUERY PLAN'][0].Plan.Output ?? []
  if (planned.length !== expressions.length) return () => false
  const written = [
    ...declared.map(({ value }) => dialect.sqlToQuery(value).sql),
    ...live.map((each) => each.expression),
  ]
  const same = written.map((text, i) => (collation.test(text) ? undefined : planned[i]))
  return (i, j) => same[i] !== undefined && same[i] === same[declared.length + j]
}

const dialect = new PgDialect()

/** The planner heeds a collation that is named, but does not show it. */
const collation = /\bcollate\b/i
