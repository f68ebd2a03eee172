import { type SQL, sql } from 'drizzle-orm'
import { complement, quarantine } from '../../../schema/ledger.ts'
import type { Bound, LegacyTable } from '../bound.ts'
import { differing, mayDiffer, unread } from '../complement.ts'
import { among, everything } from '../family.ts'
import { textArray } from '../preflight/look.ts'
import type { Account, Difference, Differences } from '../results.ts'
import {
  countRestored,
  familyOfRow,
  keyOfRow,
  legacyRows,
  legacyWithRestored,
  restoredAlone,
  restoredRows,
} from '../rows.ts'
import { tableSql } from '../shape.ts'
import { column, type Executor, isJson, list, readsBack, rowOf, sameImage, textForm, textsOf } from '../sql.ts'

/**
 * Whether the effective legacy (restore, overlaid with the complement) is the legacy table, row by row (design §1).
 * @param show how many of the rows that are wrong to name
 */
export async function compareLegacy(
  db: Executor,
  bound: Bound,
  legacy: LegacyTable,
  show: number,
): Promise<{ differences: Differences; account: Account; other: number; shown: Difference[] }> {
  const [row] = await db.execute(countLegacy(bound, legacy))
  const { rows, missing, extra, wrong, ...account } = row as unknown as Omit<Differences, 'differing'> &
    Omit<Account, 'rows'> & { wrong: number }
  const { differing, shown } =
    missing + extra + wrong === 0 ? { differing: 0, shown: [] } : await inDetail(db, bound, legacy, show)
  const differences = { rows, missing, extra, differing }
  return { differences, account: { rows, ...account }, other: wrong - differing, shown }
}

/**
 * One row: how many rows there are, what is wrong with them, and what became of them. Rows that no legacy row is beside are
 * only looked for where something was kept of such, or of a row that is simply restored; what else is restored, or restored
 * twice, is found by the numbers.
 */
export const countLegacy = (bound: Bound, legacy: LegacyTable): SQL => sql`
    with counted as materialized (
      select (select count(*) from ${tableSql(legacy.table)}) as rows, (${countRestored(bound, legacy)}) as restored,
        (select count(*) from ${keptRows(bound, legacy)} as c) as kept, (${quarantinedRows(bound, legacy)}) as quarantined),
    near as materialized (${withLegacy(bound, legacy)}),
    far as (
      ${withoutLegacy(bound, legacy)}
      where (select kept from counted) <> (select count(*) from near where kind is not null))
    select rows::float8 as rows, missing::float8 as missing,
      (extra + (restored - rows + not_restored - restored_alone))::float8 as extra, wrong::float8 as wrong,
      quarantined::float8 as quarantined, complemented::float8 as complemented,
      (rows - quarantined - complemented - not_carried)::float8 as carried
    from (
      select count(*) filter (where problem = 'missing') as missing,
        count(*) filter (where problem = 'extra') as extra,
        count(*) filter (where problem = 'wrong') as wrong,
        count(*) filter (where is_legacy and not is_restored) as not_restored,
        count(*) filter (where is_restored and not is_legacy) as restored_alone,
        count(*) filter (where is_legacy and not is_aside and kind is not null) as complemented,
        count(*) filter (where is_legacy and not is_aside and kind is null and problem is not null) as not_carried
      from (select * from near union all select * from far) as pair) as found
    cross join counted`

/** How many legacy rows are set aside. Only their families are looked up: they are few, as a rule. */
function quarantinedRows(bound: Bound, legacy: LegacyTable): SQL {
  const aside = among(sql`array(${familiesSetAside(bound, legacy)})`)
  if (legacy.keyed) return sql`select count(*) from ${legacyRows(bound, legacy, aside)} as l`
  return sql`
        select count(*)
        from ${legacyRows(bound, legacy, everything)} as l
        where ${unread(legacy)}
          or l."#family" in (${familiesSetAside(bound, legacy)})`
}

/**
 * How many of the rows that are wrong differ (of the others it is what was kept that should be otherwise), and the first
 * rows that are wrong: what the effective legacy has, and what the legacy table has.
 */
async function inDetail(
  db: Executor,
  bound: Bound,
  legacy: LegacyTable,
  show: number,
): Promise<{ differing: number; shown: Difference[] }> {
  const ofLegacyRows = sql`${legacyRows(bound, legacy, everything)} as l where ${isKeptOf('l', legacy)}`
  const [row] = await db.execute(sql`
    with wrong as materialized (
      select *
      from (
        ${legacyInDetail(bound, legacy)}
        union all
        select case when r."#ordinal" is null then c.key else ${keyOfRow('r', legacy)} end, coalesce(r."#ordinal", c.ordinal),
          case when c.kind is null then 'extra' when ${isNoMark(bound, legacy)} then 'complement' end, null, null
        from ${keptAlone(bound, legacy, ofLegacyRows)}
        union all
        select key, ordinal, 'extra', null, null
        from (
          select "#key" as key, row_number() over (partition by "#key") as ordinal
          from ${restoredRows(bound, legacy, everything)} as r) as again
        where ordinal > 1) as pair
      where problem is not null)
    select (select count(*) from wrong where problem = 'differing')::float8 as differing, coalesce((
        select jsonb_agg(jsonb_build_object('key', key, 'kind', problem, 'found', found, 'expected', expected) order by key, ordinal)
        from (
          select coalesce(key, '') as key, ordinal, problem, found, expected
          from wrong
          order by 1, 2
          limit ${show}) as first), '[]') as shown`)
  const { differing, shown } = row as { differing: number; shown: FoundRow[] }
  const table = `${legacy.live.schema}.${legacy.live.name}`
  return { differing, shown: shown.map((each) => difference(table, each)) }
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

/**
 * Every legacy row `l` that is not simply its restored row `r`: whether what was kept of it, `c`, is what keeping would
 * keep, and makes it of its restored row. What was kept is looked up for these rows alone.
 */
function withLegacy(bound: Bound, legacy: LegacyTable): SQL {
  const { columns } = legacy.live
  const row = rowOf('l', columns)
  const isRead = sql`c.kept ?| ${namesOf(columns.filter((each) => !readsBack(each)))}`
  return sql`
      select c.key, c.ordinal, c.kind, true as is_legacy, r."#ordinal" is not null as is_restored,
        ${isQuarantined(bound, legacy)} as is_aside,
        case
          when c.kind is null and r."#ordinal" is null then 'missing'
          when c.kind <> case when r."#ordinal" is null then 'whole' else 'part' end
            or c.family <> ${familyOfRow(bound, 'l', legacy)}
            or not k.exact then 'wrong'
          when not ${isRead} then null
          when (${sameImage(row, sql`i.image`)} or ${row}::text = i.image::text) is not true then 'wrong'
        end as problem
      from ${differingRows(bound, legacy)}
      left join ${keptRows(bound, legacy)} as c on ${isKeptOf('l', legacy)}
      cross join lateral (
        select case when c.kind is not null then (c.kind = 'whole' or c.kept <> '{}') and c.kept = ${differing(columns)} end as exact
        offset 0) as k
      cross join lateral (
        -- only what is exact can be read: otherwise it may be no value of its column
        select case
            when c.kind is null then ${restored(legacy)}
            when k.exact and ${isRead} then ${overlaid(legacy, restored(legacy))}
          end as image
        offset 0) as i`
}

/** The legacy rows `l` that are not simply their restored rows `r`. Behind the fence nothing is joined to any other. */
function differingRows(bound: Bound, legacy: LegacyTable): SQL {
  const { columns } = legacy.live
  const names = ['#ordinal', ...columns.map(({ name }) => name)]
  const through = (alias: 'l' | 'r', name: string) => `${alias}.${name}`
  const found = (alias: 'l' | 'r') =>
    names.map((name) => sql`${column(alias, name)} as ${sql.identifier(through(alias, name))}`)
  const again = (alias: 'l' | 'r') => sql`
      cross join lateral (
        select ${list(names.map((name) => sql`${column('pair', through(alias, name))} as ${sql.identifier(name)}`))}) as ${sql.identifier(alias)}`
  return sql`(
        select ${list([...found('l'), ...found('r')])}
        from ${legacyWithRestored(bound, legacy)}
        where r."#ordinal" is null
          or ${mayDiffer(columns)}
        offset 0) as pair${again('l')}${again('r')}`
}

/** Every restored row `r` without a legacy row, and what was kept of no other row: that must be that the row is absent. */
const withoutLegacy = (bound: Bound, legacy: LegacyTable): SQL => sql`
      select c.key, c.ordinal, c.kind, false as is_legacy, r."#ordinal" is not null as is_restored, false as is_aside,
        case when c.kind is null then 'extra' when ${isNoMark(bound, legacy)} then 'wrong' end as problem
      from ${keptAlone(bound, legacy, sql`near as l where l.key = c.key and l.ordinal = c.ordinal`)}`

/** Whether what was kept is anything but the mark that a restored row `r` is absent. */
const isNoMark = (bound: Bound, legacy: LegacyTable): SQL =>
  sql`r."#ordinal" is null or (c.kind, c.kept) <> ('absent', '{}') or c.family <> ${familyOfRow(bound, 'r', legacy)}`

/**
 * Every legacy row `l` that is not simply its restored row `r`, or of which something was kept, with what is wrong with it,
 * column by column: what the legacy and the effective row have.
 */
function legacyInDetail(bound: Bound, legacy: LegacyTable): SQL {
  const { columns } = legacy.live
  return sql`
        select ${keyOfRow('l', legacy)} as key, l."#ordinal" as ordinal,
          case
            when c.kind = 'absent' or c.family <> ${familyOfRow(bound, 'l', legacy)} or e.misapplied then 'complement'
            when not e.there then 'missing'
            when (k.odd or not ${sameImage(rowOf('l', columns), sql`i.image`)}) and ${differs('l', columns)} <> '{}' then 'differing'
            when k.odd then 'complement'
          end as problem,
          case when e.there then ${differs('l', columns)} end as expected,
          case when e.there then ${differs('e', columns)} end as found
        from ${legacyWithRestored(bound, legacy)}
        left join ${keptRows(bound, legacy)} as c on ${isKeptOf('l', legacy)}
        cross join lateral (
          select r."#ordinal" is not null or c.kind is not null as there,
            -- what fits no such row, or has a column that there is not
            case
              when c.kind is null then false
              when (r."#ordinal" is null) <> (c.kind = 'whole') or jsonb_typeof(c.kept) <> 'object' then true
              else c.kept - ${namesOf(columns)} <> '{}'
            end as misapplied
          offset 0) as e
        cross join lateral (select ${restored(legacy)} as base offset 0) as b
        cross join lateral (select ${odd(columns)} as odd offset 0) as k
        cross join lateral (
          select case when c.kind is null or e.misapplied or k.odd then b.base else ${overlaid(legacy, sql`b.base`)} end as image
          offset 0) as i
        where c.kind is not null
          or r."#ordinal" is null
          or ${mayDiffer(columns)}`
}

/**
 * Restored rows `r` without a legacy row, and what was kept of such rows, `c`.
 * @param others the rows of which the rest was kept
 */
const keptAlone = (bound: Bound, legacy: LegacyTable, others: SQL): SQL => sql`${restoredAlone(bound, legacy)}
      full join (select * from ${keptRows(bound, legacy)} as c where not exists (select from ${others})) as c
        on ${isKeptOf('r', legacy)}`

const keptRows = (bound: Bound, legacy: LegacyTable): SQL => sql`(
        select key, ordinal, family, kind, kept
        from ${complement}
        where ${complement.system} = ${bound.system.name}
          and ${complement.relation} = ${legacy.relation})`

const isKeptOf = (alias: 'l' | 'r', legacy: LegacyTable): SQL =>
  sql`${keyOfRow(alias, legacy)} = c.key and ${column(alias, '#ordinal')} = c.ordinal`

const isQuarantined = (bound: Bound, legacy: LegacyTable): SQL => sql`
        coalesce(${unread(legacy)} or ${familyOfRow(bound, 'l', legacy)} in (${familiesSetAside(bound, legacy)}), false)`

/** The restored row before what was kept of it. */
const restored = ({ table, live }: LegacyTable): SQL =>
  sql`case when r."#ordinal" is not null then ${rowOf('r', live.columns)}::${tableSql(table)} end`

/** The restored row under what was kept of it. */
function overlaid({ table, live }: LegacyTable, base: SQL): SQL {
  const overlay = sql`jsonb_populate_record(${base}, c.kept)`
  if (!live.columns.some(({ type }) => isJson(type))) return overlay
  const values = live.columns.map(({ name, type }) =>
    isJson(type)
      ? sql`case when c.kept ? ${name}::text then (c.kept ->> ${name}::text)::${sql.raw(type)} else ${column('p', name)} end`
      : column('p', name),
  )
  return sql`(select row(${list(values)})::${tableSql(table)} from (select (${overlay}).*) as p)`
}

const namesOf = (columns: readonly { name: string }[]): SQL => textArray(columns.map(({ name }) => name))

/**
 * Whether what was kept is not what keeping would keep: another text than the legacy row's, or one that the restored
 * row has as well. Asked before it is read as values, for it may be no value of its column.
 */
const odd = (columns: LegacyTable['live']['columns']): SQL => sql`case
            when c.kind is null or e.misapplied then false
            else (c.kind = 'part' and c.kept = '{}') or ${sql.join(
              columns.map(({ name, type }) => {
                const due = textForm(column('l', name), type)
                return sql`(c.kept ? ${name}::text and (c.kept -> ${name}::text is distinct from coalesce(to_jsonb(${due}), 'null')
                  or ${due} is not distinct from ${textForm(sql`(b.base).${sql.identifier(name)}`, type)}))`
              }),
              sql` or `,
            )}
          end`

/** The columns in which the legacy and the effective row differ, with the text forms of one of them. */
function differs(side: 'l' | 'e', columns: LegacyTable['live']['columns']): SQL {
  const effective = ({ name, type }: (typeof columns)[number]) => sql`case
          when (e.misapplied or k.odd) is not true then ${textForm(sql`(i.image).${sql.identifier(name)}`, type)}
          when c.kept ? ${name}::text then c.kept ->> ${name}::text
          else ${textForm(sql`(b.base).${sql.identifier(name)}`, type)}
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
