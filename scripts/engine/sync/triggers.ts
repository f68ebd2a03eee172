import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { complement, quarantine, targetComplement } from '../../../schema/ledger.ts'
import { pinned } from '../../database/connect.ts'
import type { Bound, LegacyTable, TargetTable } from '../bound.ts'
import { heldOf, uniqueKeys } from '../constraints.ts'
import { functionOf } from '../contract/text.ts'
import { configOf } from '../declared.ts'
import { everything } from '../family.ts'
import { judgedRows } from '../judge.ts'
import { lineageOf } from '../lineage.ts'
import { held } from '../quarantine.ts'
import { familyColumnsOf } from '../rows.ts'
import { tableSql } from '../shape.ts'
import { all, column, list } from '../sql.ts'
import { bits, changes, type Effects, effectsOf } from './effects.ts'
import { markChanged, markGone, noteGone } from './first.ts'
import { quoted } from './functions.ts'
import { keyParts, moveKeys, movingVariables } from './moved.ts'
import { propagateNoted } from './nested.ts'
import {
  depth,
  isOthers,
  type Noted,
  notedLegacy,
  notedTarget,
  noteFamilies,
  noteRows,
  type Side,
  setDepth,
} from './noted.ts'
import { familyIn, keyIn } from './settled.ts'
import { pending, told, underWay, whenAllIsTold } from './told.ts'
import { families, only, touched, variable, written } from './variables.ts'

/** What every trigger of the sync is called; the table's name makes it unique. */
export const triggerName = 'sluice_sync'

/** The events that a table's triggers fire on, each with the transition tables that it has. */
const events = [
  { event: 'insert', transition: 'referencing new table as new_rows' },
  { event: 'update', transition: 'referencing old table as old_rows new table as new_rows' },
  { event: 'delete', transition: 'referencing old table as old_rows' },
  { event: 'truncate', transition: '' },
]

/** A table as its triggers see it. */
interface Watched {
  relation: string
  table: PgTable
  key: string[]
  columns: { name: string }[]
  /** The family of row `alias`. */
  family(alias: string): SQL
  /** What a change of a column touches. */
  touches(column: string): bigint
}

const watchedLegacy = (bound: Bound, effects: Effects, each: LegacyTable): Watched => ({
  relation: each.relation,
  table: each.table,
  key: each.key,
  columns: each.live.columns,
  family: (alias) => legacyFamily(bound, each, alias),
  touches: (name) => effects.touches(each, name),
})

const watchedTarget = (bound: Bound, effects: Effects, each: TargetTable): Watched => ({
  relation: each.relation,
  table: each.table,
  key: each.key,
  columns: each.columns,
  family: (alias) => familyIn(bound, each, alias),
  touches: (name) => effects.touches(each, name),
})

/** The functions that the triggers of both shapes call, by table. */
export function triggerFunctions(bound: Bound, schemas: readonly string[]): SQL[] {
  const effects = effectsOf(bound)
  return [
    ...bound.legacy.map((each) =>
      make(bound, schemas, each.relation, legacyBody(bound, effects, each, watchedLegacy(bound, effects, each))),
    ),
    ...bound.target.map((each) =>
      make(bound, schemas, each.relation, targetBody(bound, effects, each, watchedTarget(bound, effects, each))),
    ),
  ]
}

/**
 * The function that notes that a statement begins to write one of the shapes. A statement that writes both would meet
 * its own other half untold when the first of its triggers settles the families, so it is refused (see `body`).
 */
export const beginsFunction = (bound: Bound): SQL => sql`
    create or replace function ${watch(bound, 'begins')}() returns trigger language plpgsql
    set search_path to pg_catalog, pg_temp as ${quoted(sql`
    begin
      perform ${pending(sql`tg_argv[0]`, sql`+ 1`)};
      return null;
    end`)}`

const watch = (bound: Bound, relation: string): SQL => functionOf(bound.system, `watch_${relation}`)

/**
 * A role that may write only one of the tables fires the sync nevertheless: the function has its owner's rights, and a
 * search_path of which nobody else decides. While it runs, its own writes fire nothing of ours.
 */
function make(bound: Bound, schemas: readonly string[], relation: string, body: SQL): SQL {
  const settings = { ...pinned, 'sluice.writing': 'on', plan_cache_mode: 'force_generic_plan' }
  const pins = Object.entries(settings)
    .filter(([setting]) => setting !== 'client_encoding' && setting !== 'search_path')
    .map(([setting, value]) => sql.raw(`set ${setting} to '${value}'`))
  const path = list([sql`pg_catalog`, ...schemas.map((name) => sql`${sql.identifier(name)}`), sql`pg_temp`])
  return sql`create or replace function ${watch(bound, relation)}() returns trigger language plpgsql
    security definer set search_path to ${path} ${sql.join(pins, sql` `)} as ${quoted(body)}`
}

/** The statements that make a table's triggers. */
export function triggersOf(bound: Bound, table: PgTable): SQL[] {
  const legacy = bound.legacy.find((each) => each.table === table)
  const side: Side = legacy ? 'legacy' : 'target'
  const relation = legacy?.relation ?? configOf(table).name
  const quiet = sql`when (${isOthers})`
  const begins = sql`
    create trigger ${sql.identifier(`${triggerName}_begins`)}
    before insert or update or delete or truncate on ${tableSql(table)}
    for each statement
    ${quiet}
    execute function ${watch(bound, 'begins')}(${sql.raw(side)})`
  const told = events.map(
    ({ event, transition }) => sql`
    create trigger ${sql.identifier(`${triggerName}_${event}`)}
    after ${sql.raw(event)} on ${tableSql(table)} ${sql.raw(transition)}
    for each statement
    ${quiet}
    execute function ${watch(bound, relation)}()`,
  )
  return [begins, ...told]
}

function legacyBody(bound: Bound, effects: Effects, legacy: LegacyTable, watched: Watched): SQL {
  return body(bound, effects, watched, notedLegacy(legacy), {
    truncated: sql`select array(${everyFamily(bound)}), ${bits(effects.everything)} into ${families}, ${touched};`,
    moved: sql``,
    keysGone: sql``,
    markedGone: sql``,
    marked: sql``,
    written: sql``,
    otherFamilies: () => sql``,
    propagate: sql`perform ${functionOf(bound.system, 'forward')}(${families}, ${touched})`,
  })
}

function targetBody(bound: Bound, effects: Effects, target: TargetTable, watched: Watched): SQL {
  const gone = noteGone(bound, target, {
    rows: sql`old_rows`,
    alias: 'o',
    key: keyIn(target, 'o'),
    family: watched.family('o'),
  })
  return body(bound, effects, watched, notedTarget(target), {
    // what another trigger of the same statement has derived again goes too
    truncated: sql`
    delete from ${tableSql(target.table)};
    ${noteGone(bound, target, { rows: judgedRows(bound, target, everything), alias: 'j', key: sql`j."#key"`, family: sql`j."#family"` })}
    select array(${everyFamily(bound)}), ${bits(effects.everything)} into ${families}, ${touched};`,
    moved: moveKeys(bound, target, bits(effects.everything)),
    keysGone: gone,
    markedGone: markGone(bound, target),
    marked: markChanged(bound, target, watched.family),
    written: sql`
    select jsonb_build_object(${target.relation}::text, coalesce(jsonb_agg(${keyIn(target, 'n')}), '[]')) into ${written} from new_rows as n;`,
    otherFamilies: (alias) => sql`
        union all
        select q.family
        from ${quarantine} as q
        where q.system = ${bound.system.name}
          and q.relation = ${target.relation}
          and q.key = ${keyIn(target, alias)}
        union all
        select d.family
        from ${targetComplement} as d
        where d.system = ${bound.system.name}
          and d.relation = ${target.relation}
          and d.key = ${keyIn(target, alias)}${sql.join([...joinedFamilies(bound, target, alias), ...restoredFamilies(bound, target, alias), ...waitingFamilies(bound, target, alias)], sql``)}`,
    propagate: sql`perform ${functionOf(bound.system, 'settle')}(${families}, ${touched}, true, null, ${written})`,
  })
}

/** The families of rows of other target tables that restore joins with row `alias`: theirs may be other ones. */
const joinedFamilies = (bound: Bound, target: TargetTable, alias: string): SQL[] =>
  bound.system.restore
    .flatMap((restore) => lineageOf(restore, bound.system.target).joined)
    .flatMap(([a, b]) => [[a, b] as const, [b, a] as const])
    .flatMap(([mine, theirs]) => {
      const other = bound.target.find(({ relation }) => theirs.startsWith(`${relation}.`))
      if (!other || other === target || !mine.startsWith(`${target.relation}.`)) return []
      const name = (source: string) => source.slice(source.indexOf('.') + 1)
      return [
        sql`
        union all
        select ${familyIn(bound, other, 'r')}
        from ${tableSql(other.table)} as r
        where ${column('r', name(theirs))} = ${column(alias, name(mine))}`,
      ]
    })

/** The families of the legacy rows that row `alias` gives their key when it is restored. */
const restoredFamilies = (bound: Bound, target: TargetTable, alias: string): SQL[] =>
  bound.legacy.flatMap((legacy) => {
    const parts = keyParts(bound, target, legacy)
    if (parts.length === 0) return []
    const same = parts.map(({ name, source }) => sql`${column('l', name)} = ${column(alias, source)}`)
    return [
      sql`
        union all
        select ${legacyFamily(bound, legacy, 'l')}
        from ${tableSql(legacy.table)} as l
        where ${all(same)}`,
    ]
  })

/** The family of row `alias` of a legacy table. */
const legacyFamily = (bound: Bound, { name }: LegacyTable, alias: string): SQL =>
  sql`coalesce(${list(familyColumnsOf(bound, name, bound.system.legacy).map((each) => sql`${column(alias, each)}::text`))}, '')`

/** The families that wait for a unique value which row `alias` has. */
const waitingFamilies = (bound: Bound, target: TargetTable, alias: string): SQL[] =>
  uniqueKeys(target.table).map(
    ({ name, columns }) => sql`
        union all
        select q.family
        from ${quarantine} as q
        where q.system = ${bound.system.name}
          and q.relation = ${target.relation}
          and q.constraint_name = ${name} and q.held = ${held(alias, heldOf(columns))}`,
  )

/** The depth at which Sluice writes further up, or the empty text. */
const above = variable('above')

/**
 * What of ours the statement came in the midst of: a trigger that we fired, as its statements fire us deeper by two, or
 * what a foreign key makes of our write, as that fires us with our own statement. Null where it is an application at work.
 */
const within = variable('within')

interface Parts {
  truncated: SQL
  /** Moves legacy rows whose key an update has changed. */
  moved: SQL
  /** Notes that rows are gone whose keys were there before. */
  keysGone: SQL
  /** Notes what deleted rows were that were never carried. */
  markedGone: SQL
  /** Notes which columns were changed of rows that were never carried. */
  marked: SQL
  /** Notes which rows were written. */
  written: SQL
  otherFamilies(alias: string): SQL
  propagate: SQL
}

/** Finds the families of the rows that a statement has really changed, and what the change touches. */
function body(bound: Bound, effects: Effects, watched: Watched, noted: Noted, parts: Parts): SQL {
  const { side } = noted
  const other: Side = side === 'legacy' ? 'target' : 'legacy'
  const note = (event: 'insert' | 'update' | 'delete', otherwise: SQL) => sql`
    if ${within} = 'trigger' then
      ${noteRows(bound, noted, event, watched.family)}
    elsif ${within} is null then
      ${otherwise}
    end if;`
  const ofRows = (rows: SQL, alias: string) => sql`
    select array(
        select distinct f.family
        from ${rows} as ${sql.identifier(alias)}
        cross join lateral (
          select ${watched.family(alias)}${parts.otherFamilies(alias)}) as f(family)), ${bits(effects.everything)}
    into ${families}, ${touched};
    -- an upsert that inserts nothing has changed no more than what it updates
    if ${families} = '{}' then ${touched} := 0; end if;`
  return sql`
#variable_conflict use_column
declare
  ${families} text[];
  ${touched} bigint;
  ${written} jsonb := '{}';
  ${only} text;
  ${told};
  ${above} text := ${depth};
  ${within} text := case
    when ${above} = '' then null
    when pg_trigger_depth() = ${above}::integer + 1 then 'foreign key'
    else 'trigger' end;
  ${movingVariables}
begin
  perform ${pending(sql`${side}::text`, sql`- 1`)};
  if ${underWay(sql`${other}::text`)} > 0 then
    raise exception '%: one statement may not write both shapes while they are kept in step', tg_relid::regclass
      using errcode = 'feature_not_supported', hint = 'write them in two statements of one transaction';
  end if;
  perform ${setDepth(sql`pg_trigger_depth()::text`)};
  if tg_op = 'INSERT' then
    ${ofRows(sql`new_rows`, 'n')}
    ${note('insert', parts.written)}
  elsif tg_op = 'DELETE' then
    ${ofRows(sql`old_rows`, 'o')}
    ${note('delete', sql`${parts.keysGone}${parts.markedGone}`)}
  elsif tg_op = 'UPDATE' then
    ${changedRows(effects, watched, parts)}
    ${note(
      'update',
      sql`
      ${parts.moved}
      if ${touched} & ${bits(effects.everything)} = ${bits(effects.everything)} then
        ${parts.keysGone}
        ${parts.markedGone}
        null;
      end if;
      ${parts.marked}
      ${parts.written}`,
    )}
  elsif ${within} is not null then
    raise exception '%: a trigger may not truncate it while both shapes are brought in step', tg_relid::regclass
      using errcode = 'feature_not_supported', hint = 'delete from it';
  else
    ${parts.truncated}
  end if;
  if ${within} is null then
    ${whenAllIsTold(side, sql`${parts.propagate}; ${propagateNoted(bound)}`)}
  elsif ${families} <> '{}' and ${within} = 'trigger' then
    ${noteFamilies(bound, side)}
  elsif ${families} <> '{}' then
    -- the legacy is what counts where a foreign key has followed a write of ours
    ${noteFamilies(bound, 'legacy')}
  end if;
  perform ${setDepth(sql`${above}`)};
  return null;
end`
}

/** The families of rows before and after an update, and the union of what their changed columns touch. */
function changedRows(effects: Effects, { key, columns, family, touches }: Watched, { otherFamilies }: Parts): SQL {
  return sql`
    select coalesce(array_agg(distinct f.family), '{}'), coalesce(bit_or(c.touched), 0)
    into ${families}, ${touched}
    from (select true as here, * from old_rows) as o
    full join (select true as here, * from new_rows) as n on ${all(key.map((name) => sql`${column('o', name)} = ${column('n', name)}`))}
    cross join lateral (
      select case when o.here and n.here then ${changes(columns, touches)} else ${bits(effects.everything)} end as touched) as c
    cross join lateral (
      select ${family('o')}
      where o.here
      union all
      select ${family('n')}
      where n.here${otherFamilies('n')}${otherFamilies('o')}) as f(family)
    where c.touched <> 0;`
}

/** Every family that any table or the ledger knows. */
export function everyFamily(bound: Bound): SQL {
  const effects = effectsOf(bound)
  const tables = [
    ...bound.legacy.map((each) => watchedLegacy(bound, effects, each)),
    ...bound.target.map((each) => watchedTarget(bound, effects, each)),
  ].map(({ table, family }) => sql`select ${family('t')} from ${tableSql(table)} as t`)
  const ledger = [complement, quarantine, targetComplement].map(
    (each) => sql`select t.family from ${each} as t where t.system = ${bound.system.name}`,
  )
  return sql.join([...tables, ...ledger], sql` union `)
}
