import { type SQL, sql } from 'drizzle-orm'
import { targetComplement } from '../../../schema/ledger.ts'
import type { Bound, TargetTable } from '../bound.ts'
import { nullable, references, uniqueKeys } from '../constraints.ts'
import { lineageOf } from '../lineage.ts'
import { tableName, tableSql } from '../shape.ts'
import { all, column, list, rowOf, sameImage, setNull, textDiffers, textForm } from '../sql.ts'
import { yields } from './legacy.ts'
import { answeredElsewhere, hasOwn } from './own.ts'
import { joinedFamilies } from './reached.ts'
import {
  asideRows,
  familyIn,
  isOwn,
  isWritten,
  keyIn,
  ofFamilies,
  ownOf,
  sameKey,
  settledRows,
  staysOwn,
} from './settled.ts'
import { typeOf } from './texts.ts'
import { namesOf, upsert } from './upsert.ts'
import { anywhere, asides, families, keysOf, more, native, own, unfollowed, yielding } from './variables.ts'

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
      insert into ${tableSql(target.table)} as t (${namesOf(target)})
      select ${list(target.columns.map(({ name }) => column('s', name)))}
      from settled as s
      where not s."#refused"
        and not (${own} and ${hasOwn(bound, target, sql`s."#key"`)})
        and not ${isThere(target, 's')}
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
      -- counted: for a first row alone, which there hardly ever is, every row would be compared with every other
      ${native} and (
        select count(*) > 0
        from (
          select
          from settled as s
          left join ${tableSql(target.table)} as t on ${sameKey(target, 's', 't')}
          where not s."#refused"
            and (${column('t', target.key[0] ?? '')} is null
              or ${isWritten(bound, target, 't')}
              and not ${sameImage(rowOf('s', target.columns), rowOf('t', target.columns))})
          union all
          select
          from ${tableSql(target.table)}
          where (${ofFamilies(target)})
            and not ${answeredElsewhere(bound, target)}
            and not exists (select from settled as s where not s."#refused" and ${sameKey(target, 's', relation)})) as otherwise),
      case when ${native} then ${refusedColumns(bound, target)} end
    into ${keys}, ${more}, ${asides}, ${unfollowed}, ${yielding}`
}

/**
 * Whether row `alias` is in the table as it is. An upsert would lock that row before it finds nothing to do, and an
 * application that has written it and waits for its family would wait for us in a circle.
 */
const isThere = (target: TargetTable, alias: string): SQL => sql`exists (
          select from ${tableSql(target.table)} as t
          where ${sameKey(target, alias, 't')} and ${sameImage(rowOf(alias, target.columns), rowOf('t', target.columns))})`

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
 * gives otherwise: the complement has kept something else there, of the row's family or of one whose rows restore joins to it,
 * and it need only yield where it is what deriving shows.
 */
function refusedColumns(bound: Bound, target: TargetTable): SQL {
  const { values } = lineageOf(target.derive, bound.sources)
  const sources = (name: string) => [...(values.get(name) ?? [])].map((source) => sql`${source}::text`)
  const arms = target.columns.flatMap((each) => {
    const [type, shown] = [typeOf(each), column('s', each.name)]
    const differs = textDiffers(shown, column('t', each.name), type)
    return sources(each.name).map((source) => sql`(${source}, ${textForm(shown, type)}, ${differs})`)
  })
  if (arms.length === 0) return sql`'{}'::text[]`
  const [source, family] = [sql`y.source`, sql`f.family`]
  return sql`array(
        select distinct case when ${anywhere} then ${yields(source, family)} else ${yields(source, family, sql`y.shown`)} end
        from settled as s
        join ${tableSql(target.table)} as t on ${sameKey(target, 's', 't')}
        cross join lateral (values ${list(arms)}) as y(source, shown, differs)
        cross join lateral (
          select ${familyIn(bound, target, 't')}${sql.join(joinedFamilies(bound, target, 't'), sql``)}) as f(family)
        where not s."#refused"
          and y.differs
          and ${isWritten(bound, target, 't')}
          and not ${sameImage(rowOf('s', target.columns), rowOf('t', target.columns))})`
}

/** Deletes the rows of the families that nothing yields any longer. */
export function removeStale(bound: Bound, target: TargetTable): SQL {
  return sql`
    delete from ${tableSql(target.table)}
    where (${ofFamilies(target)})
      and not exists (
        select from unnest(${keysOf(bound.target.indexOf(target))}) as settled(key)
        where settled.key = ${keyIn(target, target.relation)})`
}
