import { is, sql } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import * as ledger from '../../../schema/ledger.ts'
import { configOf } from '../declared.ts'
import { watchedTables } from '../extend/triggers.ts'
import type { Finding } from '../results.ts'
import { tableName } from '../shape.ts'
import type { Executor } from '../sql.ts'
import type { System } from '../system.ts'
import { type Group, ownSchemas, rows, textArray } from './look.ts'

const ledgerTables = Object.values<unknown>(ledger).filter((each): each is PgTable => is(each, PgTable))

/** A right that this role lacks, and the statement that grants it. */
export interface MissingRight {
  role: string
  /** `CREATE on schema app`. */
  right: string
  on: string
  grant: string
}

/**
 * The rights that Sluice needs and this role lacks: to read the legacy tables, and either to make the target, or,
 * where it exists, to write it.
 */
export async function missingRights(system: System, db: Executor): Promise<MissingRight[]> {
  const legacy = textArray(Object.values(system.legacy).map(tableName))
  const target = textArray(Object.values(system.target).map(tableName))
  const written = textArray([...Object.values(system.target), ...ledgerTables].map(tableName))
  const schemas = (tables: System['target']) =>
    textArray([...new Set(Object.values(tables).map((table) => configOf(table).schema ?? 'public'))])
  const made = textArray(ownSchemas)
  const missing = await rows<Omit<MissingRight, 'grant'>>(
    db,
    sql`
      with relation as (
        select c.oid, n.oid as "schema", n.nspname || '.' || c.relname as "name"
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p')),
      needed as (
        select 1 as "order", 'USAGE' as "verb", 'schema ' || quote_ident(nspname) as "object", nspname::text as "on",
          has_schema_privilege(oid, 'usage') as "held"
        from pg_namespace
        where nspname = any (${schemas({ ...system.legacy, ...system.target })} || ${made})
        union all
        select 2, 'SELECT', 'table ' || "name", "name", has_table_privilege(oid, 'select')
        from relation
        where "name" = any (${legacy})
        union all
        select 3, 'CREATE', 'schema ' || quote_ident(nspname), nspname::text, has_schema_privilege(oid, 'create')
        from pg_namespace
        where nspname = any (${schemas(system.target)})
          and not (${target} <@ array(select "name" from relation))
        union all
        select 4, 'CREATE', 'database ' || quote_ident(current_database()), current_database()::text,
          has_database_privilege(current_database(), 'create')
        where not (${made} || ${schemas(system.target)} <@ array(select nspname::text from pg_namespace))
        union all
        select 5, "verb", 'table ' || "name", "name", has_table_privilege(oid, "verb")
        from relation
        cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) as "verb"
        where "name" = any (${written}))
      select current_user::text as "role", string_agg("verb", ', ' order by "verb") || ' on ' || "object" as "right", "on"
      from needed
      where not "held"
      group by "order", "object", "on"
      order by "order", "on"`,
  )
  return missing.map((each) => ({ ...each, grant: `grant ${each.right.toLowerCase()} to ${each.role}` }))
}

/**
 * The rights that it takes besides to keep both shapes in step, where the tables are there: to have triggers on the legacy
 * tables and write their rows, and to be the owner of the tables, for nobody else can take triggers away again.
 */
export async function missingSyncRights(system: System, db: Executor): Promise<MissingRight[]> {
  const legacy = textArray((system.extended ? watchedTables(system) : Object.values(system.legacy)).map(tableName))
  const target = textArray(system.derive.map(({ table }) => tableName(table)))
  return rows<MissingRight>(
    db,
    sql`
      with relation as (
        select c.oid, c.relowner, n.nspname || '.' || c.relname as "name"
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p')),
      missing as (
        select 1 as "order", string_agg("verb", ', ' order by "verb") || ' on table ' || "name" as "right", "name" as "on",
          lower(string_agg("verb", ', ' order by "verb")) || ' on table ' || "name" as "granted"
        from relation
        cross join unnest(array['DELETE', 'INSERT', 'TRIGGER', 'UPDATE']) as "verb"
        where "name" = any (${legacy})
          and not has_table_privilege(oid, "verb")
        group by "name"
        union all
        select 2, 'ownership of table ' || "name", "name", quote_ident(pg_get_userbyid(relowner))
        from relation
        where "name" = any (${legacy} || ${target})
          and not pg_has_role(relowner, 'usage'))
      select current_user::text as "role", "right", "on",
        format('grant %s to %s', "granted", quote_ident(current_user)) as "grant"
      from missing
      order by "order", "on"`,
  )
}

export const rights: Group = async ({ system, db }) => [
  ...(await missingRights(system, db)).map(
    ({ role, right, on, grant }): Finding => ({
      code: 'rights',
      table: on,
      samples: [right],
      message: `The role ${role} lacks ${right}. Its owner can grant it: ${grant}`,
    }),
  ),
  ...(await missingSyncRights(system, db)).map(
    ({ role, right, on, grant }): Finding => ({
      code: 'sync-rights',
      table: on,
      samples: [right],
      message: `To keep both shapes in step the role ${role} lacks ${right}: ${grant}`,
    }),
  ),
]
