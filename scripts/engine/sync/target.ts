import { type SQL, sql } from 'drizzle-orm'
import { complement, quarantine, targetComplement } from '../../../schema/ledger.ts'
import { type Bound, keyOf, type TargetTable } from '../bound.ts'
import { nullable, references, uniqueKeys } from '../constraints.ts'
import { lineageOf } from '../lineage.ts'
import { orRecordAnew } from '../quarantine.ts'
import { tableName, tableSql } from '../shape.ts'
import { all, column, list, rowOf, sameImage, setNull, textDiffers, textForm, textsOf, typeSql } from '../sql.ts'
import {
  asideRows,
  familyIn,
  hasKey,
  isOwn,
  isWritten,
  keyIn,
  ownOf,
  sameKey,
  settledRows,
  staysOwn,
} from './settled.ts'
import {
  aside,
  asides,
  families,
  keysOf,
  more,
  moved,
  native,
  own,
  parts,
  theFamilies,
  unfollowed,
  whole,
  withheld,
  writtenOf,
  yielding,
} from './variables.ts'

const names = ({ columns }: TargetTable): SQL => list(columns.map(({ name }) => sql`${sql.identifier(name)}`))

/** Rows of the table itself, without an alias, that belong to the families. */
export const ofFamilies = ({ table }: TargetTable): SQL => theFamilies.match(table) ?? sql`true`

/** The type of a column as `textForm` wants it: an array has the text of an array, whatever is in it. */
export const typeOf = (each: TargetTable['columns'][number] & { dimensions?: number }): string =>
  each.dimensions ? `${each.getSQLType()}[]` : each.getSQLType()

/** Every column of row `alias` as its text form. */
export const textsOfRow = ({ columns }: TargetTable, alias: string): SQL =>
  sql`jsonb_object(array[${list(
    columns.flatMap((each) => [sql`${each.name}::text`, textForm(column(alias, each.name), typeOf(each))]),
  )}])`

/** The columns in which rows `s` and `t` differ, with the text forms of `shown`. */
export const differing = (columns: TargetTable['columns'], shown: 's' | 't'): SQL =>
  textsOf(
    columns.map((each) => ({
      name: each.name,
      differs: textDiffers(column('s', each.name), column('t', each.name), typeOf(each)),
      text: textForm(column(shown, each.name), typeOf(each)),
    })),
  )

/** `on conflict … do update` of the rows that differ, of those only that `condition` lets. */
function upsert(target: TargetTable, condition?: SQL): SQL {
  const changed = target.columns.filter(({ name }) => !target.key.includes(name))
  const key = list(target.key.map((name) => sql`${sql.identifier(name)}`))
  if (changed.length === 0) return sql`on conflict (${key}) do nothing`
  return sql`on conflict (${key}) do update
      set ${list(changed.map(({ name }) => sql`${sql.identifier(name)} = ${column('excluded', name)}`))}
      where not ${sameImage(rowOf('t', target.columns), rowOf('excluded', target.columns))}${condition ? sql` and ${condition}` : sql``}`
}

/** Whether the ledger keeps something of the target's own for the row of a key. */
const hasOwn = (bound: Bound, target: TargetTable, key: SQL): SQL =>
  sql`exists (select from ${targetComplement} as d where ${ownOf(bound, target)} and d.key = ${key})`

/**
 * Unique values that change hands among the families are let go first: a constraint is checked row by row. A row that
 * cannot be without its value goes until it is followed, unless it has something of the target's own.
 */
export function release(bound: Bound, target: TargetTable): SQL[] {
  const t = target.relation
  return uniqueKeys(target.table).map(({ columns }) => {
    const given = nullable(columns)
    const claims = all(columns.map(({ name }) => sql`${column('s', name)} = ${column(t, name)}`))
    return sql`
    with ${settledRows(bound, target)}
    ${given.length ? sql`update ${tableSql(target.table)} set ${setNull(given)}` : sql`delete from ${tableSql(target.table)}`}
    where (${ofFamilies(target)})
      and exists (select from settled as s where not s."#refused" and ${claims} and not (${sameKey(target, 's', t)}))
      and not (${native} and ${isWritten(bound, target, t)})
      and not (${own} and ${given.length ? staysOwn(bound, target, t, columns) : hasOwn(bound, target, keyIn(target, t))})`
  })
}

/**
 * The target follows the legacy where nothing of its own is in the way. Yields the keys of the rows that there should
 * be, the families under which rows are found otherwise, what is set aside, and whether a row was left as it is.
 */
export function follow(bound: Bound, target: TargetTable): SQL {
  const { relation } = target
  const keys = keysOf(bound.target.indexOf(target))
  return sql`
    with ${settledRows(bound, target)},
    written as (
      insert into ${tableSql(target.table)} as t (${names(target)})
      select ${list(target.columns.map(({ name }) => column('s', name)))}
      from settled as s
      where not s."#refused"
        and not (${own} and ${hasOwn(bound, target, sql`s."#key"`)})
      ${upsert(target, sql`not (${native} and ${isWritten(bound, target, 't')})`)}
      returning ${keyIn(target, 't')} as key, ${familyIn(bound, target, 't')} as family)
    select
      array(select s."#key" from settled as s where not s."#refused")
        || case when ${own} then array(
          select d.key
          from ${targetComplement} as d
          where ${ownOf(bound, target)}
            and d.family = any (${families})
            and d.kind = 'whole'${sql.join(neededByOwn(bound, target), sql``)}) end,
      (select array_agg(distinct w.family) from written as w where w.family <> all (${families})),
      (select jsonb_agg(a) from (${asideRows(target)}) as a),
      ${native} and exists (
        select from settled as s
        left join ${tableSql(target.table)} as t on ${sameKey(target, 's', 't')}
        where not s."#refused"
          and (${column('t', target.key[0] ?? '')} is null
            or ${isWritten(bound, target, 't')}
            and not ${sameImage(rowOf('s', target.columns), rowOf('t', target.columns))})
        union all
        select from ${tableSql(target.table)}
        where (${ofFamilies(target)})
          and not ${answeredElsewhere(bound, target)}
          and not exists (select from settled as s where not s."#refused" and ${sameKey(target, 's', relation)}))
,
      case when ${native} then ${refusedColumns(bound, target)} end
    into ${keys}, ${more}, ${asides}, ${unfollowed}, ${yielding}`
}

/** The keys of the table's rows of the families to which rows refer that the target's own applications wrote. */
const neededByOwn = (bound: Bound, target: TargetTable): SQL[] =>
  bound.target.flatMap((child) =>
    references(child.table)
      .filter(({ parent }) => tableName(parent) === tableName(target.table))
      .map(
        ({ columns, parentColumns }) => sql`
          union all
          select ${keyIn(target, target.relation)}
          from ${tableSql(target.table)}
          where (${ofFamilies(target)})
            and exists (
              select
              from ${tableSql(child.table)} as c
              where ${all(parentColumns.map((each, i) => sql`${column('c', columns[i]?.name ?? '')} = ${column(target.relation, each.name)}`))}
                and ${isOwn(bound, child, 'c', columns)})`,
      ),
  )

/**
 * The legacy columns from which the values are derived that a row just got from its own applications, and that deriving
 * gives otherwise: the complement has kept something else there.
 */
function refusedColumns(bound: Bound, target: TargetTable): SQL {
  const { values } = lineageOf(target.derive, bound.sources)
  const sources = (name: string) => [...(values.get(name) ?? [])].map((source) => sql`${source}::text`)
  const arms = target.columns
    .filter(({ name }) => sources(name).length > 0)
    .map(
      (each) =>
        sql`case when ${textDiffers(column('s', each.name), column('t', each.name), typeOf(each))} then array[${list(sources(each.name))}] end`,
    )
  return sql`array(
        select distinct y.source
        from settled as s
        join ${tableSql(target.table)} as t on ${sameKey(target, 's', 't')}
        cross join lateral unnest(${sql.join(arms, sql` || `)}) as y(source)
        where not s."#refused"
          and ${isWritten(bound, target, 't')}
          and not ${sameImage(rowOf('s', target.columns), rowOf('t', target.columns))})`
}

/** The quarantine says of the table's rows of the families what was just found, and nothing else. */
export const setAside = (bound: Bound, { relation }: TargetTable): SQL => sql`
    with found as (
      select distinct on (key, constraint_name) *
      from jsonb_to_recordset(${asides}) as a(key text, family text, constraint_name text, sqlstate text, scope text,
        reason text, held jsonb)),
    forgotten as (
      delete from ${quarantine} as q
      where q.system = ${bound.system.name}
        and q.relation = ${relation}
        and q.family = any (${families})
        and not (${native} and q.scope = 'family')
        and not exists (select from found as f where f.key = q.key and f.constraint_name = q.constraint_name))
    insert into ${quarantine} as q (system, relation, key, family, scope, constraint_name, sqlstate, reason, held)
    select ${bound.system.name}, ${relation}, key, family, scope, constraint_name, sqlstate, reason, held
    from found
    ${orRecordAnew}
    where (q.family, q.scope, q.sqlstate, q.reason, q.held)
      is distinct from (excluded.family, excluded.scope, excluded.sqlstate, excluded.reason, excluded.held)`

/** The families are set aside whole, for the reason that `withheld` says. */
export const setFamiliesAside = (bound: Bound): SQL => sql`
    insert into ${quarantine} (system, relation, key, family, scope, constraint_name, sqlstate, reason)
    select ${bound.system.name}, coalesce((
        select known
        from unnest(array[${list(bound.target.map(({ relation }) => sql`${relation}::text`))}]) as known
        where known = ${withheld} ->> 'relation'), ${bound.target[0]?.relation ?? ''}::text),
      family, family, 'family', ${withheld} ->> 'constraint', ${withheld} ->> 'sqlstate', ${withheld} ->> 'reason'
    from unnest(${families}) as family
    ${orRecordAnew}`

/** Deletes the rows of the families that nothing yields any longer. */
export function removeStale(bound: Bound, target: TargetTable): SQL {
  return sql`
    delete from ${tableSql(target.table)}
    where (${ofFamilies(target)})
      and not exists (
        select from unnest(${keysOf(bound.target.indexOf(target))}) as settled(key)
        where settled.key = ${keyIn(target, target.relation)})`
}

/**
 * Rows that have something of the target's own get the rest of what deriving gives. When it is the legacy that was
 * written, that wins: where deriving gives another value than it gave when the target's own was kept, it is taken.
 */
export function overrule(bound: Bound, target: TargetTable): SQL {
  const value = (each: TargetTable['columns'][number]): SQL => {
    const derived = textForm(column('s', each.name), typeOf(each))
    return sql`case when d.kind = 'part' and d.kept ? ${each.name}::text
          and (${native} or d.derived ->> ${each.name}::text is not distinct from ${derived})
        then ${column('o', each.name)} else ${column('s', each.name)} end`
  }
  return sql`
    with ${settledRows(bound, target)}
    insert into ${tableSql(target.table)} as t (${names(target)})
    select ${list(target.columns.map(value))}
    from ${targetComplement} as d
    join settled as s on s."#key" = d.key
    left join ${tableSql(target.table)} as o on ${sameKey(target, 'o', 's')}
    where ${ownOf(bound, target)}
      and d.family = any (${families})
      and not s."#refused"
      and (not ${native} or d.kind = 'part' and (d.derived ? '#mark'
        or ${column('o', target.key[0] ?? '')} is not null and d.key <> all (${writtenOf(bound.target.indexOf(target))})))
      and (d.kind <> 'absent' or d.derived <> '{}' and d.derived <> ${textsOfRow(target, 's')})
    ${upsert(target)}`
}

/** Whether the target's own applications moved the row here from another family, which the ledger keeps it under. */
const answeredElsewhere = (bound: Bound, target: TargetTable): SQL => sql`exists (
            select
            from ${targetComplement} as d
            where ${ownOf(bound, target)}
              and d.key = ${keyIn(target, target.relation)}
              and d.family <> all (${families}))`

/** Whether the table's row is one of `settled`: an array, unlike `exists`, an index can answer beside other conditions. */
function isSettled(target: TargetTable): SQL {
  const [only, ...more] = target.key
  return only !== undefined && more.length === 0
    ? sql`${column(target.relation, only)} = any (array(select ${column('s', only)} from settled as s))`
    : sql`exists (select from settled as s where ${sameKey(target, 's', target.relation)})`
}

/** Whether the ledger keeps something of the table's row for one of the families. */
function isNotedOf(bound: Bound, target: TargetTable): SQL {
  const noted = sql`${targetComplement} as d where ${ownOf(bound, target)} and d.family = any (${families})`
  const [only, ...more] = keyOf(target)
  return only && more.length === 0
    ? sql`${column(target.relation, only.name)} = any (array(select d.key::${typeSql(only)} from ${noted}))`
    : sql`exists (select from ${noted} and ${hasKey(target, target.relation, sql`d.key`)})`
}

/** What the target has of its own of the families: what deriving does not give, beside what it gives. */
export function keepOwn(bound: Bound, target: TargetTable): SQL {
  const key = target.key[0] ?? ''
  return sql`
    with ${settledRows(bound, target)},
    pair as (
      select coalesce(s."#family", ${familyIn(bound, target, 't')}) as family,
        case when ${column('t', key)} is null then s."#family" else ${familyIn(bound, target, 't')} end as target_family,
        coalesce(s."#key", ${keyIn(target, 't')}) as key,
        case when s."#key" is null then 'whole' when ${column('t', key)} is null then 'absent' else 'part' end as kind,
        case
          when s."#key" is null then ${textsOfRow(target, 't')}
          when ${column('t', key)} is null then '{}'
          else ${differing(target.columns, 't')}
        end as kept,
        case
          when s."#key" is null then '{}'
          when ${column('t', key)} is null then ${textsOfRow(target, 's')}
          else ${differing(target.columns, 's')}
        end as derived
      from (
        select *
        from settled
        where not "#refused") as s
      full join (
        select ${target.relation === 't' ? sql`*` : sql`${sql.identifier(target.relation)}.*`}
        from ${tableSql(target.table)}
        where (${ofFamilies(target)}) and not ${answeredElsewhere(bound, target)}
          or ${isSettled(target)}
          or ${isNotedOf(bound, target)}) as t on ${sameKey(target, 's', 't')}),
    found as (
      select *
      from pair
      where kind <> 'part'
        or kept <> '{}'),
    forgotten as (
      delete from ${targetComplement} as d
      where ${ownOf(bound, target)}
        and d.family = any (${families})
        and not exists (select from found as f where f.key = d.key))
    insert into ${targetComplement} as d (system, relation, key, family, target_family, kind, kept, derived)
    select ${bound.system.name}, ${target.relation}, key, family, target_family, kind, kept, derived
    from found
    on conflict (system, relation, key) do update
    set family = excluded.family,
      target_family = excluded.target_family,
      kind = excluded.kind,
      kept = excluded.kept,
      derived = excluded.derived
    where (d.family, d.target_family, d.kind, d.kept, d.derived)
      is distinct from (excluded.family, excluded.target_family, excluded.kind, excluded.kept, excluded.derived)`
}

/**
 * Whether anything is set aside of the families, the target's own, or kept as a whole legacy row; whether what is own
 * may have put a row under another family than the one that answers for it, and whether it is parts of rows alone.
 */
export const whatIsNoted = (bound: Bound): SQL => sql`
    select
      exists (select from ${quarantine} as q where q.system = ${bound.system.name} and q.family = any (${families})),
      coalesce(d.rows, 0) > 0,
      coalesce(d.moved, false),
      exists (
        select from ${complement} as k
        where k.system = ${bound.system.name}
          and k.family = any (${families})
          and k.kind = 'whole'),
      coalesce(d.parts, true)
    from (
      select count(*) as rows, bool_or(d.family <> d.target_family) as moved, bool_and(${isOwnPart}) as parts
      from ${targetComplement} as d
      where d.system = ${bound.system.name}
        and (d.family = any (${families}) or d.target_family = any (${families}))) as d
    into ${aside}, ${own}, ${moved}, ${whole}, ${parts}`

/** Whether what is own is a part of a row that is carried, and of the family that answers for it. */
const isOwnPart = sql`d.kind = 'part' and d.family = d.target_family and not d.derived ? '#mark'`

/** Whether anything is set aside of one family, or something of it is the target's own that is more than a part of a row. */
export const isNoted = (bound: Bound, family: SQL): SQL => sql`(
            exists (select from ${quarantine} as q where q.system = ${bound.system.name} and q.family = ${family})
            or exists (
              select
              from ${targetComplement} as d
              where d.system = ${bound.system.name}
                and (d.family = ${family} or d.target_family = ${family})
                and not (${isOwnPart})))`
