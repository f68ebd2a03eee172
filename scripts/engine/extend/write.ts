import { type SQL, sql } from 'drizzle-orm'
import { family } from '../../../schema/ledger.ts'
import { tableSql } from '../shape.ts'
import { textDiffers } from '../sql.ts'
import { variable } from '../sync/variables.ts'
import type { BoundExtension, Joined } from './bind.ts'
import { field, functionNames, given, givesNew, lines, type Mode, or, presetOf, triggerFunction } from './functions.ts'
import { lockName, stripes } from './joined.ts'
import { derived, expected, restored, rowOnly } from './rows.ts'

const before = variable('before')
const was = variable('was')
const now = variable('is')
const shared = variable('family')

const differ = ({ name, type }: { name: string; type: string }, one: SQL, other: SQL): SQL =>
  textDiffers(field(one, name), field(other, name), type)

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
  const snapshot = bound.joined.length
    ? sql`
  -- what is kept of the row is told from its joined rows, which may have changed since a snapshot of before: then 40001
  if current_setting('transaction_isolation') <> 'read committed' then
    ${lines(bound.joined.map((each) => touch(bound, each)))}
  end if;`
    : sql``
  return sql`${snapshot}
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
