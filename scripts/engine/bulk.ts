import { sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { shard } from '../../schema/ledger.ts'
import type { Database } from '../database/connect.ts'
import { type Bound, keyOf, type TargetTable } from './bound.ts'
import { definitions } from './built.ts'
import { forgetComplement, keepOf } from './complement.ts'
import { nullable, references, uniqueKeys } from './constraints.ts'
import type { Context } from './context.ts'
import { columnsOf, everything, familyOf } from './family.ts'
import { judgedRows } from './judge.ts'
import { sqlstate } from './lock.ts'
import { byValues } from './narrow.ts'
import { clearAside } from './quarantine.ts'
import { settleRelations } from './relations.ts'
import { tableSql } from './shape.ts'
import { all, type Executor, keyText, list } from './sql.ts'
import { setAside, stageOf, stageTable } from './stage.ts'
import { inTransaction, readWhole } from './transaction.ts'

/** Sessions that work side by side once the target is loaded, each on a table of its own. */
const sessions = 2

/**
 * Loads the whole target in one transaction: keys, indexes and foreign keys are read off the catalogs, dropped while
 * the tables are still empty, and built again after the load. Writers of the legacy tables must be waiting. Then the
 * complement is kept; killed before that has ended, the next copy goes by batches and keeps it.
 * @returns the number of legacy rows carried, or null when the load must go by batches: the target is not empty, or
 * refuses a row in a way that only narrowing down can find
 */
export async function loadInBulk(context: Context, bound: Bound): Promise<number | null> {
  const { db } = context.connection
  if (await isFilled(db, bound)) {
    context.report.note('the target is not empty: it is brought up to date batch by batch')
    return null
  }
  try {
    await inTransaction(db, async (tx) => {
      await readWhole(tx)
      await tx.execute(sql`select set_config('maintenance_work_mem', '256MB', true)`)
      const built = await definitions(tx, bound)
      for (const { drop } of [...built].reverse()) await tx.execute(sql.raw(drop))
      await load(tx, bound)
      for (const { create } of built) await tx.execute(sql.raw(create))
      await forgetComplement(tx, bound, 'all')
      await finishShards(tx, bound)
    })
    return await keepAll(db, bound)
  } catch (error) {
    if (!byValues.test(sqlstate(error) ?? '')) throw error
    context.report.note('a row is refused by something the declaration does not know: looking for it batch by batch')
    return null
  }
}

async function load(db: Executor, bound: Bound): Promise<void> {
  // target triggers that would change what is written stay quiet (design §4)
  await db.execute(sql`select set_config('sluice.writing', 'on', true)`)
  await clearAside(db, bound, 'all')
  await prepareRefused(db)
  for (const target of bound.target) {
    if (staysInFamily(target)) await loadAndSettle(db, bound, target)
    else await stageAndLoad(db, bound, target)
  }
  for (const target of bound.target.filter(staysInFamily)) await db.execute(sql`drop view ${stageOf(target)}`)
  await db.execute(sql`drop function ${refuse}`)
}

/** The rows of one target table that it refuses, as `judgedRows` has them. */
const refused = sql.raw('pg_temp.sluice_refused')

const refuse = sql.raw('pg_temp.sluice_refuse')

/**
 * Makes the function that notes a refused row and says false. It is called for refused rows alone, which are few: what
 * is loaded is derived once and need not be kept anywhere on its way, for a second look at what was refused.
 */
async function prepareRefused(db: Executor): Promise<void> {
  await db.execute(sql`
    create temporary table sluice_refused ("#key" text, "#family" text, "#refusal" text[]) on commit drop`)
  await db.execute(sql`
    create function ${refuse}(key text, family text, refusal text[]) returns boolean language plpgsql as $sluice$
    begin
      insert into ${refused} values (key, family, refusal);
      return false;
    end $sluice$`)
}

/**
 * Whether the rows of a target table are of the family that they were derived for whenever something of them is set
 * aside: what makes the family is given up last or never.
 */
function staysInFamily({ table }: TargetTable): boolean {
  const family = columnsOf(table).map(({ name }) => name)
  const givesFamily = references(table).some((each) => nullable(each.columns).some(({ name }) => family.includes(name)))
  return !givesFamily || uniqueKeys(table).length + references(table).length === 1
}

/** Writes the derived rows straight to the table, which is settled where it is: a view of it stands in for the stage. */
async function loadAndSettle(db: Executor, bound: Bound, target: TargetTable): Promise<void> {
  const names = list(target.columns.map(({ name }) => sql`${sql.identifier(name)}`))
  // behind the fence no other condition can be asked of a row after it was noted
  await db.execute(sql`
    insert into ${tableSql(target.table)} (${names})
    select ${names}
    from (
      select *
      from ${judgedRows(bound, target, everything)} as judged
      offset 0) as derived
    where case when "#refusal" is null then true else ${refuse}("#key", "#family", "#refusal") end`)
  await db.execute(setAside(bound, target, refused))
  await db.execute(sql`delete from ${refused}`)
  await db.execute(sql`
    create temporary view ${sql.identifier(`stage_${target.relation}`)} as
    select ${keyText(keyOf(target).map((each) => sql`${each}`))} as "#key",
      coalesce(${familyOf(columnsOf(target.table))}, '') as "#family", ${names}
    from ${tableSql(target.table)}`)
  await settleRelations(db, bound, target, 'all', () => isContested(db, target))
}

async function stageAndLoad(db: Executor, bound: Bound, target: TargetTable): Promise<void> {
  const names = list(target.columns.map(({ name }) => sql`${sql.identifier(name)}`))
  await stageTable(db, bound, target, 'all')
  await db.execute(sql`
    insert into ${tableSql(target.table)} (${names})
    select ${names}
    from ${stageOf(target)}`)
}

/** Whether two rows have a value that must be unique: much faster than finding out who keeps it. */
async function isContested(db: Executor, target: TargetTable): Promise<boolean> {
  const repeated = uniqueKeys(target.table).map(({ columns }) => {
    const values = list(columns.map((each) => sql`${each}`))
    return sql`exists (
      select from ${tableSql(target.table)}
      where ${all(columns.map((each) => sql`${each} is not null`))}
      group by ${values}
      having count(*) > 1)`
  })
  if (repeated.length === 0) return false
  const [row] = await db.execute(sql`select ${sql.join(repeated, sql` or `)} as contested`)
  return (row as { contested: boolean }).contested
}

/** Keeps the complement of every table, the largest first, and gives the planner its statistics. */
async function keepAll(db: Database, bound: Bound): Promise<number> {
  const bySize = [...bound.legacy].sort((a, b) => b.live.estimatedRows - a.live.estimatedRows)
  const analyze = (tx: Executor, table: PgTable) => tx.execute(sql`analyze ${tableSql(table)}`)
  const queue = [
    ...bySize.map((legacy) => (tx: Executor) => keepOf(tx, bound, legacy, 'all', true)),
    ...bound.target.map(
      ({ table }) =>
        (tx: Executor) =>
          analyze(tx, table).then(() => 0),
    ),
  ]
  let rows = 0
  const session = async () => {
    for (let task = queue.shift(); task; task = queue.shift()) {
      const work = task
      rows += await inTransaction(db, async (tx) => {
        await readWhole(tx)
        return work(tx)
      })
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: sessions }, session))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  return rows
}

/** A bulk load leaves nothing for a later copy to go on with. */
async function finishShards(tx: Executor, { system }: Bound): Promise<void> {
  await tx.execute(sql`delete from ${shard} where ${shard.system} = ${system.name}`)
}

/** Whether any target table has a row. */
export async function isFilled(db: Executor, bound: Bound): Promise<boolean> {
  const some = bound.target.map(({ table }) => sql`exists (select from ${tableSql(table)})`)
  const [row] = await db.execute(sql`select ${sql.join(some, sql` or `)} as filled`)
  return (row as { filled: boolean }).filled
}
