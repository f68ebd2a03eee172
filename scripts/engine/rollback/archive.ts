import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { archive, targetComplement } from '../../../schema/ledger.ts'
import type { Bound, LegacyTable, TargetTable } from '../bound.ts'
import { configOf } from '../declared.ts'
import { rows, textArray } from '../preflight/look.ts'
import { comparison } from '../proof/target.ts'
import { tableSql } from '../shape.ts'
import { column, type Executor, keyText, list, textForm } from '../sql.ts'
import type { System } from '../system.ts'

/** Every column of row `alias` as its text form. */
export const texts = (alias: string, columns: readonly { name: string; type: string }[]): SQL =>
  sql`jsonb_object(array[${list(
    columns.flatMap(({ name, type }) => [sql`${name}::text`, textForm(column(alias, name), type)]),
  )}])`

/** The type as `textForm` wants it: an array has the text of an array, whatever is in it. */
const typeOf = (each: PgColumn & { dimensions?: number }): string => (each.dimensions ? '' : each.getSQLType())

/**
 * Moves rows that a constraint of the legacy table would refuse to the archive, before the constraint is made.
 * @param refused a query for their ctid
 */
export async function archiveRefused(
  db: Executor,
  { system }: Bound,
  legacy: LegacyTable,
  refused: string,
  reason: string,
): Promise<void> {
  await db.execute(sql`
    with gone as (
      delete from ${tableSql(legacy.table)}
      where ctid = any (array(${sql.raw(refused)}))
      returning *)
    insert into ${archive} (system, relation, key, row, reason)
    select ${system.name}, ${legacy.relation}, ${keyText(legacy.key.map((name) => column('gone', name)))},
      ${texts('gone', legacy.live.columns)}, ${reason}
    from gone`)
}

/** Copies the target rows that deriving from the rebuilt legacy does not give back to the archive. */
export async function archiveUnheld(db: Executor, bound: Bound, target: TargetTable): Promise<void> {
  const columns = target.columns.map((each) => ({ name: each.name, type: typeOf(each) }))
  await db.execute(sql`
    insert into ${archive} (system, relation, key, row, reason)
    select ${bound.system.name}, ${target.relation}, unheld.key, ${texts('t', columns)},
      case unheld.problem
        when 'extra' then ${notGiven}
        else ${givenOtherwise(sql`unheld.found`)}
      end
    from (
      with ${comparison(bound, target)}
      select key, problem, found
      from problems
      where problem in ('extra', 'differing')) as unheld
    join ${tableSql(target.table)} as t on ${keyText(target.key.map((name) => column('t', name)))} = unheld.key`)
}

/**
 * Moves what the ledger keeps of the target alone to the archive: rows that the target's own applications wrote, and of
 * which the legacy tables could not take all. A row that they deleted, and that the legacy gives back, is archived as it was.
 */
export async function archiveOwn(
  db: Executor,
  bound: Bound,
  kinds: readonly ('part' | 'whole' | 'absent')[],
): Promise<void> {
  for (const target of bound.target) {
    const columns = target.columns.map((each) => ({ name: each.name, type: typeOf(each) }))
    const there = column('t', target.key[0] ?? '')
    await db.execute(sql`
      insert into ${archive} (system, relation, key, row, reason)
      select d.system, d.relation, d.key,
        case when ${there} is null then d.kept || d.derived else ${texts('t', columns)} end,
        case d.kind
          when 'whole' then ${notGiven}
          when 'absent' then 'the legacy rows give this row back, which was deleted'
          else ${givenOtherwise(sql`d.kept`)}
        end
      from ${targetComplement} as d
      left join ${tableSql(target.table)} as t on ${keyText(target.key.map((name) => column('t', name)))} = d.key
      where d.system = ${bound.system.name}
        and d.relation = ${target.relation}
        and d.kind = any (${textArray(kinds)})
        and (d.kind <> 'absent' or ${there} is null)`)
  }
  await db.execute(sql`delete from ${targetComplement} where system = ${bound.system.name}`)
}

const notGiven = 'no legacy row gives this row back'

const givenOtherwise = (columns: SQL): SQL =>
  sql`'the legacy rows give back another ' || (select string_agg(name, ', ') from jsonb_object_keys(${columns}) as name)`

/** The archive's last number: what this rollback archives comes after it. */
export async function lastArchived(db: Executor): Promise<number> {
  const [row] = await rows<{ last: number }>(db, sql`select coalesce(max(id), 0)::float8 as "last" from ${archive}`)
  return row?.last ?? 0
}

/** How many rows were archived after `last`, by table. */
export async function archivedSince(db: Executor, { name }: System, last: number): Promise<Record<string, number>> {
  const found = await rows<{ relation: string; rows: number }>(
    db,
    sql`
      select relation, count(*)::float8 as "rows"
      from ${archive}
      where system = ${name}
        and id > ${last}
      group by relation
      order by relation`,
  )
  return Object.fromEntries(found.map((each) => [each.relation, each.rows]))
}

/** The number of rows of each table. */
export async function countRows(db: Executor, tables: readonly PgTable[]): Promise<Record<string, number>> {
  const counted: Record<string, number> = {}
  for (const table of tables) {
    const [row] = await rows<{ rows: number }>(db, sql`select count(*)::float8 as "rows" from ${tableSql(table)}`)
    counted[configOf(table).name] = row?.rows ?? 0
  }
  return counted
}
