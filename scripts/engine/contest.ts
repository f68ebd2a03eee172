import { type SQL, sql } from 'drizzle-orm'
import { type Bound, keyOf, type TargetTable } from './bound.ts'
import { heldOf, nullable, type UniqueKey, uniqueKeys } from './constraints.ts'
import { columnsOf, familyOf } from './family.ts'
import { held, recordAside } from './quarantine.ts'
import { addFamilies, asked, type Scope } from './scope.ts'
import { tableSql } from './shape.ts'
import { all, column, type Executor, keyText, list, setNull } from './sql.ts'
import { stageOf } from './stage.ts'

/**
 * Decides who keeps a value that must be unique: always the row with the smallest primary key, in whatever order the
 * families are carried, so that every run and every interleaving ends the same. A staged row that loses gives the
 * value up; a row of another family that holds it already loses it again, and that family is carried along.
 */
export async function contest(db: Executor, bound: Bound, target: TargetTable, scope: Scope): Promise<void> {
  for (const unique of uniqueKeys(target.table)) {
    await giveUp(db, bound, target, unique, scope)
    if (scope !== 'all') await evict(db, bound, target, unique, scope)
  }
}

/** The key of the row outside the families being carried that holds the values of `alias` and goes before it. */
function holderBefore(target: TargetTable, unique: UniqueKey, alias: string, own: SQL): SQL {
  const key = keyOf(target)
  return sql`(
      select ${keyText(key.map((each) => sql`${each}`))}
      from ${tableSql(target.table)}
      where ${all(unique.columns.map((each) => sql`${each} = ${column(alias, each.name)}`))}
        and (${own}) is not true
        and row(${list(key.map((each) => sql`${each}`))}) < row(${list(key.map(({ name }) => column(alias, name)))})
      limit 1)`
}

async function giveUp(db: Executor, bound: Bound, target: TargetTable, unique: UniqueKey, scope: Scope): Promise<void> {
  const given = nullable(unique.columns)
  const own = asked(scope).match(target.table)
  const rows = sql`
    select l."#key" as key, l."#family" as family, ${unique.name} as constraint_name, '23505' as sqlstate,
      ${taken(unique, 'l')} || l.winner as reason, ${held('l', heldOf(unique.columns))} as held
    from lost as l`
  await db.execute(sql`
    with lost as (
      select *
      from (
        select c.*, coalesce(
            ${own ? holderBefore(target, unique, 'c', own) : sql`null`},
            first_value(c."#key") over (
              partition by ${list(unique.columns.map(({ name }) => column('c', name)))}
              order by ${list(target.key.map((name) => column('c', name)))})) as winner
        from ${stageOf(target)} as c
        where ${all(unique.columns.map(({ name }) => sql`${column('c', name)} is not null`))}) as claimed
      where winner <> "#key"),
    given as (
      ${given.length ? sql`update ${stageOf(target)} as s set ${setNull(given)} from lost` : sql`delete from ${stageOf(target)} as s using lost`}
      where s."#key" = lost."#key")
    ${recordAside(bound, target.relation, given.length ? 'value' : 'row', rows)}`)
}

/** Takes the values from rows of other families, all of larger keys, that hold what a staged row has won. */
async function evict(db: Executor, bound: Bound, target: TargetTable, unique: UniqueKey, scope: Scope): Promise<void> {
  const given = nullable(unique.columns)
  const { table } = target
  const change = given.length
    ? sql`update ${tableSql(table)} set ${setNull(given)} from ${stageOf(target)} as s`
    : sql`delete from ${tableSql(table)} using ${stageOf(target)} as s`
  const rows = sql`
    select e.key, e.family, ${unique.name} as constraint_name, '23505' as sqlstate,
      ${taken(unique, 'e')} || e.winner as reason, ${held('e', heldOf(unique.columns))} as held
    from evicted as e`
  await addFamiliesOf(
    db,
    sql`
    with evicted as (
      ${change}
      where ${all(unique.columns.map((each) => sql`${column('s', each.name)} = ${each}`))}
        and (${asked(scope).match(table) ?? sql`true`}) is not true
      returning ${keyText(keyOf(target).map((each) => sql`${each}`))} as key, ${familyOf(columnsOf(table))} as family,
        s."#key" as winner, ${list(unique.columns.map(({ name }) => sql`${column('s', name)} as ${sql.identifier(name)}`))}),
    noted as (${recordAside(bound, target.relation, given.length ? 'value' : 'row', rows)})
    select distinct family
    from evicted`,
  )
}

async function addFamiliesOf(db: Executor, statement: SQL): Promise<void> {
  const families = (await db.execute(statement)) as unknown as { family: string }[]
  for (const { family } of families) await addFamilies(db, sql`select ${family}::text`)
}

const taken = ({ columns }: UniqueKey, alias: string): SQL =>
  sql`concat_ws(', ', ${list(columns.map(({ name }) => sql`${`${name} = `}::text || ${column(alias, name)}::text`))}) || ' is taken by '`
