import { is, SQL, sql } from 'drizzle-orm'
import { family } from '../../../schema/ledger.ts'
import { pinned } from '../../database/connect.ts'
import { functionOf } from '../contract/text.ts'
import { tableSql } from '../shape.ts'
import { column, list, textDiffers } from '../sql.ts'
import { quoted } from '../sync/functions.ts'
import { variable } from '../sync/variables.ts'
import type { BoundExtension, Joined } from './bind.ts'
import { forget, keep } from './keep.ts'
import { derived, differs, expected, keyTextOf, restored, rowOnly, rowsWhere } from './rows.ts'

/** How the functions treat rows that the backfill has not come to. */
export interface Mode {
  /** Whether there may be such rows: a write to one carries it first. */
  carrying: boolean
  /** Whether the old columns may have been written while nothing kept both in step. */
  stale: boolean
}

/** Set within a transaction while the backfill writes, so that the triggers stay quiet. */
export const quiet = sql.raw(`current_setting('sluice.extending', true) is distinct from 'on'`)

const given = variable('given')
const before = variable('before')
const was = variable('was')
const now = variable('is')
const shared = variable('family')

const or = (conditions: readonly SQL[]): SQL => (conditions.length ? sql.join([...conditions], sql` or `) : sql`false`)
const lines = (statements: readonly SQL[]): SQL => sql.join([...statements], sql`\n`)
const field = (record: SQL, name: string): SQL => sql`${record}.${sql.identifier(name)}`
const differ = ({ name, type }: { name: string; type: string }, one: SQL, other: SQL): SQL =>
  textDiffers(field(one, name), field(other, name), type)

/** A function of a trigger. It has its owner's rights: who may write the table need not read what derive joins, nor the ledger. */
function triggerFunction(bound: BoundExtension, what: string, schemas: readonly string[], body: SQL): SQL {
  const settings = Object.entries(pinned)
    .filter(([setting]) => !['client_encoding', 'search_path', 'plan_cache_mode'].includes(setting))
    .map(([setting, value]) => sql.raw(`set ${setting} to '${value}'`))
  const path = list([sql`pg_catalog`, ...schemas.map((name) => sql`${sql.identifier(name)}`), sql`pg_temp`])
  return sql`create or replace function ${functionOf(bound.system, `watch_${what}`)}() returns trigger language plpgsql
    security definer set search_path to ${path} ${sql.join(settings, sql` `)} as ${quoted(body)}`
}

/** The names of the functions of an extension, without the system's. */
export const functionNames = {
  write: ({ relation }: BoundExtension) => `write_${relation}`,
  kept: ({ relation }: BoundExtension) => `kept_${relation}`,
  joined: ({ relation }: BoundExtension, joined: Joined) => `${joined.relation}_of_${relation}`,
}

/**
 * Before a row is written: what the statement says of one shape is in the other. Column by column, by lineage:
 * - An update that changes what an old column is restored from, or a new one derived from, changes that column by the same
 *   rule, unless the statement has changed it itself. Where both are changed and contradict each other, both stay as they
 *   were written, and the complement holds the difference. A value that is written once more as it was is not a change.
 * - An insert that gives none of the new columns is an old application's: they are derived. A value that is the column's
 *   default counts as not given. One that gives some of them is a new application's: old columns that it leaves out are
 *   restored, new ones that it leaves out get their default, or are derived where it gave what they come from, or where
 *   they must not be null. What it gives of both stays as it is.
 * - A row that the backfill has not come to is carried first.
 */
export function writeFunction(bound: BoundExtension, mode: Mode, schemas: readonly string[]): SQL {
  const row = tableSql(bound.table)
  return triggerFunction(
    bound,
    functionNames.write(bound),
    schemas,
    sql`
#variable_conflict use_column
declare
  ${given} ${row} := new;
  ${before} ${row};
  ${was} record;
  ${now} record;
  ${shared} text;
begin
  if tg_op = 'INSERT' then
    ${inserted(bound)}
    return new;
  end if;
  ${before} := old;
  ${mode.carrying ? carryFirst(bound, mode) : sql``}
  ${updated(bound)}
  return new;
end`,
  )
}

/** Whether the statement gives one of the new columns; what is its default in the end may have come by itself. */
const givesNew = ({ added }: BoundExtension): SQL =>
  or(
    added.map(({ name, finished }) => {
      const preset = presetOf(finished.default)
      const there = sql`${field(given, name)} is not null`
      return preset ? sql`(${there} and ${field(given, name)} is distinct from ${preset})` : there
    }),
  )

const presetOf = (value: unknown): SQL | undefined =>
  value === undefined ? undefined : is(value, SQL) ? value : sql`${value}`

function inserted(bound: BoundExtension): SQL {
  const take = (name: string) => sql`${field(sql`new`, name)} := ${field(now, name)};`
  const added = bound.following.filter((each) => each.added)
  const completed = added.map((each) => {
    const { name, own } = each
    const { finished } = bound.added.find((column) => column.name === name) as (typeof bound.added)[number]
    const preset = presetOf(finished.default)
    const old = own.filter((column) => bound.restored.some((restored) => restored.name === column))
    if (preset) return sql`if ${field(sql`new`, name)} is null then ${field(sql`new`, name)} := ${preset}; end if;`
    const due = finished.notNull ? sql`true` : or(old.map((column) => sql`${field(given, column)} is not null`))
    return sql`if ${field(sql`new`, name)} is null and (${due}) then ${take(name)} end if;`
  })
  return sql`
    if ${givesNew(bound)} then
      select * into ${now} from ${restored(bound, rowOnly(sql`new`))} as r;
      ${lines(bound.restored.map(({ name }) => sql`if ${field(sql`new`, name)} is null then ${take(name)} end if;`))}
      ${lines(bound.joined.map((each) => touch(bound, each)))}
      select * into ${now} from ${derived(bound, rowOnly(sql`new`))} as d;
      ${lines(completed)}
    else
      ${lines(bound.joined.map((each) => touch(bound, each)))}
      select * into ${now} from ${derived(bound, rowOnly(sql`new`))} as d;
      ${lines(added.map(({ name }) => take(name)))}
    end if;`
}

/** Of a row that the backfill has not come to, the new columns that the statement leaves alone. */
function carryFirst(bound: BoundExtension, { stale }: Mode): SQL {
  const added = bound.following.filter((each) => each.added)
  return sql`
  select * into ${now} from ${expected(bound, rowOnly(sql`old`), stale)} as e;
  ${lines(
    added.map(
      (
        each,
      ) => sql`if not (${differ(each, given, sql`old`)}) then ${field(sql`new`, each.name)} := ${field(now, each.name)}; end if;
  ${field(before, each.name)} := ${field(now, each.name)};`,
    ),
  )}`
}

function updated(bound: BoundExtension): SQL {
  const columns = bound.live.columns
  const changed = (names: readonly string[]) =>
    or(columns.filter(({ name }) => names.includes(name)).map((each) => differ(each, sql`new`, before)))
  const follow = (each: { name: string; type: string }) => sql`
    if not (${differ(each, given, sql`old`)}) and (${differ(each, was, now)}) then
      ${field(sql`new`, each.name)} := ${field(now, each.name)};
    end if;`
  const sources = (all: readonly { own: string[] }[]) => [...new Set(all.flatMap(({ own }) => own))]
  return sql`
  if ${changed(sources(bound.restored))} then
    select * into ${was} from ${restored(bound, rowOnly(before))} as r;
    select * into ${now} from ${restored(bound, rowOnly(sql`new`))} as r;
    ${lines(bound.restored.map(follow))}
  end if;
  if ${changed(sources(bound.following))} then
    ${lines(
      bound.joined.map((each) => sql`if ${differ(each.from, sql`new`, before)} then ${touch(bound, each)} end if;`),
    )}
    select * into ${was} from ${derived(bound, rowOnly(before))} as d;
    select * into ${now} from ${derived(bound, rowOnly(sql`new`))} as d;
    ${lines(bound.following.map(follow))}
  end if;`
}

/** How many sessions may bind rows to one joined row at a time without waiting for each other. */
const stripes = 16

/** The name of the lock that stands for one joined row. */
const lockName = (bound: BoundExtension, joined: Joined, value: SQL, stripe: SQL): SQL =>
  sql`${`${bound.relation} ${joined.relation} `}::text || ${value} || ' ' || ${stripe}`

/**
 * Before a joined row is read for a row that becomes its own: who changes the joined row later must hear of the row, and who
 * has changed it must be waited for. Both write the same row of the ledger, so that a snapshot from before the other
 * ends in 40001. The joined row's change takes all of its locks, a binding one takes one, so that many go side by side; and
 * once in a transaction, for every row of a large load would leave a version.
 */
const touch = (bound: BoundExtension, joined: Joined): SQL => sql`
    if ${field(sql`new`, joined.from.name)} is not null then
      ${shared} := ${lockName(bound, joined, sql`${field(sql`new`, joined.from.name)}`, sql`(pg_backend_pid() % ${stripes})`)};
      if not exists (
        select
        from ${family} as f
        where f.system = ${bound.system.name}
          and f.family = ${shared}
          and f.touched_by = pg_current_xact_id()) then
        insert into ${family} as f (system, family, touched_by)
        values (${bound.system.name}, ${shared}, pg_current_xact_id())
        on conflict (system, family) do update
        set touched_by = excluded.touched_by;
      end if;
    end if;`

/**
 * After a statement: keeps what the queries do not give back of the rows that it has written. They are read from the table,
 * for triggers of others may have changed them since.
 */
export function keptFunction(bound: BoundExtension, schemas: readonly string[]): SQL {
  const [all, own] = forget(bound) as [SQL, SQL]
  const written = (rows: string) => sql`select ${keyTextOf(bound, 'w')} as key from ${sql.identifier(rows)} as w`
  const there = rowsWhere(
    bound,
    sql`(${list(bound.key.map(({ name }) => column('v', name)))}) in (select ${list(bound.key.map(({ name }) => column('w', name)))} from sluice_new as w)`,
  )
  const gone = forget(bound, written('sluice_old'))
  return triggerFunction(
    bound,
    functionNames.kept(bound),
    schemas,
    sql`
#variable_conflict use_column
begin
  if tg_op = 'TRUNCATE' then
    ${all};
    ${own};
  elsif tg_op = 'DELETE' then
    ${lines(gone.map((each) => sql`${each};`))}
  elsif tg_op = 'INSERT' then
    ${keep(bound, there, written('sluice_new'))};
  else
    ${keep(bound, there, sql`${written('sluice_old')} union ${written('sluice_new')}`)};
  end if;
  return null;
end`,
  )
}

/**
 * After a joined table was written: what derive gives otherwise since is in the extended rows, whoever wrote them last. The
 * rows are locked first, so that what is kept of them is of what they are.
 */
export function joinedFunction(bound: BoundExtension, joined: Joined, schemas: readonly string[]): SQL {
  const follows = bound.following.filter((each) => each.joined.includes(joined.name))
  const to = (alias: string) => column(alias, joined.to)
  const values = variable('values')
  const ofThem = sql`${column('v', joined.from.name)} = any (${values})`
  const rows = rowsWhere(bound, ofThem)
  const order = list(bound.key.map(({ name }) => column('v', name)))
  const moved = (earlier: SQL) => sql`
    update ${tableSql(bound.table)} as v
    set ${list(
      follows.map(
        (each) =>
          sql`${sql.identifier(each.name)} = case when ${differs(each, 'was', 'now')} then ${column('now', each.name)} else ${column('v', each.name)} end`,
      ),
    )}
    from ${derived(bound, rows)} as now
    join ${derived(bound, rows, { joined, rows: earlier })} as was on ${list(bound.key.map(({ name }) => sql`${column('was', name)} = ${column('now', name)}`))}
    where ${sql.join(
      bound.key.map(({ name }) => sql`${column('v', name)} = ${column('now', name)}`),
      sql` and `,
    )}
      and (${or(follows.map((each) => differs(each, 'was', 'now')))})
      and (${or(follows.map((each) => differs(each, 'v', 'now')))})`
  const readsDiffer = or(
    joined.reads.map((name) => sql`${column('n', name)}::text is distinct from ${column('o', name)}::text`),
  )
  return triggerFunction(
    bound,
    functionNames.joined(bound, joined),
    schemas,
    sql`
#variable_conflict use_column
declare
  ${values} ${sql.raw(joined.from.type)}[];
begin
  if tg_op = 'INSERT' then
    ${values} := array(select distinct ${to('n')} from sluice_new as n);
  elsif tg_op = 'DELETE' then
    ${values} := array(select distinct ${to('o')} from sluice_old as o);
  else
    ${values} := array(
      select distinct unnest(array[${to('n')}, ${to('o')}])
      from sluice_new as n
      full join sluice_old as o on ${to('o')} = ${to('n')}
      where ${readsDiffer});
  end if;
  ${values} := array_remove(${values}, null);
  if ${values} = '{}' then return null; end if;
  insert into ${family} as f (system, family, touched_by)
  select ${bound.system.name}, ${lockName(bound, joined, sql`value`, sql`stripe`)}, pg_current_xact_id()
  from unnest(${values}) as value
  cross join generate_series(0, ${stripes} - 1) as stripe
  order by 2
  on conflict (system, family) do update
  set touched_by = excluded.touched_by;
  perform from ${tableSql(bound.table)} as v where ${ofThem} order by ${order} for no key update;
  if not found then return null; end if;
  if tg_op = 'UPDATE' then
    ${moved(sql`sluice_old`)};
  elsif tg_op = 'INSERT' then
    ${moved(sql`(select * from sluice_new where false)`)};
  end if;
  ${keep(bound, rows, sql`select ${keyTextOf(bound, 'v')} as key from ${rows} as v`)};
  return null;
end`,
  )
}

/** Refuses writes to the new columns while nothing would bring them to the old ones, and the other way round. */
export function readOnlyFunction(bound: BoundExtension, schemas: readonly string[]): SQL {
  const changed = bound.added.map(({ name, type }) => textDiffers(field(sql`new`, name), field(sql`old`, name), type))
  return triggerFunction(
    bound,
    `read_only_${bound.relation}`,
    schemas,
    sql`
declare
  ${given} ${tableSql(bound.table)} := new;
begin
  if tg_op = 'INSERT' and not (${givesNew(bound)}) or tg_op = 'UPDATE' and not (${or(changed)}) then
    return new;
  end if;
  raise exception 'the new columns of % are not kept in step with the old ones: what is written to them now would be lost', tg_relid::regclass
    using errcode = 'read_only_sql_transaction', hint = 'npm run sync';
end`,
  )
}
