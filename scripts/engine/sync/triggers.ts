import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { pinned } from '../../database/connect.ts'
import type { Bound, LegacyTable, TargetTable } from '../bound.ts'
import { functionOf } from '../contract/text.ts'
import { configOf } from '../declared.ts'
import { everything as everyRow } from '../family.ts'
import { judgedRows } from '../judge.ts'
import { tableSql } from '../shape.ts'
import { list } from '../sql.ts'
import { changedKeys } from './alone.ts'
import { bits, type Effects, effectsOf } from './effects.ts'
import { markChanged, markGone, noteGone } from './first.ts'
import { moveKeys } from './moved.ts'
import { isOthers, notedLegacy, notedTarget, type Side } from './noted.ts'
import { quoted } from './plpgsql.ts'
import { reachedFamilies } from './reached.ts'
import { keyIn } from './settled.ts'
import { whereTold } from './since.ts'
import { pending } from './told.ts'
import { triggerBody } from './trigger-body.ts'
import { families, more, touched, written } from './variables.ts'
import { everyFamily, type Watched, watchedLegacy, watchedTarget } from './watched.ts'

/** What every trigger of the sync is called; the table's name makes it unique. */
export const triggerName = 'sluice_sync'

/** The events that a table's triggers fire on, each with the transition tables that it has. */
const events = [
  { event: 'insert', transition: 'referencing new table as new_rows' },
  { event: 'update', transition: 'referencing old table as old_rows new table as new_rows' },
  { event: 'delete', transition: 'referencing old table as old_rows' },
  { event: 'truncate', transition: '' },
]

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
  return triggerBody(bound, effects, watched, notedLegacy(legacy), {
    truncated: sql`select array(${everyFamily(bound)}), ${bits(effects.everything)} into ${families}, ${touched};`,
    moved: sql``,
    keysGone: sql``,
    markedGone: sql``,
    marked: sql``,
    changed: (alias) => changedKeys(bound, legacy, alias),
    written: sql``,
    otherFamilies: () => sql``,
    propagate: whereTold(
      bound,
      sql`perform ${functionOf(bound.system, 'forward')}(${families}, ${touched}, ${written})`,
    ),
  })
}

function targetBody(bound: Bound, effects: Effects, target: TargetTable, watched: Watched): SQL {
  const gone = noteGone(bound, target, {
    rows: sql`old_rows`,
    alias: 'o',
    key: keyIn(target, 'o'),
    family: watched.family('o'),
  })
  const everything = bits(effects.everything)
  return triggerBody(bound, effects, watched, notedTarget(target), {
    // what another trigger of the same statement has derived again goes too
    truncated: sql`
    delete from ${tableSql(target.table)};
    ${noteGone(bound, target, { rows: judgedRows(bound, target, everyRow), alias: 'j', key: sql`j."#key"`, family: sql`j."#family"` })}
    select array(${everyFamily(bound)}), ${everything} into ${families}, ${touched};`,
    moved: moveKeys(bound, target, everything),
    keysGone: gone,
    markedGone: markGone(bound, target),
    marked: markChanged(bound, target, watched.family),
    changed: () => sql`'{}'::jsonb`,
    written: sql`
    select jsonb_build_object(${target.relation}::text, coalesce(jsonb_agg(${keyIn(target, 'n')}), '[]')) into ${written} from new_rows as n;`,
    otherFamilies: (alias) => reachedFamilies(bound, target, alias),
    propagate: sql`
    loop
      perform ${functionOf(bound.system, 'settle')}(${families}, ${touched}, true, null, ${written});
      exit when tg_op not in ('UPDATE', 'DELETE') or ${touched} & ${everything} <> ${everything};
      -- who has come to wait for what the rows were while their families were waited for
      ${more} := array(
        select distinct f.family
        from old_rows as o
        cross join lateral (
          select ${watched.family('o')}${reachedFamilies(bound, target, 'o')}) as f(family)
        where f.family <> all (${families}));
      exit when ${more} = '{}';
      ${families} := ${families} || ${more};
    end loop`,
  })
}
