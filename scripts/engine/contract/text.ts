import { randomBytes } from 'node:crypto'
import { is, type SQL, sql } from 'drizzle-orm'
import { getViewConfig, PgDialect, PgTable, type PgView } from 'drizzle-orm/pg-core'
import { sluice } from '../../../schema/ledger.ts'
import { pinned } from '../../database/connect.ts'
import { tableSql } from '../shape.ts'
import { list } from '../sql.ts'
import type { System } from '../system.ts'

/** A statement as text, its values written into it. */
export const textOf = (query: SQL): string => new PgDialect().sqlToQuery(query.inlineParams()).sql

/** What each function that a verified migration has in the ledger's schema is called. */
export type FunctionName =
  | 'differences'
  | 'dependents'
  | 'definitions'
  | 'settle'
  | 'forward'
  | 'read_only'
  | 'detached'
  | `watch_${string}`

/** The qualified name of one of the system's functions. */
export const functionOf = ({ name }: System, what: FunctionName): SQL =>
  sql`${sql.identifier(sluice.schemaName)}.${sql.identifier(`${name}_${what}`)}`

/** Settings of a session that must not be changed inside of a function, or that mean nothing there. */
const sessionOnly = new Set(['client_encoding', 'plan_cache_mode', 'search_path'])

/**
 * The statement that makes a function of one query. Its settings are pinned: whoever calls it, and from whatever
 * session, gets the text forms that Sluice's own sessions get. Nobody but its owner may call it; that takes a second
 * statement, `onlyForOwner`.
 */
export function makeFunction(name: SQL, returns: SQL, query: SQL): SQL {
  const settings = Object.entries({ ...pinned, work_mem: '128MB', enable_nestloop: 'off' })
    .filter(([setting]) => !sessionOnly.has(setting))
    .map(([setting, value]) => sql.raw(`set ${setting} to '${value}'`))
  return sql`
    create or replace function ${name}()
    returns table (${returns})
    language sql
    set search_path to pg_catalog, pg_temp
    ${sql.join(settings, sql` `)}
    as ${sql.raw(quoted(textOf(query)))}`
}

/**
 * Functions that this transaction makes are not parsed until they are called: what is generated needs no check of its
 * syntax, which takes longer than all the rest of making one.
 */
export const withoutCheck = sql`select set_config('check_function_bodies', 'off', true)`

export const onlyForOwner = (name: SQL): SQL => sql`revoke all on function ${name}() from public`

/** Dollar quotes that cannot occur in the text. */
function quoted(text: string): string {
  const tag = `$sluice_${randomBytes(6).toString('hex')}$`
  return text.includes(tag) ? quoted(text) : `${tag}${text}${tag}`
}

/** The view as it is written in a query. */
export const viewSql = (view: PgView): SQL => {
  const { schema, name } = getViewConfig(view)
  return sql`${sql.identifier(schema ?? 'public')}.${sql.identifier(name)}`
}

/** Quoted names of relations, as an array of text; `to_regclass` finds those that are there. */
export const relationNames = (relations: readonly (PgTable | PgView)[]): SQL =>
  sql`array[${list(relations.map((each) => sql`${textOf(relationSql(each))}::text`))}]::text[]`

const relationSql = (relation: PgTable | PgView): SQL =>
  is(relation, PgTable) ? tableSql(relation) : viewSql(relation)

/** The legacy tables and the views over them: all that a contract drops. */
export const legacyRelations = ({ legacy, views = [] }: System): (PgTable | PgView)[] => [
  ...Object.values(legacy),
  ...views,
]
