import { type SQL, sql } from 'drizzle-orm'
import { quarantine, targetComplement } from '../../../schema/ledger.ts'
import { type Bound, keyOf, type TargetTable } from '../bound.ts'
import {
  claimedAfter,
  claimedThrough,
  heldOf,
  nullable,
  type Reference,
  references,
  type UniqueKey,
  uniqueKeys,
} from '../constraints.ts'
import { enforcedOn } from '../enforced.ts'
import { allBut } from '../family.ts'
import { derivedRows, isSoundRow, judged, sameTargetKey } from '../judge.ts'
import { held, withheld } from '../quarantine.ts'
import type { Difference, Differences } from '../results.ts'
import { familyColumnsOf } from '../rows.ts'
import { tableName, tableSql } from '../shape.ts'
import { all, column, type Executor, keyText, list, textDiffers, textForm, textsOf } from '../sql.ts'
import { textsOfRow, typeOf } from '../sync/texts.ts'
import { difference, type FoundRow } from './legacy.ts'

/** Whether the target is what derive yields of the legacy, less what its constraints refuse, and all of that is noted. */
export async function compareTarget(db: Executor, bound: Bound, target: TargetTable): Promise<Compared> {
  const [row] = await db.execute(countTarget(bound, target, await enforcedOn(db, target)))
  return compared(row)
}

export interface Compared {
  differences: Differences
  other: number
}

/** What a row of `counted` says. */
export function compared(row: unknown): Compared {
  const { rows, missing, extra, differing, other } = row as Differences & { other: number }
  return { differences: { rows, missing, extra, differing }, other }
}

/**
 * One row: how many rows there are, and what is wrong with them.
 * @param enforced the names of the checks that every row in the target is known to pass
 */
export const countTarget = (bound: Bound, target: TargetTable, enforced?: ReadonlySet<string>): SQL => sql`
    with ${comparison(bound, target, { enforced })}
    select ${counted(target)}
    from problems`

/** How many rows there are, and how many of the problems found are of which kind. */
export const counted = (
  target: TargetTable,
): SQL => sql`(select count(*)::float8 from ${tableSql(target.table)}) as rows,
      count(*) filter (where problem = 'missing')::float8 as missing,
      count(*) filter (where problem = 'extra')::float8 as extra,
      count(*) filter (where problem = 'differing')::float8 as differing,
      count(*) filter (where problem in ('complement', 'quarantine'))::float8 as other`

/** The first rows that differ: what the target has, and what it should have. */
export async function targetDifferences(
  db: Executor,
  bound: Bound,
  target: TargetTable,
  limit: number,
): Promise<Difference[]> {
  const rows = await db.execute(sql`
    with ${comparison(bound, target)}
    select key as "key", problem as "kind", found, expected
    from problems
    where problem is not null
    order by key
    limit ${limit}`)
  return (rows as unknown as FoundRow[]).map((row) => difference(tableName(target.table), row))
}

/**
 * Derived row `d` beside target row `t`. Only rows that differ or are refused are judged and looked at closely: there a
 * value that another row's uniqueness or absence takes away is expected to be null, and expected in the quarantine.
 * @param of conditions on the derived rows `d` and on the rows `t` that are found; all that the ledger knows meet them.
 * And the names of the checks that every row in the target is known to pass
 */
export function comparison(
  bound: Bound,
  target: TargetTable,
  {
    derived = sql`true`,
    found = sql`true`,
    enforced,
  }: { derived?: SQL; found?: SQL; enforced?: ReadonlySet<string> | undefined } = {},
): SQL {
  const names = target.columns.map(({ name }) => name)
  const refers = references(target.table).map((reference) => ({
    ...reference,
    sqlstate: '23503',
    gone: sql`${dangling(reference)} and not ${isGivenElse(bound, target, reference)}`,
  }))
  const claims = uniqueKeys(target.table).map((unique, i) => ({
    ...unique,
    sqlstate: '23505',
    // what a row must have others for, or must have won before, it does not claim without
    gone: sql`${sql.join(
      [
        ...claimedThrough(target.table, unique),
        ...claimedAfter(target.table, i).map((place) => refers.length + place),
      ].map((place) => sql`not ${flag(place)} and `),
      sql``,
    )}${lost(bound, target, unique)} and not ${isGivenElse(bound, target, unique)}`,
  }))
  const relations = [...refers, ...claims]
  const considered = relations.map(
    ({ gone }, i) => sql`
    ${step(i)} as (
      select c.*, c."#refusal" is null and ${gone} as ${sql.identifier(`gone ${i}`)}
      from ${step(i - 1)} as c),`,
  )
  const given = (name: string): SQL => {
    const by = relations.flatMap((each, i) =>
      nullable(each.columns).some((own) => own.name === name) ? [flag(i)] : [],
    )
    return by.length ? sql`case when not (${sql.join(by, sql` or `)}) then ${column('c', name)} end` : column('c', name)
  }
  const refusing = relations.flatMap((each, i) => (nullable(each.columns).length === 0 ? [flag(i)] : []))
  const refused = sql`(c."#refusal" is not null or ${refusing.length ? sql.join(refusing, sql` or `) : sql`false`})`
  const mark = (prefix: string) =>
    list(names.map((name) => sql`${column('t', name)} as ${sql.identifier(prefix + name)}`))
  const further = ['#found', '#present', ...names.map((name) => `t.${name}`)].map((name) => column('d', name))
  return sql`
    pair as materialized (
      select d.*, ${keyText(target.key.map((name) => column('t', name)))} as "#found", t."#present", ${mark('t.')}
      from (
        select *, true as "#derived"
        from ${derivedRows(bound, target, allBut(withheld(bound)))}
        where ${derived}) as d
      full join (select *, true as "#present" from ${tableSql(target.table)} as t where ${found}) as t on ${sameTargetKey(bound, target)}
      where d."#derived" is null
        or t."#present" is null
        or not ${isSoundRow(bound, target, enforced)}),
    judged as (
      ${judged(bound, target, sql`pair as d`, { further, when: sql`d."#derived"`, words: false })}),${sql.join(considered, sql``)}
    considered as (select * from ${step(relations.length - 1)}),
    expected as (
      select c.*, ${refused} as refused,
        ${sql.join(
          names.map((name) => sql`${given(name)} as ${sql.identifier(`e.${name}`)}`),
          sql`, `,
        )}
      from considered as c),
    aside as (
      select distinct c."#key" as key, c."#family" as family, a.name, a.sqlstate, a.scope, a.held
      from considered as c
      cross join lateral (values (c."#refusal"[1], c."#refusal"[2], 'row', '{}'::jsonb)${relations.length ? sql`, ` : sql``}${list(
        relations.map(
          (each, i) => sql`(case when ${flag(i)} then ${each.name} end, ${each.sqlstate},
            ${nullable(each.columns).length ? 'value' : 'row'}, ${held('c', heldOf(each.columns))})`,
        ),
      )}) as a(name, sqlstate, scope, held)
      where c."#key" is not null
        and a.name is not null),
    problems as (
      select coalesce(c."#key", c."#found", own.key) as key,
        case
          when own.key is not null and ${isOwn(bound, target)} then null
          when c."#key" is null and c."#present" is null then 'complement'
          when c."#key" is null or (refused and c."#present") then 'extra'
          when refused then case when own.key is not null then 'complement' end
          when c."#present" is null then 'missing'
          when w.expected <> '{}' then 'differing'
          when own.key is not null then 'complement'
        end as problem,
        case when c."#key" is not null and c."#present" then w.found else own.kept end as found,
        case when c."#key" is not null and c."#present" then w.expected else own.derived end as expected
      from expected as c
      full join (
        select *
        from ${targetComplement}
        where system = ${bound.system.name}
          and relation = ${target.relation}) as own on own.key = coalesce(c."#key", c."#found")
      cross join lateral (select ${differs(target, 't.')} as found, ${differs(target, 'e.')} as expected offset 0) as w
      union all
      select coalesce(a.key, q.key), 'quarantine', ${noted('q', 'constraint_name')}, ${noted('a', 'name')}
      from aside as a
      full join (
        select *
        from ${quarantine}
        where system = ${bound.system.name}
          and relation = ${target.relation}
          and scope <> 'family') as q on q.key = a.key and q.constraint_name = a.name
      where a.key is null
        or q.key is null
        or ${noted('q', 'constraint_name')} <> ${noted('a', 'name')})`
}

/** What the quarantine says of a refusal, but for the words. */
const noted = (alias: string, name: string): SQL => sql`(jsonb_build_object('constraint', ${column(alias, name)},
          'sqlstate', ${column(alias, 'sqlstate')}, 'scope', ${column(alias, 'scope')}, 'family', ${column(alias, 'family')})
          || coalesce(${column(alias, 'held')}, '{}'))`

/**
 * Whether the row is otherwise than derived because the target's own applications wrote it so, and the ledger keeps
 * exactly that.
 */
function isOwn(bound: Bound, target: TargetTable): SQL {
  const family = (prefix: string) =>
    list(
      familyColumnsOf(bound, target.name, bound.system.target).map((name) => sql`${column('c', prefix + name)}::text`),
    )
  return sql`case own.kind
            when 'whole' then c."#present" and (c."#key" is null or refused) and own.kept = ${texts(target, 't.')}
              and own.derived = '{}'
            when 'absent' then c."#key" is not null and not refused and c."#present" is null and own.kept = '{}'
              and own.derived = ${texts(target, 'e.')}
            else c."#key" is not null and not refused and c."#present" and own.kept <> '{}'
              and own.kept = w.found and own.derived = w.expected
          end
          and own.target_family = coalesce(case when c."#present" then coalesce(${family('t.')}) else c."#family" end, '')
          and own.family = coalesce(case when not refused then c."#family" end, ${family('t.')}, '')`
}

/** Every column of a found or an expected row as its text form. */
const texts = ({ columns }: TargetTable, side: 'e.' | 't.'): SQL =>
  sql`jsonb_object(array[${list(
    columns.flatMap((each) => [sql`${each.name}::text`, textForm(column('c', side + each.name), typeOf(each))]),
  )}])`

/** The judged rows once so many relations were asked, or none. */
const step = (i: number): SQL => (i < 0 ? sql`judged` : sql`${sql.identifier(`considered ${i}`)}`)

const flag = (i: number): SQL => column('c', `gone ${i}`)

/** Whether another row has the value: one of a smaller key, or one to which the target's own applications gave it. */
const lost = ({ system }: Bound, { table, columns, key, relation }: TargetTable, unique: UniqueKey): SQL => sql`exists (
        select from ${tableSql(table)} as x
        where ${all(unique.columns.map(({ name }) => sql`${column('x', name)} = ${column('c', name)}`))}
          and (row(${list(keyOf({ columns, key }).map(({ name }) => column('x', name)))}) < row(${list(keyOf({ columns, key }).map(({ name }) => column('c', name)))})
            or (${all(key.map((name) => sql`${column('x', name)} = ${column('c', name)}`))}) is not true
            and exists (
              select
              from ${targetComplement} as own
              where own.system = ${system.name}
                and own.relation = ${relation}
                and own.key = ${keyText(key.map((name) => column('x', name)))}
                and (own.kind = 'whole' or own.kept ?| array[${list(unique.columns.map(({ name }) => sql`${name}::text`))}]))))`

/**
 * Whether the target's own applications deleted row `c`, or gave it something else than the unique value or the reference
 * that is derived.
 */
const isGivenElse = ({ system }: Bound, target: TargetTable, { columns }: UniqueKey | Reference): SQL => sql`exists (
        select
        from ${targetComplement} as own
        where own.system = ${system.name}
          and own.relation = ${target.relation}
          and own.key = c."#key"
          and (own.kind = 'absent' and own.derived = ${textsOfRow(target, 'c')} or own.kind = 'part' and (${sql.join(
            columns.map(
              (each) => sql`own.kept ? ${each.name}::text
            and own.derived ->> ${each.name}::text is not distinct from ${textForm(column('c', each.name), typeOf(each))}`,
            ),
            sql` or `,
          )})))`

const dangling = ({ columns, parent, parentColumns }: Reference): SQL => sql`(${all(
  columns.map(({ name }) => sql`${column('c', name)} is not null`),
)} and not exists (
        select from ${tableSql(parent)} as p
        where ${all(parentColumns.map(({ name }, i) => sql`${column('p', name)} = ${column('c', columns[i]?.name ?? name)}`))}))`

/** The columns in which the expected and the found row differ, with the text forms of one of them. */
const differs = ({ columns }: TargetTable, side: 'e.' | 't.'): SQL =>
  textsOf(
    columns.map((each) => {
      const type = typeOf(each)
      const value = (prefix: string) => column('c', prefix + each.name)
      return {
        name: each.name,
        differs: textDiffers(value('e.'), value('t.'), type),
        text: textForm(value(side), type),
      }
    }),
  )
