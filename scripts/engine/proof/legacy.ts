import { type SQL, sql } from 'drizzle-orm'
import { complement, quarantine } from '../../../schema/ledger.ts'
import type { Bound, LegacyTable } from '../bound.ts'
import { unread } from '../complement.ts'
import { everything } from '../family.ts'
import type { Account, Difference, Differences } from '../results.ts'
import { legacyRows, restoredRows } from '../rows.ts'
import { tableSql } from '../shape.ts'
import { column, type Executor, list, rowOf, sameImage, textForm, textsOf } from '../sql.ts'

/** Whether the effective legacy (restore, overlaid with the complement) is the legacy table, row by row (design §1). */
export async function compareLegacy(
  db: Executor,
  bound: Bound,
  legacy: LegacyTable,
): Promise<{ differences: Differences; account: Account; other: number }> {
  const [row] = await db.execute(countLegacy(bound, legacy))
  const { rows, missing, extra, differing, other, ...account } = row as unknown as Differences &
    Omit<Account, 'rows'> & { other: number }
  return { differences: { rows, missing, extra, differing }, account: { rows, ...account }, other }
}

/** One row: how many rows there are, what is wrong with them, and what became of them. */
export const countLegacy = (bound: Bound, legacy: LegacyTable): SQL => sql`
    select count(*) filter (where is_legacy)::float8 as rows,
      count(*) filter (where problem = 'missing')::float8 as missing,
      count(*) filter (where problem = 'extra')::float8 as extra,
      count(*) filter (where problem = 'differing')::float8 as differing,
      count(*) filter (where problem = 'complement')::float8 as other,
      count(*) filter (where is_legacy and quarantined)::float8 as quarantined,
      count(*) filter (where is_legacy and not quarantined and kind is not null)::float8 as complemented,
      count(*) filter (where is_legacy and not quarantined and kind is null and problem is null)::float8 as carried
    from (${pairs(bound, legacy)}) as pair`

/** The first rows that differ: what the effective legacy has, and what the legacy table has. */
export async function legacyDifferences(
  db: Executor,
  bound: Bound,
  legacy: LegacyTable,
  limit: number,
): Promise<Difference[]> {
  const rows = await db.execute(sql`
    select coalesce(key, '') as "key", problem as "kind", found, expected
    from (${pairs(bound, legacy)}) as pair
    where problem is not null
    order by key, ordinal
    limit ${limit}`)
  return (rows as unknown as FoundRow[]).map((row) => difference(`${legacy.live.schema}.${legacy.live.name}`, row))
}

export interface FoundRow {
  key: string
  kind: Difference['kind']
  found: Record<string, string | null> | null
  expected: Record<string, string | null> | null
}

/** One difference as people are shown it. */
export function difference(table: string, { key, kind, found, expected }: FoundRow): Difference {
  const names = new Set([...Object.keys(found ?? {}), ...Object.keys(expected ?? {})])
  const columns = Object.fromEntries(
    [...names].map((name) => [name, { found: found?.[name] ?? null, expected: expected?.[name] ?? null }]),
  )
  return { table, key, kind, columns }
}

/** Every legacy row `l` beside its effective row, which is restored row `e` under what was kept, with what is wrong. */
function pairs(bound: Bound, legacy: LegacyTable): SQL {
  const { columns } = legacy.live
  return sql`
      select coalesce(l."#key", e."#key") as key, coalesce(l."#ordinal", e."#ordinal") as ordinal, e.kind,
        l."#key" is not null as is_legacy,
        coalesce(${unread(legacy)} or l."#family" in (${familiesSetAside(bound, legacy)}), false) as quarantined,
        case
          when e.kind is not null and (e.misapplied or e.family is distinct from coalesce(l."#family", e."#family")
            or (e.kind = 'absent') <> (l."#key" is null)) then 'complement'
          when l."#key" is null then case when e.kind is distinct from 'absent' then 'extra' when k.odd then 'complement' end
          when e."#key" is null then 'missing'
          when (k.odd or not ${sameImage(rowOf('l', columns), sql`i.image`)}) and ${differs('l', columns)} <> '{}' then 'differing'
          when k.odd then 'complement'
        end as problem,
        case when l."#key" is not null and e."#key" is not null then ${differs('l', columns)} end as expected,
        case when l."#key" is not null and e."#key" is not null then ${differs('e', columns)} end as found
      from ${legacyRows(bound, legacy, everything)} as l
      full join (${restored(bound, legacy)}) as e on l."#key" = e."#key" and l."#ordinal" = e."#ordinal"
      cross join lateral (select ${odd(columns)} as odd offset 0) as k
      cross join lateral (
        select case
            when e.kind is null or e.misapplied or k.odd then e.base
            else jsonb_populate_record(e.base, e.kept)
          end as image
        offset 0) as i`
}

/** Restored rows beside what was kept of them; a complement that fits no row, or has no such column, is misapplied. */
function restored(bound: Bound, legacy: LegacyTable): SQL {
  const type = tableSql(legacy.table)
  const names = list(legacy.live.columns.map(({ name }) => sql`${name}::text`))
  return sql`
        select coalesce(r."#key", c.key) as "#key", coalesce(r."#ordinal", c.ordinal) as "#ordinal", r."#family",
          c.kind, c.family, c.kept,
          case
            when (r."#key" is null) <> (c.kind = 'whole') or jsonb_typeof(c.kept) <> 'object' then true
            else c.kept - array[${names}] <> '{}'
          end as misapplied,
          case
            when r."#key" is null then null
            else ${rowOf('r', legacy.live.columns)}::${type}
          end as base
        from ${restoredRows(bound, legacy, everything)} as r
        full join (
          select key, ordinal, family, kind, kept
          from ${complement}
          where ${complement.system} = ${bound.system.name}
            and ${complement.relation} = ${legacy.relation}) as c on r."#key" = c.key and r."#ordinal" = c.ordinal
        offset 0`
}

/**
 * Whether what was kept is not what keeping would keep: another text than the legacy row's, or one that the restored
 * row has as well. Asked before it is read as values, for it may be no value of its column.
 */
const odd = (columns: LegacyTable['live']['columns']): SQL => sql`case
            when e.kind is null or e.misapplied then false
            else (e.kind = 'part' and e.kept = '{}') or ${sql.join(
              columns.map(({ name, type }) => {
                const due = textForm(column('l', name), type)
                return sql`(e.kept ? ${name}::text and (e.kept -> ${name}::text is distinct from coalesce(to_jsonb(${due}), 'null')
                  or ${due} is not distinct from ${textForm(sql`(e.base).${sql.identifier(name)}`, type)}))`
              }),
              sql` or `,
            )}
          end`

/** The columns in which the legacy and the effective row differ, with the text forms of one of them. */
function differs(side: 'l' | 'e', columns: LegacyTable['live']['columns']): SQL {
  const effective = ({ name, type }: (typeof columns)[number]) => sql`case
          when (e.misapplied or k.odd) is not true then ${textForm(sql`(i.image).${sql.identifier(name)}`, type)}
          when e.kept ? ${name}::text then e.kept ->> ${name}::text
          else ${textForm(sql`(e.base).${sql.identifier(name)}`, type)}
        end`
  return textsOf(
    columns.map((each) => {
      const [a, b] = [textForm(column('l', each.name), each.type), effective(each)]
      return { name: each.name, differs: sql`${a} is distinct from ${b}`, text: side === 'l' ? a : b }
    }),
  )
}

/** Families of which a target row that is derived from this table is set aside: lineage tells which rows that concerns. */
function familiesSetAside(bound: Bound, legacy: LegacyTable): SQL {
  const relations = bound.target
    .filter(({ reads }) => reads.includes(legacy.name))
    .map(({ relation }) => sql`${relation}`)
  return sql`
          select q.family
          from ${quarantine} as q
          where q.system = ${bound.system.name}
            and (q.scope = 'family' or (q.scope = 'row' and q.relation in (${list(relations)})))`
}
