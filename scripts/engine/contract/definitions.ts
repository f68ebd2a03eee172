import { type SQL, sql } from 'drizzle-orm'
import type { PgTable, PgView } from 'drizzle-orm/pg-core'
import { ownSchemas, textArray } from '../preflight/look.ts'
import { constraintStatements } from './constraints.ts'
import { accessStatements, commentStatements } from './labels.ts'
import { tableStatements } from './tables.ts'
import { relationNames } from './text.ts'
import { triggerStatements } from './triggers.ts'
import { typeStatements } from './types.ts'

/** The kinds of statements, in the order in which they are run; rows are loaded after the last of `beforeLoad`. */
export const beforeLoad = ['enum', 'table', 'owner', 'column'] as const
export const afterLoad = [
  'constraint',
  'index',
  'foreign key',
  'identity',
  'function',
  'trigger',
  'view',
  'comment',
  'grant',
] as const

/**
 * What it takes to make the relations again as they are now, one statement a row, in the order in which they are to be
 * run. Read off the catalogs, not off the declaration: columns, defaults, constraints, indexes, triggers and the
 * functions that nothing else calls, owners, grants, comments, views, and the enum types of the columns.
 */
export const definitionsQuery = (relations: readonly (PgTable | PgView)[]): SQL => sql`
    with own as (
      select c.oid, wanted.place, c.relkind, c.relname, c.relowner, c.relacl, c.reltype, c.relnamespace,
        c.reloptions, c.relpersistence, c.reltoastrelid, c.relreplident, c.relam,
        format('%I.%I', n.nspname, c.relname) as name
      from unnest(${relationNames(relations)}) with ordinality as wanted(name, place)
      join pg_class as c on c.oid = to_regclass(wanted.name)
      join pg_namespace as n on n.oid = c.relnamespace),
    trigger as (
      select t.*, own.name as relation
      from pg_trigger as t
      join own on own.oid = t.tgrelid
      join pg_proc as p on p.oid = t.tgfoid
      join pg_namespace as n on n.oid = p.pronamespace
      where not t.tgisinternal
        and n.nspname <> all (${textArray(ownSchemas)})),
    statements (kind, place, detail, name, statement, refused) as (
      ${sql.join([typeStatements, tableStatements, constraintStatements, triggerStatements, commentStatements, accessStatements], sql` union all `)})
    select row_number() over (order by array_position(${textArray([...beforeLoad, ...afterLoad])}, kind), place, detail,
        name, statement)::integer as place,
      kind, name, statement, refused
    from statements
    order by 1`
