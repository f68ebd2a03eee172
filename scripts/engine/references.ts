import { type SQL, sql } from 'drizzle-orm'
import type { Bound, TargetTable } from './bound.ts'
import { heldOf, nullable, type Reference, references } from './constraints.ts'
import { familyOf } from './family.ts'
import { held, recordAside } from './quarantine.ts'
import { familyColumnsOf } from './rows.ts'
import { addFamilies, asked, type Scope } from './scope.ts'
import { tableName, tableSql } from './shape.ts'
import { all, column, type Executor, list, setNull } from './sql.ts'
import { stageOf } from './stage.ts'

/**
 * Settles what the staged rows refer to. A reference to a row that will not be there (it was set aside, or never was)
 * is given up where it may be null; otherwise the row is set aside. A row that gives up what made its family is found
 * under another family in the target from then on, which is added to the families touched.
 */
export async function settleReferences(db: Executor, bound: Bound, target: TargetTable, scope: Scope): Promise<void> {
  for (const reference of references(target.table)) {
    // a self-reference can dangle anew once its row is set aside: again until nothing changes
    while ((await settle(db, bound, target, reference, scope)) > 0 && reference.parent === target.table);
  }
}

async function settle(
  db: Executor,
  bound: Bound,
  target: TargetTable,
  reference: Reference,
  scope: Scope,
): Promise<number> {
  const given = nullable(reference.columns)
  const rows = sql`
    select d."#key" as key, d."#family" as family, ${reference.name} as constraint_name, '23503' as sqlstate,
      ${dangles(reference, 'd')} as reason, ${held('d', heldOf(reference.columns))} as held
    from dangling as d`
  const change = given.length
    ? sql`update ${stageOf(target)} as s set ${setNull(given)} from dangling`
    : sql`delete from ${stageOf(target)} as s using dangling`
  const [noted] = await db.execute(sql`
    with dangling as (
      select c.*
      from ${stageOf(target)} as c
      where ${all(reference.columns.map(({ name }) => sql`${column('c', name)} is not null`))}
        and ${all(existing(bound, reference, scope).map((parent) => sql`not exists (${parent})`))}),
    changed as (
      ${change}
      where s."#key" = dangling."#key"),
    noted as (${recordAside(bound, target.relation, given.length ? 'value' : 'row', rows)} returning 1)
    select count(*)::float8 as rows
    from noted`)
  const family = familyOf(familyColumnsOf(bound, target.name, bound.system.target).map((name) => column('s', name)))
  const { rows: count } = noted as { rows: number }
  if (count > 0 && given.length > 0 && scope !== 'all') {
    await addFamilies(db, sql`select distinct ${family} from ${stageOf(target)} as s where ${family} <> s."#family"`)
  }
  return count
}

/** Where the row referred to may be: among the staged rows, or in the table outside the families being carried. */
function existing(bound: Bound, { columns, parent, parentColumns }: Reference, scope: Scope): SQL[] {
  const staged = bound.target.find(({ table }) => tableName(table) === tableName(parent))
  const names = parentColumns.map(({ name }, i) => ({ parent: name, child: columns[i]?.name ?? name }))
  const own = staged && asked(scope).match(staged.table)
  const live = sql`
    select from ${tableSql(parent)}
    where ${all(parentColumns.map((each, i) => sql`${each} = ${column('c', columns[i]?.name ?? each.name)}`))}`
  if (!staged) return [live]
  const inStage = sql`
    select from ${stageOf(staged)} as p
    where ${all(names.map((name) => sql`${column('p', name.parent)} = ${column('c', name.child)}`))}`
  return own ? [inStage, sql`${live} and (${own}) is not true`] : [inStage]
}

/** `column = value refers to no row of table`. */
const dangles = ({ columns, parent }: Reference, alias: string): SQL =>
  sql`concat_ws(', ', ${list(columns.map(({ name }) => sql`${`${name} = `}::text || ${column(alias, name)}::text`))}) || ${` refers to no row of ${tableName(parent)}`}::text`
