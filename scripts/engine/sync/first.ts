import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { complement, family, targetComplement } from '../../../schema/ledger.ts'
import type { Bound, TargetTable } from '../bound.ts'
import { among } from '../family.ts'
import { tableName, tableSql } from '../shape.ts'
import { all, column, textDiffers, textForm, textsOf } from '../sql.ts'
import { reachedFamilies } from './reached.ts'
import { familyIn, hasKey, isWritten, keyIn, ofFamilies, ownOf, sameKey, settledRows } from './settled.ts'
import { textsOfRow, typeOf } from './texts.ts'
import { families, fresh, keysOf, only, writtenOf } from './variables.ts'

/**
 * When the target's own applications are the first to touch a family, the target may not have it yet, or as it was when
 * it was last carried. The family is carried first, and what they wrote is put on top of it. These are the statements
 * for that.
 */

/** Tells a mark from what is kept. */
const mark = sql`'{"#mark": null}'::jsonb`

/** Whether row `d` of the ledger is a mark. */
const isMark = sql`d.derived ? '#mark'`

/** Whether some of the families `f` of `from` were not carried yet. */
const notCarried = (bound: Bound, from: SQL): SQL => sql`exists (
      select
      from ${from} as f(family)
      where not exists (
        select
        from ${family} as carried
        where carried.system = ${bound.system.name}
          and carried.family = f.family))`

/** Does something where some of the families were not carried yet. */
const whereNotCarried = (bound: Bound, then: SQL): SQL => sql`
    if ${notCarried(bound, sql`unnest(${families})`)} then
      ${then};
    end if;`

/**
 * Marks the columns that an update has changed in rows of which a family was not carried yet, with what they were, and
 * the family in which the row was.
 */
export const markChanged = (bound: Bound, target: TargetTable, familyOf: (alias: string) => SQL): SQL =>
  whereNotCarried(
    bound,
    sql`
      insert into ${targetComplement} as d (system, relation, key, family, target_family, kind, kept, derived)
      select ${bound.system.name}, ${target.relation}, ${keyIn(target, 'n')}, ${familyOf('o')}, ${familyOf('n')}, 'part', m.kept, m.before
      from (select true as here, * from old_rows) as o
      full join (select true as here, * from new_rows) as n on ${all(target.key.map((name) => sql`${column('o', name)} = ${column('n', name)}`))}
      cross join lateral (
        select case when o.here and n.here then ${changed(target, 'n')} else '{}' end as kept,
          ${changed(target, 'o')} || ${mark} as before) as m
      where m.kept <> '{}'
        and ${notCarried(
          bound,
          sql`(
        select ${familyOf('o')}
        union all
        select ${familyOf('n')}${reachedFamilies(bound, target, 'o')}${reachedFamilies(bound, target, 'n')})`,
        )}
      on conflict (system, relation, key) do update
      set kept = case d.kind when 'whole' then d.kept else d.kept || excluded.kept end,
        derived = excluded.derived || d.derived,
        kind = case d.kind when 'whole' then 'whole' else 'part' end`,
  )

/** Notes that rows are gone whose keys were there before. One that was the target's own alone needs not be carried for that. */
export const noteGone = (
  bound: Bound,
  target: TargetTable,
  { rows, alias, key, family: of }: { rows: SQL; alias: string; key: SQL; family: SQL },
): SQL => sql`
    insert into ${targetComplement} as d (system, relation, key, family, target_family, kind, kept)
    select ${bound.system.name}, ${target.relation}, ${key}, ${of}, ${of}, 'absent', '{}'
    from ${rows} as ${sql.identifier(alias)}
    where not exists (select from ${tableSql(target.table)} as t where ${sameKey(target, 't', alias)})
    on conflict (system, relation, key) do update
    set kind = excluded.kind,
      kept = excluded.kept,
      derived = case d.kind when 'whole' then ${mark} when 'part' then d.derived else '{}' end;`

/** Marks what deleted rows of families were that were not carried yet. */
export const markGone = (bound: Bound, target: TargetTable): SQL =>
  whereNotCarried(
    bound,
    sql`
      update ${targetComplement} as d
      set derived = ${textsOfRow(target, 'o')} || d.derived || ${mark}
      from old_rows as o
      where ${ownOf(bound, target)}
        and d.key = ${keyIn(target, 'o')}
        and d.kind = 'absent'
        and d.derived <> ${mark}`,
  )

/** The columns that an update has changed, with the text forms of the row before (`o`) or after (`n`). */
const changed = ({ columns }: TargetTable, shown: 'o' | 'n'): SQL =>
  textsOf(
    columns.map((each) => ({
      name: each.name,
      differs: textDiffers(column('o', each.name), column('n', each.name), typeOf(each)),
      text: textForm(column(shown, each.name), typeOf(each)),
    })),
  )

/**
 * Families of which there is nothing but what was just written count as carried: there is nothing that would have to come
 * to the target first. Asked where the ledger has nothing of theirs in the quarantine, of the target's own, or whole.
 */
export function countNewAsCarried(bound: Bound): SQL {
  const ofFresh = among(fresh)
  const match = (table: PgTable) => ofFresh.match(table) ?? sql`true`
  const there = [
    sql`exists (select from ${complement} as k where k.system = ${bound.system.name} and k.family = any (${fresh}))`,
    ...bound.legacy.map(({ table }) => sql`exists (select from ${tableSql(table)} where (${match(table)}))`),
    ...bound.target.map(
      (target) => sql`exists (
        select from ${tableSql(target.table)}
        where (${match(target.table)}) and not ${isWritten(bound, target, target.relation)})`,
    ),
  ]
  return sql`if not (${sql.join(there, sql` or `)}) then ${fresh} := '{}'; end if`
}

/** Forgets the marks: what the target was before the write. */
export const forgetMarks = (bound: Bound): SQL => sql`
        delete from ${targetComplement} as d
        where d.system = ${bound.system.name}
          and (d.family = any (${fresh}) or d.target_family = any (${fresh}))
          and (d.kind = 'absent' and d.derived = '{}' or d.kind <> 'whole' and ${isMark})`

/**
 * A row that is written for the first time and that the legacy has already, or one that is written or deleted and that
 * the legacy has no longer: what was written rests on what was not so. The same again will see what is, once the family is carried.
 */
export const requireCarried = (bound: Bound, target: TargetTable): SQL[] => [
  sql`
    with ${settledRows(bound, target)}
    select coalesce((
      select min(d.key)
      from (
        select s."#key" as settled, d.key, (${sql.join(outdated(target), sql` or `)}) as outdated
        from (
          select *
          from ${targetComplement} as d
          where ${ownOf(bound, target)}
            and d.family = any (${fresh})
            and d.kind = 'absent'
            and d.derived <> ${mark}) as d
        full join (select * from settled where not "#refused") as s on s."#key" = d.key
        offset 0) as d
      where d.settled is null
        or d.outdated), (
    select min(w.key)
    from unnest(${writtenOf(bound.target.indexOf(target))}) as w(key)
    join ${tableSql(target.table)} as t on ${hasKey(target, 't', sql`w.key`)}
    left join settled as s on ${sameKey(target, 's', 't')} and not s."#refused"
    left join ${targetComplement} as d on ${ownOf(bound, target)} and d.key = w.key
    where (${familyIn(bound, target, 't')} = any (${fresh}) or d.family = any (${fresh}))
      and (s."#key" is not null and d.key is null
        or d.kind = 'part' and ${isMark} and (s."#key" is null or ${sql.join(outdated(target), sql` or `)}))))
    into ${only}`,
  raiseNotCarried(target),
]

/** Ends the statement where `only` is the key of a row of the target that is not as its writer could know it. */
export const raiseNotCarried = (target: TargetTable): SQL => sql`if ${only} is not null then
      raise serialization_failure using
        message = ${`${tableName(target.table)} `}::text || ${only} || ' is not yet as the legacy tables have it: it was not copied since sync began',
        hint = 'try again; npm run copy brings over what was not copied';
    end if`

/** Whether what a marked row was before it was written is not what the legacy gives. */
const outdated = ({ columns }: TargetTable): SQL[] =>
  columns.map(
    (each) => sql`d.derived ? ${each.name}::text
          and d.derived ->> ${each.name}::text is distinct from ${textForm(column('s', each.name), typeOf(each))}`,
  )

/** Deletes what the target still has of the families and the legacy has no longer. */
export const removeOutdated = (bound: Bound, target: TargetTable): SQL => sql`
    delete from ${tableSql(target.table)}
    where (${ofFamilies(target)})
      and ${familyIn(bound, target, target.relation)} = any (${fresh})
      and not ${isWritten(bound, target, target.relation)}
      and not exists (
        select from unnest(${keysOf(bound.target.indexOf(target))}) as settled(key)
        where settled.key = ${keyIn(target, target.relation)})
      and not exists (
        select from ${targetComplement} as d
        where ${ownOf(bound, target)} and d.key = ${keyIn(target, target.relation)} and d.kind = 'whole')`
