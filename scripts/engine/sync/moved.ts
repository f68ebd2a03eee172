import { type SQL, sql } from 'drizzle-orm'
import { complement, family } from '../../../schema/ledger.ts'
import type { Bound, LegacyTable, TargetTable } from '../bound.ts'
import { among } from '../family.ts'
import { lineageOf } from '../lineage.ts'
import { familyColumnsOf } from '../rows.ts'
import { tableSql } from '../shape.ts'
import { all, column, keyText, list } from '../sql.ts'
import { raiseNotCarried } from './first.ts'
import { families, only, touched, variable } from './variables.ts'

/**
 * A row whose key the target's own applications change is the same row to the legacy only if it is told so: otherwise one
 * goes and one comes, and what the complement knew of the first is lost. The key is changed in place, in the legacy
 * and in its complement; the rest is written back like any other write.
 */

/** The row of a legacy table that gets another key. */
const move = variable('move')

/** The families in which legacy rows were and are that got another key. */
const moving = variable('moving')

/** Variables of the function in which keys are moved. */
export const movingVariables: SQL = sql`${move} record;
  ${moving} text[];`

interface KeyPart {
  /** A column of the legacy table's key, its live type, and the target's column from which alone it is restored. */
  name: string
  type: string
  source: string
}

/** The columns of a target table from which the key of a legacy table is restored; nothing where others have a part in it. */
export function keyParts(bound: Bound, target: TargetTable, legacy: LegacyTable): KeyPart[] {
  const { values } = lineageOf(legacy.restore, bound.system.target)
  const parts = legacy.key.flatMap((name): KeyPart[] => {
    const [first, ...more] = values.get(name) ?? []
    const type = legacy.live.columns.find((each) => each.name === name)?.type
    if (!first?.startsWith(`${target.relation}.`) || more.length > 0 || !type) return []
    return [{ name, type, source: first.slice(target.relation.length + 1) }]
  })
  return parts.length === legacy.key.length ? parts : []
}

/**
 * Changes the key of the legacy rows whose key an update of the target has changed, and adds their families to those that
 * are settled. A row that only the complement has, whatever the target's row says, stays what it is.
 */
export function moveKeys(bound: Bound, target: TargetTable, everything: SQL): SQL {
  const steps = bound.legacy
    .filter(({ keyed }) => keyed)
    .map((legacy) => ({ legacy, parts: keyParts(bound, target, legacy) }))
    .filter(({ parts }) => parts.length > 0)
    .map(({ legacy, parts }) => {
      const changed = sql`exists (${pairs(parts)})`
      // only a write that may have changed a key touches everything
      const inKey = parts.every(({ source }) => target.key.includes(source))
      return sql`
    if ${inKey ? sql`${touched} & ${everything} = ${everything} and ${changed}` : changed} then
      ${moveOf(bound, target, legacy, parts)}
      if ${moving} is not null then
        ${touched} := ${everything};
        ${families} := array(select unnest(${families}) union select unnest(${moving}));
      end if;
    end if;`
    })
  return sql.join(steps, sql``)
}

/**
 * An update puts the old and the new row into its transition tables at once, hence in one order. Their number is that of
 * the statement for which this was parsed: joined fully, they are hashed nevertheless.
 */
const pairs = (parts: readonly KeyPart[]): SQL => {
  const sources = (alias: string) => list(parts.map(({ source }) => column(alias, source)))
  return sql`
      select q."#place", ${list(parts.flatMap((_, i) => [column('q', `old ${i}`), column('q', `new ${i}`)]))}
      from (
        select n."#place", row(${sources('o')}) is distinct from row(${sources('n')}) as "#changed",
          ${list(parts.flatMap(({ source, type }, i) => [sql`${column('o', source)} as ${sql.identifier(`old ${i}`)}`, sql`${column('n', source)}::${sql.raw(type)} as ${sql.identifier(`new ${i}`)}`]))}
        from (select row_number() over () as "#place", * from old_rows) as o
        full join (select row_number() over () as "#place", * from new_rows) as n on n."#place" = o."#place"
        offset 0) as q
      where q."#changed"
        and ${all(parts.map((_, i) => sql`${column('q', `new ${i}`)} is not null`))}`
}

function moveOf(bound: Bound, target: TargetTable, legacy: LegacyTable, parts: readonly KeyPart[]): SQL {
  const { system } = bound
  const kept = sql`k.system = ${system.name} and k.relation = ${legacy.relation}`
  const wasOf = (pair: SQL) =>
    all(parts.map(({ name }, i) => sql`${column('l', name)} = ${pair}.${sql.identifier(`old ${i}`)}`))
  const familyWith = (value: (name: string) => SQL) =>
    sql`coalesce(${list(familyColumnsOf(bound, legacy.name, system.legacy).map((name) => sql`${value(name)}::text`))}, '')`
  const renamed = (name: string) => {
    const i = parts.findIndex((part) => part.name === name)
    return i < 0 ? column('l', name) : column('p', `new ${i}`)
  }
  const movable = sql`(
      select p.*, ${keyText(parts.map(({ name }) => column('l', name)))} as "old key", ${keyText(parts.map((_, i) => column('p', `new ${i}`)))} as "new key",
        ${familyWith((name) => column('l', name))} as "from", ${familyWith(renamed)} as "to"
      from (${pairs(parts)}) as p
      join ${tableSql(legacy.table)} as l on ${wasOf(sql`p`)}
      where not exists (
        select
        from ${complement} as k
        where ${kept}
          and k.key = ${keyText(parts.map(({ name }) => column('l', name)))}
          and k.kind = 'whole')) as m`
  const carried = (name: SQL) => sql`exists (
        select from ${family} as f where f.system = ${system.name} and f.family = ${name})`
  return sql`
      select array_agg(distinct f.name)
      into ${moving}
      from ${movable}
      cross join lateral (values (m."from"), (m."to")) as f(name);
      perform
      from ${family} as f
      where f.system = ${system.name}
        and f.family = any (${moving})
      order by f.family
      for update;
      -- a family that comes to be by this is carried where the one was from which its row comes
      insert into ${family} (system, family, touched_by)
      select distinct ${system.name}, m."to", pg_current_xact_id()
      from ${movable}
      where ${carried(sql`m."from"`)}
        and not ${isThere(bound, sql`m."to"`)}
      on conflict do nothing;
      select m."new key"
      into ${only}
      from ${movable}
      where not (${carried(sql`m."from"`)} and ${carried(sql`m."to"`)})
      limit 1;
      ${raiseNotCarried(target)};
      for ${move} in select * from ${movable} order by m."#place" loop
        ${only} := null;
        update ${tableSql(legacy.table)} as l
        set ${list(parts.map(({ name }, i) => sql`${sql.identifier(name)} = ${move}.${sql.identifier(`new ${i}`)}`))}
        where ${wasOf(move)}
        returning ${keyText(parts.map(({ name }) => column('l', name)))} into ${only};
        if ${only} is distinct from ${move}."new key" then
          raise exception '% keeps the row % under its key: a trigger of its own refuses another', ${`${legacy.live.schema}.${legacy.live.name}`}::text, ${move}."old key"
            using errcode = 'triggered_data_change_violation';
        end if;
        delete from ${complement} as k where ${kept} and k.key = ${move}."new key";
        update ${complement} as k
        set key = ${move}."new key"
        where ${kept}
          and k.key = ${move}."old key";
      end loop;
      ${only} := null;`
}

/** Whether either shape had rows of the family `name` before this transaction. */
function isThere(bound: Bound, name: SQL): SQL {
  const its = among(sql`array[${name}]`)
  const found = [
    ...bound.legacy.map(({ table }) => sql`select from ${tableSql(table)} where (${its.match(table) ?? sql`true`})`),
    ...bound.target.map(
      ({ table, relation }) => sql`
          select
          from ${tableSql(table)}
          where (${its.match(table) ?? sql`true`})
            and age(${column(relation, 'xmin')}) > age(pg_current_xact_id()::xid)`,
    ),
  ]
  return sql`(${sql.join(
    found.map((each) => sql`exists (${each})`),
    sql` or `,
  )})`
}
