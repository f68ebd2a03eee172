import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { sluice } from '../../../schema/ledger.ts'
import { functionOf } from '../contract/text.ts'
import { configOf } from '../declared.ts'
import { rows, textArray } from '../preflight/look.ts'
import { tableName, tableSql } from '../shape.ts'
import type { Executor } from '../sql.ts'
import type { Sync } from '../step.ts'
import type { System } from '../system.ts'
import type { BoundExtension, Joined } from './bind.ts'
import { functionNames, quiet } from './functions.ts'

/** A table may be extended once more by another system, while the triggers of the first go on. */
const named = ({ system }: BoundExtension, name: string): SQL => sql`${sql.identifier(`${name}_${system.name}`)}`

/**
 * What a row is before it is written is decided last: after the table's own triggers have had their say. Triggers of one
 * kind fire in the order of their names.
 */
const writeTrigger = '~sluice_extend_write'

const calls = ({ system }: BoundExtension, name: string): SQL =>
  sql`execute function ${functionOf(system, `watch_${name}`)}()`

/** The triggers that tell of the rows that a statement has written. */
const afterwards = (
  bound: BoundExtension,
  table: PgTable,
  events: readonly ('insert' | 'update' | 'delete' | 'truncate')[],
  name: string,
  suffix: string,
): SQL[] => {
  const transition = {
    insert: sql.raw('referencing new table as sluice_new'),
    update: sql.raw('referencing old table as sluice_old new table as sluice_new'),
    delete: sql.raw('referencing old table as sluice_old'),
    truncate: sql``,
  }
  return events.map(
    (event) => sql`
    create trigger ${named(bound, `sluice_extend_${event}${suffix}`)}
    after ${sql.raw(event)} on ${tableSql(table)}
    ${transition[event]}
    for each statement
    when (${quiet})
    ${calls(bound, name)}`,
  )
}

/** The triggers of the table itself. */
export const triggersOf = (bound: BoundExtension): SQL[] => [
  sql`
    create trigger ${named(bound, writeTrigger)}
    before insert or update on ${tableSql(bound.table)}
    for each row
    when (${quiet})
    ${calls(bound, functionNames.write(bound))}`,
  ...afterwards(bound, bound.table, ['insert', 'update', 'delete', 'truncate'], functionNames.kept(bound), ''),
]

/** The triggers of a table that derive joins. */
export const triggersOfJoined = (bound: BoundExtension, joined: Joined): SQL[] =>
  afterwards(
    bound,
    joined.table,
    ['insert', 'update', 'delete'],
    functionNames.joined(bound, joined),
    `_of_${bound.relation}`,
  )

/** The trigger that refuses writes to the new columns. */
export const readOnlyTrigger = (bound: BoundExtension): SQL => sql`
    create trigger ${named(bound, '~sluice_read_only')}
    before insert or update on ${tableSql(bound.table)}
    for each row
    when (${quiet})
    ${sql`execute function ${functionOf(bound.system, `watch_read_only_${bound.relation}`)}()`}`

/** Tables that have triggers of an extension: those that are extended, and those that are joined. */
export const watchedTables = ({ legacy, extended }: System): PgTable[] => {
  const names = new Set((extended?.tables ?? []).flatMap((each) => [each.name, ...joinedNames(each.derive, legacy)]))
  return [...names].map((name) => legacy[name] as PgTable)
}

/** The names of the tables that a query of an extension asks for. */
function joinedNames(derive: { query: (sources: System['legacy'], keys: never) => unknown }, legacy: System['legacy']) {
  const asked = new Set<string>()
  derive.query(
    new Proxy(legacy, {
      get(all, name: string) {
        asked.add(name)
        return all[name]
      },
    }),
    undefined as never,
  )
  return asked
}

/** The triggers of ours on some tables: whether each keeps in step, and how it is dropped. */
export const ownTriggers = (db: Executor, system: System, tables: readonly PgTable[]) =>
  rows<{ table: string; syncs: boolean; drop: string }>(
    db,
    sql`
      select n.nspname || '.' || c.relname as "table",
        t.tgname ~ '^~?sluice_extend_' and t.tgenabled in ('O', 'A') as "syncs",
        format('drop trigger %I on %I.%I', t.tgname, n.nspname, c.relname) as "drop"
      from pg_trigger as t
      join pg_class as c on c.oid = t.tgrelid
      join pg_namespace as n on n.oid = c.relnamespace
      join pg_proc as p on p.oid = t.tgfoid
      where not t.tgisinternal
        and n.nspname || '.' || c.relname = any (${textArray(tables.map(tableName))})
        and p.pronamespace = to_regnamespace(${sluice.schemaName})
        and starts_with(p.proname, ${`${system.name}_watch_`})`,
  )

/** Asks the catalogs, no flag: a trigger that is disabled is none. */
export async function extensionSync(db: Executor, system: System): Promise<Sync> {
  const extended = new Set((system.extended?.tables ?? []).map(({ name }) => name))
  const tables = watchedTables(system)
  const found = (await ownTriggers(db, system, tables)).filter(({ syncs }) => syncs)
  const wanted = tables.map((table) => {
    const name = Object.entries(system.legacy).find(([, each]) => each === table)?.[0] ?? ''
    return { table: tableName(table), least: extended.has(name) ? 5 : 3 }
  })
  if (found.length === 0) return 'off'
  const all = wanted.every(({ table, least }) => found.filter((each) => each.table === table).length >= least)
  return all ? 'on' : 'partly'
}

/** Whether a table is one of those that are extended. */
export const isExtended = ({ extended, target }: System, table: PgTable): boolean =>
  (extended?.tables ?? []).some(({ name }) => {
    const own = configOf(target[name] as PgTable)
    const other = configOf(table)
    return own.name === other.name && (own.schema ?? 'public') === (other.schema ?? 'public')
  })
