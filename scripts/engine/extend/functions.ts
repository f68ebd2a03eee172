import { is, SQL, sql } from 'drizzle-orm'
import { pinned } from '../../database/connect.ts'
import { functionOf } from '../contract/text.ts'
import { tableSql } from '../shape.ts'
import { column, list, textDiffers } from '../sql.ts'
import { quoted } from '../sync/plpgsql.ts'
import { variable } from '../sync/variables.ts'
import type { BoundExtension, Joined } from './bind.ts'
import { forget, keep } from './keep.ts'
import { keyTextOf, rowsWhere } from './rows.ts'

/** How the functions treat rows that the backfill has not come to. */
export interface Mode {
  /** Whether there may be such rows: a write to one carries it first. */
  carrying: boolean
  /** Whether the old columns may have been written while nothing kept both in step. */
  stale: boolean
}

/** Set within a transaction while the backfill writes, so that the triggers stay quiet. */
export const quiet = sql.raw(`current_setting('sluice.extending', true) is distinct from 'on'`)

export const given = variable('given')

export const or = (conditions: readonly SQL[]): SQL =>
  conditions.length ? sql.join([...conditions], sql` or `) : sql`false`
export const lines = (statements: readonly SQL[]): SQL => sql.join([...statements], sql`\n`)
export const field = (record: SQL, name: string): SQL => sql`${record}.${sql.identifier(name)}`
/** A function of a trigger. It has its owner's rights: who may write the table need not read what derive joins, nor the ledger. */
export function triggerFunction(bound: BoundExtension, what: string, schemas: readonly string[], body: SQL): SQL {
  const settings = Object.entries(pinned)
    .filter(([setting]) => !['client_encoding', 'search_path', 'plan_cache_mode'].includes(setting))
    .map(([setting, value]) => sql.raw(`set ${setting} to '${value}'`))
  const path = list([sql`pg_catalog`, ...schemas.map((name) => sql`${sql.identifier(name)}`), sql`pg_temp`])
  return sql`create or replace function ${functionOf(bound.system, `watch_${what}`)}() returns trigger language plpgsql
    security definer set search_path to ${path} ${sql.join(settings, sql` `)} as ${quoted(body)}`
}

/** The names of the functions of an extension, without the system's. */
export const functionNames = {
  write: ({ relation }: BoundExtension) => `write_${relation}`,
  kept: ({ relation }: BoundExtension) => `kept_${relation}`,
  joined: ({ relation }: BoundExtension, joined: Joined) => `${joined.relation}_of_${relation}`,
}

/** Whether the statement gives one of the new columns; what is its default in the end may have come by itself. */
export const givesNew = ({ added }: BoundExtension): SQL =>
  or(
    added.map(({ name, finished }) => {
      const preset = presetOf(finished.default)
      const there = sql`${field(given, name)} is not null`
      return preset ? sql`(${there} and ${field(given, name)} is distinct from ${preset})` : there
    }),
  )

export const presetOf = (value: unknown): SQL | undefined =>
  value === undefined ? undefined : is(value, SQL) ? value : sql`${value}`

/**
 * After a statement: keeps what the queries do not give back of the rows that it has written. They are read from the table,
 * for triggers of others may have changed them since.
 */
export function keptFunction(bound: BoundExtension, schemas: readonly string[]): SQL {
  const [all, own] = forget(bound) as [SQL, SQL]
  const written = (rows: string) => sql`select ${keyTextOf(bound, 'w')} as key from ${sql.identifier(rows)} as w`
  const there = rowsWhere(
    bound,
    sql`(${list(bound.key.map(({ name }) => column('v', name)))}) in (select ${list(bound.key.map(({ name }) => column('w', name)))} from sluice_new as w)`,
  )
  const gone = forget(bound, written('sluice_old'))
  const renamed = forget(bound, sql`${written('sluice_old')} except ${written('sluice_new')}`)
  return triggerFunction(
    bound,
    functionNames.kept(bound),
    schemas,
    sql`
#variable_conflict use_column
begin
  if tg_op = 'TRUNCATE' then
    ${all};
    ${own};
  elsif tg_op = 'DELETE' then
    ${lines(gone.map((each) => sql`${each};`))}
  elsif tg_op = 'INSERT' then
    ${keep(bound, there)};
  else
    ${lines(renamed.map((each) => sql`${each};`))}
    ${keep(bound, there)};
  end if;
  return null;
end`,
  )
}

/** Refuses writes to the new columns while nothing would bring them to the old ones, and the other way round. */
export function readOnlyFunction(bound: BoundExtension, schemas: readonly string[]): SQL {
  const changed = bound.added.map(({ name, type }) => textDiffers(field(sql`new`, name), field(sql`old`, name), type))
  return triggerFunction(
    bound,
    `read_only_${bound.relation}`,
    schemas,
    sql`
declare
  ${given} ${tableSql(bound.table)} := new;
begin
  if tg_op = 'INSERT' and not (${givesNew(bound)}) or tg_op = 'UPDATE' and not (${or(changed)}) then
    return new;
  end if;
  raise exception 'the new columns of % are not kept in step with the old ones: what is written to them now would be lost', tg_relid::regclass
    using errcode = 'read_only_sql_transaction', hint = 'npm run sync';
end`,
  )
}
