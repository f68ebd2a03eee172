import { type SQL, sql } from 'drizzle-orm'
import { targetComplement } from '../../../schema/ledger.ts'
import type { Bound } from '../bound.ts'
import { functionOf } from '../contract/text.ts'
import { tableSql } from '../shape.ts'
import { column, isJson, list, rowOf, sameImage } from '../sql.ts'
import { noteGone } from './first.ts'
import { type Noted, noRelation, notedLegacy, notedTarget, noteName, type Side, sameKey } from './noted.ts'
import { type Part, partOf } from './part.ts'
import { families, variable, written } from './variables.ts'

/**
 * When a settlement is over, what triggers wrote meanwhile and Sluice wrote over is written again, and goes to the other
 * shape; and so on, until nothing is noted.
 */

/** How often triggers may answer each other. */
const rounds = 10

/** Propagates what was noted while Sluice wrote, if anything was. */
export const propagateNoted = (bound: Bound): SQL => sql`
    if current_setting('sluice.noted', true) <> '' then
      perform ${functionOf(bound.system, 'watch_nested')}();
    end if`

/** Notes of a transaction, taken out of the ledger. */
const notes = variable('notes')

/** What was taken, as rows `d`. */
const taken = sql`jsonb_to_recordset(${notes}) as d(system text, relation text, key text, family text, kind text, kept jsonb)`

/** The noted rows of a table with its columns; those that were not noted are null. */
function notedRows(bound: Bound, noted: Noted): SQL {
  const value = ({ name, type, cast }: Noted['columns'][number]) =>
    isJson(type) ? sql`(d.kept ->> ${name}::text)::${cast} as ${sql.identifier(name)}` : column('k', name)
  return sql`(
      select d.key as "#key", d.family as "#family", d.kind as "#kind", d.kept as "#kept", ${list(noted.columns.map(value))}
      from ${taken}
      cross join lateral jsonb_to_record(d.kept) as k(${list(noted.columns.map(({ name, cast }) => sql`${sql.identifier(name)} ${cast}`))})
      where d.system = ${noteName(bound, noted.side)}
        and d.relation = ${noted.relation})`
}

/** Does something where there are such rows: a statement of none would fire the applications' triggers as well. */
const whereAny = (from: SQL, then: SQL): SQL => sql`if exists (select ${from}) then ${then}; end if;`

/** Deletes again what a trigger deleted. */
function deleteAgain(bound: Bound, noted: Noted): SQL {
  const found = sql`from ${notedRows(bound, noted)} as v, ${tableSql(noted.table)} as t where v."#kind" = 'absent' and ${sameKey(noted, 't', 'v')}`
  return whereAny(
    found,
    sql`
      delete from ${tableSql(noted.table)} as t
      using ${notedRows(bound, noted)} as v
      where v."#kind" = 'absent'
        and ${sameKey(noted, 't', 'v')}`,
  )
}

/** Writes again what a trigger wrote, where it was written over. */
function writeAgain(bound: Bound, noted: Noted): SQL {
  const table = tableSql(noted.table)
  const rows = notedRows(bound, noted)
  const writable = noted.columns.filter(({ generated }) => !generated)
  const others = writable.filter(({ name }) => !noted.key.includes(name))
  const names = list(writable.map(({ name }) => sql`${sql.identifier(name)}`))
  const value = ({ name }: { name: string }) =>
    sql`case when v."#kept" ? ${name}::text then ${column('v', name)} else ${column('t', name)} end`
  const differs = sql`v."#kind" <> 'absent'
        and ${sameKey(noted, 't', 'v')}
        and not ${sameImage(rowOf('t', others), sql`row(${list(others.map(value))})`)}`
  const missing = sql`
      from ${rows} as v
      where v."#kind" = 'whole'
        and not exists (select from ${table} as t where ${sameKey(noted, 't', 'v')})`
  const update = sql`
      update ${table} as t
      set ${list(others.map((each) => sql`${sql.identifier(each.name)} = ${value(each)}`))}
      from ${rows} as v
      where ${differs}`
  return sql`
    ${others.length ? whereAny(sql`from ${rows} as v, ${table} as t where ${differs}`, update) : sql``}
    ${whereAny(missing, sql`insert into ${table} (${names}) select ${names} ${missing}`)}`
}

const familiesOf = (bound: Bound, side: Side): SQL => sql`
        select d.key
        from ${taken}
        where d.system = ${noteName(bound, side)}
          and d.relation = ${noRelation}`

/** What triggers wrote to the target, and nothing else, is not its own until it is settled. */
function forgetOwn(bound: Bound): SQL[] {
  const sameRow = sql`own.system = ${bound.system.name}
        and d.system = ${noteName(bound, 'target')}
        and own.relation = d.relation
        and own.key = d.key`
  const written = sql`array(select jsonb_object_keys(d.kept))`
  return [
    sql`
    update ${targetComplement} as own
    set kept = own.kept - ${written},
      derived = own.derived - ${written}
    from ${taken}
    where ${sameRow}
      and d.kind = 'part'
      and own.kind = 'part';`,
    sql`
    delete from ${targetComplement} as own
    using ${taken}
    where ${sameRow}
      and (d.kind <> 'part' or own.kind = 'part' and own.kept = '{}');`,
  ]
}

/** The function that propagates what was noted, until nothing is. */
export function nestedFunction(bound: Bound, everything: SQL): Part {
  const legacy = bound.legacy.filter(({ keyed }) => keyed).map(notedLegacy)
  const target = bound.target.map(notedTarget)
  const again = (tables: readonly Noted[]) =>
    sql.join(
      [
        ...[...tables].reverse().map((each) => deleteAgain(bound, each)),
        ...tables.map((each) => writeAgain(bound, each)),
      ],
      sql`\n`,
    )
  const gone = bound.target.map((each) =>
    noteGone(bound, each, {
      rows: sql`(select * from ${notedRows(bound, notedTarget(each))} as v where v."#kind" = 'absent')`,
      alias: 'v',
      key: sql`v."#key"`,
      family: sql`v."#family"`,
    }),
  )
  const body = sql`
#variable_conflict use_column
declare
  ${notes} jsonb;
  ${families} text[];
  ${written} jsonb;
  "$table" text;
begin
  for round in 1..${sql.raw(String(rounds))} loop
    "$table" := current_setting('sluice.noted', true);
    if coalesce("$table", '') = '' then return; end if;
    perform set_config('sluice.noted', '', true);
    with taken as (
      delete from ${targetComplement} as d
      where d.system in (${noteName(bound, 'legacy')}, ${noteName(bound, 'target')})
      returning d.*)
    select jsonb_agg(to_jsonb(taken)) into ${notes} from taken;
    ${again(legacy)}
    -- the target is as the legacy has it before what was written to it is put on top: half settled, each took the other's
    -- half for its own
    ${sql.join(forgetOwn(bound), sql``)}
    ${families} := array(${familiesOf(bound, 'legacy')} union ${familiesOf(bound, 'target')});
    if ${families} <> '{}' then
      perform ${functionOf(bound.system, 'forward')}(${families}, ${everything}, '{}');
    end if;
    ${again(target)}
    ${families} := array(${familiesOf(bound, 'target')});
    if ${families} <> '{}' then
      ${sql.join(gone, sql`\n`)}
      select coalesce(jsonb_object_agg(w.relation, w.keys), '{}')
      into ${written}
      from (
        select d.relation, jsonb_agg(d.key) as keys
        from ${taken}
        where d.system = ${noteName(bound, 'target')}
          and d.relation <> ${noRelation}
          and d.kind <> 'absent'
        group by d.relation) as w;
      perform ${functionOf(bound.system, 'settle')}(${families}, ${everything}, true, null, ${written});
    end if;
  end loop;
  "$table" := current_setting('sluice.noted', true);
  if coalesce("$table", '') <> '' then
    raise exception '% is written by triggers that answer each other without end', "$table"
      using errcode = 'triggered_data_change_violation', hint = ${`after ${rounds} rounds both shapes still differ: let a trigger write only what changes`}::text;
  end if;
end`
  return partOf(bound, 'watch_nested', [], body)
}
