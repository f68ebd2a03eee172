import { type SQL, sql } from 'drizzle-orm'
import type { Bound } from '../bound.ts'
import { rows } from '../preflight/look.ts'
import { countLedger } from '../proof/ledger.ts'
import { countLegacy } from '../proof/legacy.ts'
import { countTarget } from '../proof/target.ts'
import type { Executor } from '../sql.ts'
import { relationNames } from './text.ts'

/**
 * The whole proof as one query: each table with its number of differences, by the same comparison that `verify` makes.
 * It is made for the shape that was proven; a legacy shape that has changed since is a difference by itself.
 */
export async function differencesQuery(db: Executor, bound: Bound): Promise<SQL> {
  const legacy = bound.legacy.map(
    (each) => sql`
      select ${each.relation}::text as relation,
        (case
          when missing + extra + wrong > 0 then missing + extra + wrong
          else abs(rows - carried - complemented - quarantined)
        end)::bigint as differences
      from (${countLegacy(bound, each)}) as counted`,
  )
  const target = bound.target.map(
    (each) => sql`
      select ${each.relation}::text, (missing + extra + differing + other)::bigint
      from (${countTarget(bound, each)}) as counted`,
  )
  const ledger = sql`
      select 'the ledger', other::bigint
      from (${countLedger(bound)}) as counted`
  const [proven] = await rows<{ shape: string }>(db, sql`select ${shapeText(bound)} as "shape"`)
  const changed = sql`
      select 'the shape of the legacy tables', (${shapeText(bound)} is distinct from ${proven?.shape ?? ''})::int::bigint`
  return sql.join([...legacy, ...target, ledger, changed], sql` union all `)
}

/** The columns and unique keys of the live legacy tables, which every query of the engine was fitted to. */
const shapeText = ({ legacy }: Bound): SQL => sql`(
        select string_agg(concat_ws('; ', to_regclass(name)::text, (
            select string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull), ', ' order by attnum)
            from pg_attribute
            where attrelid = to_regclass(name)
              and attnum > 0
              and not attisdropped), (
            select string_agg(pg_get_indexdef(indexrelid), ', ' order by pg_get_indexdef(indexrelid))
            from pg_index
            where indrelid = to_regclass(name)
              and indisunique
              and indisvalid)), E'\n' order by name)
        from unnest(${relationNames(legacy.map(({ table }) => table))}) as name)`
