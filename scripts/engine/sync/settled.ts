import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
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
import { judgedRows } from '../judge.ts'
import { held } from '../quarantine.ts'
import { familyColumnsOf } from '../rows.ts'
import { tableName, tableSql } from '../shape.ts'
import { all, column, keyText, list, textForm, typeSql } from '../sql.ts'
import { textsOfRow } from './texts.ts'
import { aside, families, keysOf, native, own, theFamilies, withheld, writtenOf } from './variables.ts'

/** The key of row `alias` of a target table as the ledger writes it. */
export const keyIn = (target: TargetTable, alias: string): SQL => keyText(target.key.map((name) => column(alias, name)))

/** Whether row `alias` of a target table has the key that the ledger writes as `text`. */
export function hasKey(target: TargetTable, alias: string, text: SQL): SQL {
  const [only, ...more] = keyOf(target)
  return only && more.length === 0
    ? sql`${column(alias, only.name)} = ${text}::${typeSql(only)}`
    : sql`${keyIn(target, alias)} = ${text}`
}

/** Rows of the table itself, without an alias, that belong to the families. */
export const ofFamilies = ({ table }: TargetTable): SQL => theFamilies.match(table) ?? sql`true`

/** Whether two rows of a target table have one key. */
export const sameKey = ({ key }: TargetTable, a: string, b: string): SQL =>
  all(key.map((name) => sql`${column(a, name)} = ${column(b, name)}`))

/** What the target has of its own, of one table: rows `d` of the ledger. */
export const ownOf = (bound: Bound, target: TargetTable, alias = 'd'): SQL =>
  sql`${sql.identifier(alias)}.system = ${bound.system.name} and ${sql.identifier(alias)}.relation = ${target.relation}`

/** Whether the target's own applications have just written row `alias`: it is not to be overwritten. */
export const isWritten = (bound: Bound, target: TargetTable, alias: string): SQL =>
  sql`${keyIn(target, alias)} = any (${writtenOf(bound.target.indexOf(target))})`

/** A relation that may cost a derived row something: when it does, by which flag, and what is given up. */
interface Relation {
  name: string
  sqlstate: string
  given: PgColumn[]
  /** What the quarantine holds of it. */
  holds: readonly PgColumn[]
  /** Whether the considered row `c` is refused by it. */
  refused: SQL
  reason: SQL
}

/**
 * The common table expressions that end in `settled`: what a target table gets of the families, each row with "#key",
 * "#family" and "#refused". A row that is wrong in itself is refused; one that is refused because of another row (unique,
 * foreign key) gives up only what relates them, where that may be null. The same rules as a copy's (stage.ts), over the tables
 * as they are: all claimants of a value are among the families, and tables that are referred to were settled before.
 */
export function settledRows(bound: Bound, target: TargetTable): SQL {
  const relations = relationsOf(target)
  const refusing = relations.filter(({ given }) => given.length === 0).map(({ refused }) => refused)
  const isRefused = [sql`c."#refusal" is not null`, ...refusing.map((each) => sql`coalesce(${each}, false)`)]
  const value = ({ name }: PgColumn): SQL => {
    const by = relations.filter(({ given }) => given.some((each) => each.name === name)).map(({ refused }) => refused)
    return by.length === 0
      ? column('c', name)
      : sql`case when not coalesce(${sql.join(by, sql` or `)}, false) then ${column('c', name)} end as ${sql.identifier(name)}`
  }
  return sql`judged as materialized (
      select *
      from ${judgedRows(bound, target, theFamilies)} as judged
      where ${withheld} is null${stillWithheld(bound)}),
    referring as (
      select j.*${sql.join(danglings(bound, target), sql``)}
      from judged as j),
    ${list(claiming(bound, target))},
    settled as (
      select c."#key", c."#family",
        ${opaque(sql.join(isRefused, sql` or `))} as "#refused",
        ${list(target.columns.map(value))}
      from considered as c)`
}

/** Families that the target refused as a whole are tried again when the legacy writes them, and not before. */
export const stillWithheld = ({ system }: Bound): SQL => sql`
        and not (${native} and ${aside} and exists (
          select
          from ${quarantine} as q
          where q.system = ${system.name}
            and q.scope = 'family'
            and q.family = judged."#family"))`

/**
 * A condition that the planner cannot look into, and takes to hold for half of the rows. That a column of judged rows is
 * null, of which nobody has statistics, it takes to hold for one of two hundred, and then compares every row with every other.
 */
const opaque = (condition: SQL): SQL => sql`case when ${condition} then true else false end`

/** Whether the judged row `alias` is not refused, as a condition of a join. */
export const isSound = (alias: string): SQL => opaque(sql`${column(alias, '#refusal')} is null`)

/** What is set aside of the considered rows, as `quarantine` wants it. */
export function asideRows(target: TargetTable): SQL {
  const entries = relationsOf(target).map(
    ({ name, sqlstate, given, holds, refused, reason }) =>
      sql`(case when ${refused} then ${name} end, ${sqlstate}, ${given.length ? 'value' : 'row'}, ${reason}, ${held('c', holds)})`,
  )
  const refusal = sql`(c."#refusal"[1], c."#refusal"[2], 'row', c."#refusal"[3], '{}'::jsonb)`
  return sql`
      select c."#key" as key, c."#family" as family, a.*
      from considered as c
      cross join lateral (values ${list([refusal, ...entries])}) as a(constraint_name, sqlstate, scope, reason, held)
      where a.constraint_name is not null`
}

/** One column for each reference: whether nothing is referred to. */
const danglings = (bound: Bound, target: TargetTable): SQL[] =>
  references(target.table).map(
    (reference, i) => sql`, ${dangling(bound, target, reference)} as ${flagName('dangling', i)}`,
  )

/** One common table expression for each unique key, which adds the key of who has the value; the last is `considered`. */
function claiming(bound: Bound, target: TargetTable): SQL[] {
  const unique = uniqueKeys(target.table)
  if (unique.length === 0) return [sql`considered as (select * from referring)`]
  const name = (i: number) =>
    i < 0 ? sql`referring` : i === unique.length - 1 ? sql`considered` : flagName('claiming', i)
  return unique.map(
    (_, i) => sql`${name(i)} as (
      select j.*, ${winner(bound, target, i)} as ${flagName('winner', i)}
      from ${name(i - 1)} as j)`,
  )
}

/**
 * Whether row `j` lacks a row that it must refer to, or to which it refers by some of the columns of a unique key, or has lost
 * by an earlier one what it would claim this one with.
 */
function isWithout({ table }: TargetTable, place: number): SQL {
  const unique = uniqueKeys(table)[place] as UniqueKey
  const flags = [
    ...claimedThrough(table, unique).map((i) => sql`j.${flagName('dangling', i)}`),
    ...claimedAfter(table, place).map((i) => sql`j.${flagName('winner', i)} <> j."#key"`),
  ]
  return flags.length ? sql`(${sql.join(flags, sql` or `)})` : sql`false`
}

const flagName = (what: string, i: number): SQL => sql`${sql.identifier(`${what} ${i}`)}`

function relationsOf({ table }: TargetTable): Relation[] {
  const says = (columns: readonly PgColumn[]) =>
    sql`concat_ws(', ', ${list(columns.map(({ name }) => sql`${`${name} = `}::text || ${column('c', name)}::text`))})`
  return [
    ...uniqueKeys(table).map(
      ({ name, columns }, i): Relation => ({
        name,
        sqlstate: '23505',
        given: nullable(columns),
        holds: heldOf(columns),
        refused: sql`c.${flagName('winner', i)} <> c."#key"`,
        reason: sql`${says(columns)} || ' is taken by ' || c.${flagName('winner', i)}`,
      }),
    ),
    ...references(table).map(
      ({ name, columns, parent }, i): Relation => ({
        name,
        sqlstate: '23503',
        given: nullable(columns),
        holds: heldOf(columns),
        refused: sql`c.${flagName('dangling', i)}`,
        reason: sql`${says(columns)} || ${` refers to no row of ${tableName(parent)}`}::text`,
      }),
    ),
  ]
}

/**
 * Who keeps a unique value that row `j` claims: a row that the target's own applications have given it, or else the
 * claimant with the smallest primary key. One that they deleted, or to which they gave another value or none, claims nothing.
 */
function winner(bound: Bound, target: TargetTable, place: number): SQL {
  const unique = uniqueKeys(target.table)[place] as UniqueKey
  const { columns } = unique
  const claims = sql`j."#refusal" is null and ${isWithout(target, place)} is not true and ${all(columns.map(({ name }) => sql`${column('j', name)} is not null`))}
          and not ${isGivenElse(bound, target, unique)}`
  const values = list(columns.map(({ name }) => column('j', name)))
  const keys = list(target.key.map((name) => column('j', name)))
  return sql`case when ${claims} then coalesce(
          case when ${own} or ${native} then (
            select ${keyIn(target, 'x')}
            from ${tableSql(target.table)} as x
            where ${all(columns.map(({ name }) => sql`${column('x', name)} = ${column('j', name)}`))}
              and not (${sameKey(target, 'x', 'j')})
              and (${native} and ${isWritten(bound, target, 'x')} or ${staysOwn(bound, target, 'x', columns)})
            limit 1) end,
          first_value(j."#key") over (partition by (${claims}), ${values} order by ${keys})) end`
}

/**
 * Whether the target's own applications deleted row `j`, or gave it something else than the unique value or the reference
 * that is derived. One that waits for it has none, and need not have been told so.
 */
function isGivenElse(bound: Bound, target: TargetTable, { name, columns }: UniqueKey | Reference): SQL {
  const either = (condition: (each: PgColumn) => SQL) => sql`(${sql.join(columns.map(condition), sql` or `)})`
  const waits = sql`${either((each) => sql`${column('e', each.name)} is null`)} and exists (
                  select
                  from ${quarantine} as q
                  where q.system = ${bound.system.name}
                    and q.relation = ${target.relation}
                    and q.key = j."#key"
                    and q.constraint_name = ${name})`
  return sql`((${own} or ${native}) and (exists (
              select
              from ${tableSql(target.table)} as e
              where ${sameKey(target, 'e', 'j')}
                and ${either((each) => sql`${column('e', each.name)} is distinct from ${column('j', each.name)}`)}
                and (${native} and ${isWritten(bound, target, 'e')} and not (${waits}) or ${staysOwn(bound, target, 'e', columns)}))
            or exists (
              select
              from ${targetComplement} as d
              where ${ownOf(bound, target)}
                and d.key = j."#key"
                and d.kind = 'absent'
                and (d.derived = '{}' or d.derived = ${textsOfRow(target, 'j')}))))`
}

/**
 * Whether row `alias` goes on holding what only its own applications gave it: a row that nothing yields, or a value that was
 * derived otherwise and still is. What the legacy has changed since wins over it (see `overrule`).
 */
export const staysOwn = (
  bound: Bound,
  target: TargetTable,
  alias: string,
  columns: readonly PgColumn[],
): SQL => sql`exists (
                select
                from ${targetComplement} as d
                left join judged as y on y."#key" = d.key and ${isSound('y')}
                where ${ownOf(bound, target)}
                  and d.key = ${keyIn(target, alias)}
                  and (d.kind = 'whole' and y."#key" is null
                    or d.kind = 'part' and y."#key" is not null and (${sql.join(
                      columns.map(
                        (each) => sql`d.kept ? ${each.name}::text
                        and d.derived ->> ${each.name}::text is not distinct from ${textForm(column('y', each.name), each.getSQLType())}`,
                      ),
                      sql` or `,
                    )})))`

/** Whether one of the columns of row `alias` of the target holds what only its own applications wrote. */
export const isOwn = (
  bound: Bound,
  target: TargetTable,
  alias: string,
  columns: readonly PgColumn[],
): SQL => sql`exists (
                select from ${targetComplement} as d
                where ${ownOf(bound, target)}
                  and d.key = ${keyIn(target, alias)}
                  and (d.kind = 'whole' or d.kept ?| array[${list(columns.map(({ name }) => sql`${name}::text`))}]))`

/** Whether row `j` refers to a row that will not be there, and its own applications have not given it anything else. */
function dangling(bound: Bound, target: TargetTable, reference: Reference): SQL {
  const { columns, parent, parentColumns } = reference
  const place = bound.target.findIndex(({ table }) => tableName(table) === tableName(parent))
  const settledParent = bound.target[place]
  const claims = sql`j."#refusal" is null and ${all(columns.map(({ name }) => sql`${column('j', name)} is not null`))}
          and not ${isGivenElse(bound, target, reference)}`
  const is = (alias: string) =>
    all(parentColumns.map(({ name }, i) => sql`${column(alias, name)} = ${column('j', columns[i]?.name ?? name)}`))
  if (settledParent === target) {
    return sql`${claims} and not exists (select from judged as p where ${is('p')} and ${isSound('p')})
        and not exists (select from ${tableSql(parent)} as p where ${is('p')})`
  }
  const stays = settledParent
    ? sql` and (${keysOf(place)} is null or ${keyIn(settledParent, 'p')} = any (${keysOf(place)})
            or ${native} or ${familyIn(bound, settledParent, 'p')} <> all (${families}))`
    : sql``
  return sql`${claims} and not exists (select from ${tableSql(parent)} as p where ${is('p')}${stays})`
}

/** The family of row `alias` of a target table. */
export const familyIn = (bound: Bound, target: TargetTable, alias: string): SQL =>
  sql`coalesce(${list(familyColumnsOf(bound, target.name, bound.system.target).map((name) => sql`${column(alias, name)}::text`))}, '')`
