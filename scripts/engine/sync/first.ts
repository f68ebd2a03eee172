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

/** Marks the columns that an update has changed in rows of families that were not carried yet. */
export const markChanged = (bound: Bound, target: TargetTable, family: (alias: string) => SQL): SQL => sql`
    if exists (
      select
      from unnest(${families}) as f(family)
      where not exists (
        select
        from sluice.family as carried
        where carried.system = ${bound.system.name}
          and carried.family = f.family)) then
      insert into ${targetComplement} as d (system, relation, key, family, target_family, kind, kept)
      select ${bound.system.name}, ${target.relation}, ${keyIn(target, 'n')}, ${family('n')}, ${family('n')}, 'part', m.kept
      from old_rows as o
      join new_rows as n on ${all(target.key.map((name) => sql`${column('o', name)} = ${column('n', name)}`))}
      cross join lateral (
        select ${textsOf(
          target.columns.map((each) => ({
            name: each.name,
            differs: textDiffers(column('o', each.name), column('n', each.name), typeOf(each)),
            text: textForm(column('n', each.name), typeOf(each)),
          })),
        )} as kept) as m
      where m.kept <> '{}'
      on conflict (system, relation, key) do update
      set kept = case d.kind when 'whole' then d.kept else d.kept || excluded.kept end,
        derived = d.derived - array(select jsonb_object_keys(excluded.kept)),
        kind = case d.kind when 'whole' then 'whole' else 'part' end;
    end if;`

/** Forgets the marks: what the target was before the write. */
export const forgetMarks = (bound: Bound): SQL => sql`
        delete from ${targetComplement} as d
        where d.system = ${bound.system.name}
          and (d.family = any (${fresh}) or d.target_family = any (${fresh}))
          and d.kind <> 'whole'
          and not exists (select from jsonb_object_keys(d.derived));
        update ${targetComplement} as d
        set kept = (select jsonb_object_agg(k.key, k.value) from jsonb_each(d.kept) as k where d.derived ? k.key)
        where d.system = ${bound.system.name}
          and (d.family = any (${fresh}) or d.target_family = any (${fresh}))
          and d.kind = 'part'
          and exists (select from jsonb_object_keys(d.kept) as k(key) where not d.derived ? k.key)`

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
      and (s."#key" is not null and d.key is null or s."#key" is null and d.kind = 'part' and d.derived = '{}')
    limit 1`,
  sql`if ${only} is not null then
      raise serialization_failure using
        message = ${`${tableName(target.table)} `}::text || ${only} || ' is not yet as the legacy tables have it: it was not copied since sync began',
        hint = 'try again; npm run copy brings over what was not copied';
    end if`,
]

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
