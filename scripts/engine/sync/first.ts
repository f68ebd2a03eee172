import { type SQL, sql } from 'drizzle-orm'
import { targetComplement } from '../../../schema/ledger.ts'
import type { Bound, TargetTable } from '../bound.ts'
import { tableName, tableSql } from '../shape.ts'
import { all, column, textDiffers, textForm, textsOf } from '../sql.ts'
import { familyIn, keyIn, older, ownOf, sameKey, settledRows } from './settled.ts'
import { ofFamilies, typeOf } from './target.ts'
import { families, fresh, keysOf, only } from './variables.ts'

/**
 * When the target's own applications are the first to touch a family, the target may not have it yet, or as it was when
 * it was last carried. The family is carried first, and what they wrote is put on top of it. These are the statements
 * for that.
 */

/**
 * Marks the columns that an update has changed in rows of families that were not carried yet, with what they were. The
 * key "#written" tells a mark from what is kept.
 */
export const markChanged = (bound: Bound, target: TargetTable, family: (alias: string) => SQL): SQL => sql`
    if exists (
      select
      from unnest(${families}) as f(family)
      where not exists (
        select
        from sluice.family as carried
        where carried.system = ${bound.system.name}
          and carried.family = f.family)) then
      insert into ${targetComplement} as d (system, relation, key, family, target_family, kind, kept, derived)
      select ${bound.system.name}, ${target.relation}, ${keyIn(target, 'n')}, ${family('n')}, ${family('n')}, 'part', m.kept, m.before
      from old_rows as o
      join new_rows as n on ${all(target.key.map((name) => sql`${column('o', name)} = ${column('n', name)}`))}
      cross join lateral (
        select ${changed(target, 'n')} as kept, ${changed(target, 'o')} || '{"#written": null}' as before) as m
      where m.kept <> '{}'
      on conflict (system, relation, key) do update
      set kept = case d.kind when 'whole' then d.kept else d.kept || excluded.kept end,
        derived = excluded.derived || d.derived,
        kind = case d.kind when 'whole' then 'whole' else 'part' end;
    end if;`

/** The columns that an update has changed, with the text forms of the row before (`o`) or after (`n`). */
const changed = ({ columns }: TargetTable, shown: 'o' | 'n'): SQL =>
  textsOf(
    columns.map((each) => ({
      name: each.name,
      differs: textDiffers(column('o', each.name), column('n', each.name), typeOf(each)),
      text: textForm(column(shown, each.name), typeOf(each)),
    })),
  )

/** Forgets the marks: what the target was before the write. */
export const forgetMarks = (bound: Bound): SQL => sql`
        delete from ${targetComplement} as d
        where d.system = ${bound.system.name}
          and (d.family = any (${fresh}) or d.target_family = any (${fresh}))
          and (d.kind = 'absent' and d.derived = '{}' or d.kind = 'part' and d.derived ? '#written')`

/**
 * A row that is written for the first time and that the legacy has already, or one that the legacy has no longer: what
 * was written rests on what was not so. The same again will see what is, once the family is carried.
 */
export const requireCarried = (bound: Bound, target: TargetTable): SQL[] => [
  sql`
    with ${settledRows(bound, target)}
    select ${keyIn(target, 't')}
    into ${only}
    from ${tableSql(target.table)} as t
    left join settled as s on ${sameKey(target, 's', 't')} and not s."#refused"
    left join ${targetComplement} as d on ${ownOf(bound, target)} and d.key = ${keyIn(target, 't')}
    where ${familyIn(bound, target, 't')} = any (${fresh})
      and not ${older('t')}
      and (s."#key" is not null and d.key is null
        or d.kind = 'part' and d.derived ? '#written' and (s."#key" is null or ${sql.join(outdated(target), sql` or `)}))
    limit 1`,
  sql`if ${only} is not null then
      raise serialization_failure using
        message = ${`${tableName(target.table)} `}::text || ${only} || ' is not yet as the legacy tables have it: it was not copied since sync began',
        hint = 'try again; npm run copy brings over what was not copied';
    end if`,
]

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
      and ${older(target.relation)}
      and not exists (
        select from unnest(${keysOf(bound.target.indexOf(target))}) as settled(key)
        where settled.key = ${keyIn(target, target.relation)})
      and not exists (
        select from ${targetComplement} as d
        where ${ownOf(bound, target)} and d.key = ${keyIn(target, target.relation)})`
