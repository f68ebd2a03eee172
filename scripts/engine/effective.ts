import { type SQL, sql } from 'drizzle-orm'
import { complement } from '../../schema/ledger.ts'
import type { Bound, LegacyTable } from './bound.ts'
import { everything } from './family.ts'
import { restoredRows } from './rows.ts'
import { column, isJson, list } from './sql.ts'

/**
 * The effective legacy (design §1): restored rows overlaid with what was kept of them, with "#key", "#ordinal" and
 * "#kept", whether anything was. A row of which only a part was kept is gone where restore no longer yields the rest:
 * somebody has deleted it from the target. Nothing is read from
 * the complement of a row that has none, which is the most of them. Needs no row type, so that it can be a view in the place of the table.
 */
export function effectiveRows(bound: Bound, legacy: LegacyTable): SQL {
  const { columns } = legacy.live
  return sql`(select coalesce(r."#key", c.key) as "#key", coalesce(r."#ordinal", c.ordinal) as "#ordinal",
      c.key is not null as "#kept",
      ${list(
        columns.map(
          ({ name, type }) => sql`case
          when c.kept ? ${name}::text then ${isJson(type) ? sql`(c.kept ->> ${name}::text)::${sql.raw(type)}` : column('k', name)}
          else ${column('r', name)}
        end as ${sql.identifier(name)}`,
        ),
      )}
    from ${restoredRows(bound, legacy, everything)} as r
    full join (
      select key, ordinal, kind, kept
      from ${complement}
      where system = ${bound.system.name}
        and relation = ${legacy.relation}) as c on r."#key" = c.key and r."#ordinal" = c.ordinal
    left join lateral (
      select k.*
      from jsonb_to_record(c.kept) as k(${list(
        columns.map(({ name, type }) => sql`${sql.identifier(name)} ${sql.raw(type)}`),
      )})
      where c.kept is not null) as k on true
    where c.kind is distinct from 'absent'
      and (r."#key" is not null or c.kind = 'whole'))`
}
