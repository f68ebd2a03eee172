import { type SQL, sql } from 'drizzle-orm'
import type { Bound, TargetTable } from './bound.ts'
import { heldOf, nullable, type Reference, references } from './constraints.ts'
import { familyOf } from './family.ts'
import { type Aside, held, recordAside } from './quarantine.ts'
import { familyColumnsOf } from './rows.ts'
import { addFamilies, asked, type Scope } from './scope.ts'
import { tableName, tableSql } from './shape.ts'
import { all, column, type Executor, list } from './sql.ts'
import { stageOf } from './stage.ts'

/**
 * Settles what the staged rows refer to. A reference to a row that will not be there (it was set aside, or never was)
 * is given up where it may be null; otherwise the row is set aside, for every such reference that it has. A row that gives
 * up what made its family is found under another family in the target from then on, which is added to the families touched.
 */
export async function settleReferences(db: Executor, bound: Bound, target: TargetTable, scope: Scope): Promise<void> {
  const own = references(target.table)
  if (own.length === 0) return
  // a self-reference can dangle anew once its row is set aside: again until nothing changes
  const refersToItself = own.some(({ parent }) => parent === target.table)
  while ((await settle(db, bound, target, scope)) > 0 && refersToItself);
}

/** @returns how many rows have changed or gone */
async function settle(db: Executor, bound: Bound, target: TargetTable, scope: Scope): Promise<number> {
  const own = references(target.table).map((reference, place) => ({
    ...reference,
    place: sql.raw(`${place}`),
    given: nullable(reference.columns),
  }))
  const stage = stageOf(target)
  const dangling = own.map(
    (each) => sql`
      select c."#key" as key, c."#family" as family, ${each.place} as reference, ${each.name}::text as constraint_name,
        ${dangles(each, 'c')} as reason, ${held('c', heldOf(each.columns))} as held
      from ${stage} as c
      where ${all(each.columns.map(({ name }) => sql`${column('c', name)} is not null`))}
        and ${all(existing(bound, each, scope).map((parent) => sql`not exists (${parent})`))}`,
  )
  const isAnyOf = (some: typeof own) =>
    some.length ? sql`reference in (${list(some.map(({ place }) => place))})` : sql`false`
  const [refusing, giving] = [own.filter(({ given }) => !given.length), own.filter(({ given }) => given.length)]
  const note = (some: typeof own, as: Aside) =>
    recordAside(
      bound,
      target.relation,
      as,
      sql`select key, family, constraint_name, '23503' as sqlstate, reason, held from dangling where ${isAnyOf(some)}`,
    )
  const given = [...new Set(giving.flatMap((each) => each.given.map(({ name }) => name)))]
  const assignments = given.map((name) => {
    const by = giving.filter((each) => each.given.some((column) => column.name === name))
    return sql`${sql.identifier(name)} = case when not f."#given" && array[${list(by.map(({ place }) => place))}] then ${column('s', name)} end`
  })
  const [noted] = await db.execute(sql`
    with dangling as materialized (${sql.join(dangling, sql` union all `)}),
    found as (
      select key, bool_or(${isAnyOf(refusing)}) as "#refused", array_agg(reference) as "#given"
      from dangling
      group by key),
    noted_rows as (${note(refusing, 'row')}),
    noted_values as (${note(giving, 'value')}),
    gone as (
      delete from ${stage} as s
      using found as f
      where s."#key" = f.key
        and f."#refused")${
          assignments.length
            ? sql`,
    changed as (
      update ${stage} as s
      set ${list(assignments)}
      from found as f
      where s."#key" = f.key
        and not f."#refused")`
            : sql``
        }
    select count(*)::float8 as rows
    from found`)
  const { rows: count } = noted as { rows: number }
  if (count > 0 && given.length > 0 && scope !== 'all') {
    const family = familyOf(familyColumnsOf(bound, target.name, bound.system.target).map((name) => column('s', name)))
    await addFamilies(db, sql`select distinct ${family} from ${stage} as s where ${family} <> s."#family"`)
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
