import { sql } from 'drizzle-orm'
import { type Bound, keyOf, type TargetTable } from '../bound.ts'
import { nullable, references, uniqueKeys } from '../constraints.ts'
import type { Passed } from '../enforced.ts'
import { columnsOf, everything, familyOf } from '../family.ts'
import { judgedRows } from '../judge.ts'
import { settleRelations } from '../relations.ts'
import { tableName, tableSql } from '../shape.ts'
import { all, type Executor, keyText, list } from '../sql.ts'
import { setAside, stageOf, stageTable, writeStaged } from '../stage.ts'

/**
 * Whether the rows of a target table are of the family that they were derived for whenever something of them is set
 * aside: what makes the family is given up last or never. Then they are settled where they are, without a stage.
 */
export function staysInFamily({ table }: TargetTable): boolean {
  const family = columnsOf(table).map(({ name }) => name)
  const givesFamily = references(table).some((each) => nullable(each.columns).some(({ name }) => family.includes(name)))
  return !givesFamily || uniqueKeys(table).length + references(table).length === 1
}

/** The other target tables that the rows of one refer to. */
export function parentsOf({ target }: Bound, { table }: TargetTable): TargetTable[] {
  const names = references(table).map(({ parent }) => tableName(parent))
  return target.filter((each) => each.table !== table && names.includes(tableName(each.table)))
}

/** The rows of one target table that it refuses, as `judgedRows` has them. */
const refused = sql.raw('pg_temp.sluice_refused')

const refuse = sql.raw('pg_temp.sluice_refuse')

/**
 * Makes the function that notes a refused row and says false. It is called for refused rows alone, which are few: what
 * is loaded is derived once and need not be kept anywhere on its way, for a second look at what was refused.
 */
async function prepareRefused(tx: Executor): Promise<void> {
  await tx.execute(sql`
    create temporary table sluice_refused ("#key" text, "#family" text, "#refusal" text[]) on commit drop`)
  await tx.execute(sql`
    create function ${refuse}(key text, family text, refusal text[]) returns boolean language plpgsql as $sluice$
    begin
      insert into ${refused} values (key, family, refusal);
      return false;
    end $sluice$`)
}

/**
 * Writes the derived rows of one target table straight to it, and sets aside those that are wrong in themselves. They are
 * not asked for the checks that are known to be passed: the server asks those of what it writes.
 */
export async function load(tx: Executor, bound: Bound, target: TargetTable, passed: Passed): Promise<void> {
  const names = list(target.columns.map(({ name }) => sql`${sql.identifier(name)}`))
  await prepareRefused(tx)
  // behind the fence no other condition can be asked of a row after it was noted
  await tx.execute(sql`
    insert into ${tableSql(target.table)} (${names})
    select ${names}
    from (
      select *
      from ${judgedRows(bound, target, everything, { passed: passed.get(target) })} as judged
      offset 0) as derived
    where case when "#refusal" is null then true else ${refuse}("#key", "#family", "#refusal") end`)
  await tx.execute(setAside(bound, target, refused))
  await tx.execute(sql`drop function ${refuse}`)
}

/** Settles what relates the loaded rows to others, once what they refer to is settled. */
export async function settle(tx: Executor, bound: Bound, target: TargetTable): Promise<void> {
  await besideLoaded(tx, [target, ...parentsOf(bound, target)], () =>
    settleRelations(tx, bound, target, 'all', () => isContested(tx, target)),
  )
}

/** Derives the rows of one target table into a stage, settles them there and writes what is left. */
export async function stageAndLoad(tx: Executor, bound: Bound, target: TargetTable): Promise<void> {
  await besideLoaded(tx, parentsOf(bound, target), () => stageTable(tx, bound, target, 'all'))
  await writeStaged(tx, target)
}

/** Does `work` while views of the tables, which are loaded, stand in for their stages. */
async function besideLoaded(tx: Executor, tables: readonly TargetTable[], work: () => Promise<void>): Promise<void> {
  for (const target of tables) {
    await tx.execute(sql`
      create temporary view ${sql.identifier(`stage_${target.relation}`)} as
      select ${keyText(keyOf(target).map((each) => sql`${each}`))} as "#key",
        coalesce(${familyOf(columnsOf(target.table))}, '') as "#family",
        ${list(target.columns.map(({ name }) => sql`${sql.identifier(name)}`))}
      from ${tableSql(target.table)}`)
  }
  await work()
  for (const target of tables) await tx.execute(sql`drop view ${stageOf(target)}`)
}

/** Whether two rows have a value that must be unique: much faster than finding out who keeps it. */
async function isContested(tx: Executor, target: TargetTable): Promise<boolean> {
  const repeated = uniqueKeys(target.table).map(({ columns }) => {
    const values = list(columns.map((each) => sql`${each}`))
    return sql`exists (
      select from ${tableSql(target.table)}
      where ${all(columns.map((each) => sql`${each} is not null`))}
      group by ${values}
      having count(*) > 1)`
  })
  if (repeated.length === 0) return false
  const [row] = await tx.execute(sql`select ${sql.join(repeated, sql` or `)} as contested`)
  return (row as { contested: boolean }).contested
}
