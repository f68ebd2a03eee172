import { type SQL, sql } from 'drizzle-orm'
import { targetComplement } from '../../../schema/ledger.ts'
import { everything } from '../family.ts'
import { inPlace, query, selected } from '../rows.ts'
import { type LiveColumn, tableSql } from '../shape.ts'
import { all, column, keyText, list, textDiffers, textForm } from '../sql.ts'
import type { Tables, Transform } from '../system.ts'
import type { BoundExtension, Joined } from './bind.ts'

/** One row as a relation: a record variable of a trigger's function, or a row that another one joins laterally. */
export const rowOnly = (record: SQL): SQL => sql`(select ${record}.*)`

/** What a query of the extension yields for some rows in the place of the table, each column in its live type. */
function yielded(bound: BoundExtension, transform: Transform, sources: Tables): SQL {
  const value = ({ name, type }: LiveColumn) => sql`${column('q', name)}::${sql.raw(type)} as ${sql.identifier(name)}`
  const columns = transform === bound.extension.derive ? [...bound.key, ...bound.following] : bound.old
  return sql`(select ${list(columns.map(value))} from ${query(transform, sources, everything)} as q(${selected(transform, sources)}))`
}

/**
 * The key and the columns that derive yields for some rows.
 * @param instead other rows in the place of a joined table
 */
export function derived(bound: BoundExtension, rows: SQL, instead?: { joined: Joined; rows: SQL }): SQL {
  const { system, name, legacy } = bound
  return yielded(bound, bound.extension.derive, {
    ...system.legacy,
    [name]: inPlace(legacy, rows),
    ...(instead ? { [instead.joined.name]: inPlace(instead.joined.table, instead.rows) } : {}),
  })
}

/** The old columns that restore yields for some rows. */
export const restored = (bound: BoundExtension, rows: SQL): SQL =>
  yielded(bound, bound.extension.restore, { ...bound.system.target, [bound.name]: inPlace(bound.table, rows) })

/** Whether two rows have the same key. */
export const sameKey = ({ key }: BoundExtension, one: string, other: string): SQL =>
  all(key.map(({ name }) => sql`${column(one, name)} = ${column(other, name)}`))

/** The columns of the key of row `alias`. */
export const keyOf = ({ key }: BoundExtension, alias: string): SQL[] => key.map(({ name }) => column(alias, name))

/** The ledger's text of the key of row `alias`. */
export const keyTextOf = (bound: BoundExtension, alias: string): SQL => keyText(keyOf(bound, alias))

/** Whether a column of two rows differs, to the byte. */
export const differs = ({ name, type }: LiveColumn, one: string, other: string): SQL =>
  textDiffers(column(one, name), column(other, name), type)

/** The ledger's entry `t` of row `v` in the target's complement: looked up row by row, by whichever index. */
const ownEntry = (bound: BoundExtension): SQL => sql`lateral (
        select c.kept, c.derived
        from ${targetComplement} as c
        where c.system = ${bound.system.name}
          and c.relation = ${bound.relation}
          and c.key = ${keyTextOf(bound, 'v')}
          and c.family = ${keyTextOf(bound, 'v')}
          and c.target_family = ${keyTextOf(bound, 'v')}
        offset 0) as t on true`

/**
 * What the new columns of some rows should be before anybody writes them: what is written already stays, what is not is
 * derived. Of a column whose value is known to be the target's own it is that value, unless what derive gives has changed
 * since: then an old application has written it after.
 * @param stale whether the old columns may have been written while nothing kept both in step: what a new column
 * says and derive does not is then out of date, where it depends on an old column at all
 */
export function expected(bound: BoundExtension, rows: SQL, stale: boolean): SQL {
  const value = (each: BoundExtension['following'][number]) => {
    const { name, type } = each
    const [own, fresh] = [column('v', name), column('d', name)]
    const depends = each.own.length > 0
    return sql`case
        when t.kept ? ${name}::text and (t.derived ->> ${name}::text) is not distinct from ${textForm(fresh, type)}
          then ${fromText(sql`t.kept ->> ${name}::text`, type)}
        when t.kept ? ${name}::text or ${own} is null then ${fresh}
        else ${stale && depends ? fresh : own}
      end as ${sql.identifier(name)}`
  }
  return sql`(
      select ${list(keyOf(bound, 'v'))}, ${list(bound.following.filter((each) => each.added).map(value))}
      from ${rows} as v
      cross join lateral ${derived(bound, rowOnly(sql`v`))} as d
      left join ${ownEntry(bound)})`
}

/** A text form as a value of its type again. */
const fromText = (text: SQL, type: string): SQL => sql`(${text})::${sql.raw(type)}`

/** The table itself, all of it or the rows that meet a condition, as a relation. */
export const rowsWhere = (bound: BoundExtension, condition?: SQL): SQL =>
  condition ? sql`(select v.* from ${tableSql(bound.table)} as v where ${condition})` : tableSql(bound.table)
