import { type SQL, sql } from 'drizzle-orm'
import { targetComplement } from '../../../schema/ledger.ts'
import { type Bound, keyOf, type TargetTable } from '../bound.ts'
import { tableSql } from '../shape.ts'
import { column, list, textForm, typeSql } from '../sql.ts'
import { familyIn, hasKey, keyIn, ofFamilies, ownOf, sameKey, settledRows } from './settled.ts'
import { differing, textsOfRow, typeOf } from './texts.ts'
import { namesOf, upsert } from './upsert.ts'
import { families, native, writtenOf } from './variables.ts'

/** Whether the ledger keeps something of the target's own for the row of a key. */
export const hasOwn = (bound: Bound, target: TargetTable, key: SQL): SQL =>
  sql`exists (select from ${targetComplement} as d where ${ownOf(bound, target)} and d.key = ${key})`

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
    insert into ${tableSql(target.table)} as t (${namesOf(target)})
    select ${list(target.columns.map(value))}
    from settled as s
    -- looked up row by row: what was just noted would seem to be one row, for which all others would be settled anew
    cross join lateral (
      select *
      from ${targetComplement} as d
      where ${ownOf(bound, target)}
        and d.key = s."#key"
        and d.family = any (${families})
      offset 0) as d
    left join ${tableSql(target.table)} as o on ${sameKey(target, 'o', 's')}
    where not s."#refused"
      and (not ${native} or d.kind = 'part' and (d.derived ? '#mark'
        or ${column('o', target.key[0] ?? '')} is not null and d.key <> all (${writtenOf(bound.target.indexOf(target))})))
      and (d.kind <> 'absent' or d.derived <> '{}' and d.derived <> ${textsOfRow(target, 's')})
    ${upsert(target)}`
}

/** Whether the target's own applications moved the row here from another family, which the ledger keeps it under. */
export const answeredElsewhere = (bound: Bound, target: TargetTable): SQL => sql`exists (
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
