import { type SQL, sql } from 'drizzle-orm'
import { quarantine, targetComplement } from '../../../schema/ledger.ts'
import type { Bound, LegacyTable, TargetTable } from '../bound.ts'
import { heldOf, references, uniqueKeys } from '../constraints.ts'
import { configOf } from '../declared.ts'
import { columnsOf, familyOf } from '../family.ts'
import { judgedRows } from '../judge.ts'
import { held } from '../quarantine.ts'
import { familyColumnsOf, restoredRows } from '../rows.ts'
import { tableName, tableSql } from '../shape.ts'
import { all, column, list } from '../sql.ts'
import { familyIn, hasKey, isSound, keyIn, sameKey } from './settled.ts'
import { families, more, native, theFamilies } from './variables.ts'

/**
 * Finds the families that must be settled together with those at hand: where a row is found under another family than
 * the one that answers for it, where a unique value changes hands, where what is referred to comes or goes, or is not there.
 */
export function relatedFamilies(bound: Bound): SQL {
  const found = [
    ...bound.target.flatMap((target) => [
      ...elsewhere(bound, target),
      ...claimants(bound, target),
      ...referring(bound, target),
      ...missing(bound, target),
    ]),
    ...bound.legacy.map((legacy) => overwritten(bound, legacy)),
    ...bound.legacy.flatMap((legacy) => takenAlong(bound, legacy)),
  ]
  return sql`
    with ${list(bound.target.map((target) => sql`${judged(target)} as materialized (select * from ${judgedRows(bound, target, theFamilies)} as judged)`))}
    select array_agg(distinct r.family)
    into ${more}
    from (
      ${sql.join(found, sql` union all `)}
      -- asked of each part, the condition would seem to leave few rows, and whole tables would be looped over
      offset 0) as r(family)
    where r.family <> all (${families})`
}

const judged = ({ relation }: TargetTable): SQL => sql`${sql.identifier(`judged ${relation}`)}`

const own = ({ table }: TargetTable): SQL => theFamilies.match(table) ?? sql`true`

/** Rows that gave up what made their family, or that have moved. */
function elsewhere(bound: Bound, target: TargetTable): SQL[] {
  const { relation, key } = target
  if (columnsOf(target.table).every(({ name }) => key.includes(name))) return []
  const table = tableSql(target.table)
  const noted = (ledger: SQL, alias: string) => [
    // looked up row by row: from the ledger's side the table would be read for each of its rows
    sql`
      select ${sql.identifier(alias)}.family
      from (select ${keyIn(target, relation)} as key from ${table} where ${own(target)} offset 0) as t
      cross join lateral (
        select ${sql.identifier(alias)}.family
        from ${ledger} as ${sql.identifier(alias)}
        where ${sql.identifier(alias)}.system = ${bound.system.name}
          and ${sql.identifier(alias)}.relation = ${relation}
          and ${sql.identifier(alias)}.key = t.key
        offset 0) as ${sql.identifier(alias)}`,
    sql`
      select ${familyIn(bound, target, 't')}
      from ${ledger} as ${sql.identifier(alias)}
      join ${table} as t on ${hasKey(target, 't', sql`${sql.identifier(alias)}.key`)}
      where ${sql.identifier(alias)}.system = ${bound.system.name}
        and ${sql.identifier(alias)}.relation = ${relation}
        and ${sql.identifier(alias)}.family = any (${families})`,
  ]
  return [
    ...noted(sql`${quarantine}`, 'q'),
    ...noted(sql`${targetComplement}`, 'd'),
    sql`
      select ${familyIn(bound, target, 't')}
      from ${judged(target)} as j
      join ${table} as t on ${sameKey(target, 'j', 't')}`,
  ]
}

/** Legacy rows of other families that have the key of a row which is written back. */
const overwritten = (bound: Bound, legacy: LegacyTable): SQL => sql`
      select coalesce(${familyOf(familyColumnsOf(bound, legacy.name, bound.system.legacy).map((name) => column('l', name)))}, '')
      from ${restoredRows(bound, legacy, theFamilies)} as r
      join ${tableSql(legacy.table)} as l on ${all(legacy.key.map((name) => sql`${column('l', name)} = ${column('r', name)}`))}
      where ${native}`

/** Legacy rows of other families that go with one that is deleted there, for their foreign keys are declared so. */
function takenAlong(bound: Bound, child: LegacyTable): SQL[] {
  return configOf(child.table).foreignKeys.flatMap((key) => {
    const { columns, foreignTable, foreignColumns } = key.reference()
    const parent = bound.legacy.find(({ table }) => tableName(table) === tableName(foreignTable))
    if (!parent || key.onDelete !== 'cascade') return []
    const refers = foreignColumns.map(
      ({ name }, i) => sql`${column('c', columns[i]?.name ?? '')} = ${column(parent.live.name, name)}`,
    )
    const same = parent.key.map((name) => sql`${column('r', name)} = ${column(parent.live.name, name)}`)
    return [
      sql`
      select coalesce(${familyOf(familyColumnsOf(bound, child.name, bound.system.legacy).map((name) => column('c', name)))}, '')
      from ${tableSql(parent.table)}
      join ${tableSql(child.table)} as c on ${all(refers)}
      where ${native}
        and (${theFamilies.match(parent.table) ?? sql`true`})
        and not exists (select from ${restoredRows(bound, parent, theFamilies)} as r where ${all(same)})`,
    ]
  })
}

/** Who has a unique value that the families claim, and who waits for one that they have or claim. */
function claimants(bound: Bound, target: TargetTable): SQL[] {
  return uniqueKeys(target.table).flatMap(({ name, columns }) => {
    const same = (a: string, b: string) =>
      all(columns.map((each) => sql`${column(a, each.name)} = ${column(b, each.name)}`))
    const waiting = (from: SQL, alias: string, condition: SQL) => sql`
      select q.family
      from ${from}
      join ${quarantine} as q on q.constraint_name = ${name} and q.held = ${held(alias, heldOf(columns))}
      where q.system = ${bound.system.name}
        and q.relation = ${target.relation}
        and ${condition}`
    return [
      sql`
      select ${familyIn(bound, target, 't')}
      from ${judged(target)} as j
      join ${tableSql(target.table)} as t on ${same('j', 't')}
      where not (${sameKey(target, 'j', 't')})`,
      waiting(sql`${judged(target)} as j`, 'j', all(columns.map((each) => sql`${column('j', each.name)} is not null`))),
      waiting(
        tableSql(target.table),
        target.relation,
        sql`(${own(target)}) and ${all(columns.map((each) => sql`${column(target.relation, each.name)} is not null`))}`,
      ),
    ]
  })
}

/**
 * Rows that refer to one of the families' that goes, rows that gave up a reference to one that comes, and rows that only
 * the target has, perhaps because the legacy did not have the one that they refer to.
 */
function referring(bound: Bound, parent: TargetTable): SQL[] {
  return bound.target.flatMap((child) =>
    references(child.table)
      .filter((reference) => tableName(reference.parent) === tableName(parent.table))
      .filter((reference) => !isWithinFamily(child, parent, reference))
      .flatMap(({ name, columns, parentColumns }) => {
        const refers = (alias: string) =>
          all(parentColumns.map((each, i) => sql`${column('c', columns[i]?.name ?? '')} = ${column(alias, each.name)}`))
        const missed = sql`jsonb_object(array[${list(
          parentColumns.flatMap((each, i) => [
            sql`${columns[i]?.name ?? ''}::text`,
            sql`${column('j', each.name)}::text`,
          ]),
        )}])`
        return [
          sql`
      select ${familyIn(bound, child, 'c')}
      from ${tableSql(parent.table)}
      join ${tableSql(child.table)} as c on ${refers(parent.relation)}
      where (${own(parent)})
        and not exists (select from ${judged(parent)} as j where ${sameKey(parent, 'j', parent.relation)} and ${isSound('j')})`,
          sql`
      select q.family
      from ${judged(parent)} as j
      join ${quarantine} as q on q.constraint_name = ${name}${heldOf(columns).length === columns.length ? sql` and q.held = ${missed}` : sql``}
      where q.system = ${bound.system.name}
        and q.relation = ${child.relation}`,
          sql`
      select d.family
      from ${tableSql(parent.table)}
      join ${tableSql(child.table)} as c on ${refers(parent.relation)}
      join ${targetComplement} as d on d.key = ${keyIn(child, 'c')}
      where ${native}
        and (${own(parent)})
        and d.system = ${bound.system.name}
        and d.relation = ${child.relation}
        and d.kind = 'whole'`,
        ]
      }),
  )
}

/**
 * The families of rows that are referred to and are not there: another session may be bringing one over that does not see
 * who waits for it. A family can be told where its name is what the reference holds.
 */
function missing(bound: Bound, child: TargetTable): SQL[] {
  return references(child.table).flatMap((reference) => {
    const { columns, parent, parentColumns } = reference
    const known = bound.target.find(({ table }) => tableName(table) === tableName(parent))
    if (!known || isWithinFamily(child, known, reference)) return []
    const place = parentColumns.findIndex(({ name }) => name === columnsOf(known.table)[0]?.name)
    const named = columns[place]
    if (!named) return []
    const is = parentColumns.map((each, i) => sql`${column('p', each.name)} = ${column('j', columns[i]?.name ?? '')}`)
    return [
      sql`
      select ${column('j', named.name)}::text
      from ${judged(child)} as j
      where ${all(columns.map(({ name }) => sql`${column('j', name)} is not null`))}
        and not exists (select from ${tableSql(parent)} as p where ${all(is)})`,
    ]
  })
}

/** Whether a row that refers to another is of its family by that. */
export function isWithinFamily(
  child: TargetTable,
  parent: TargetTable,
  { columns, parentColumns }: ReturnType<typeof references>[number],
): boolean {
  const [refers, referred] = [columnsOf(child.table)[0], columnsOf(parent.table)[0]]
  return columns.length === 1 && columns[0]?.name === refers?.name && parentColumns[0]?.name === referred?.name
}
