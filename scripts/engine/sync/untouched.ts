import { type SQL, sql } from 'drizzle-orm'
import { type Bound, isAsDeclared, type LegacyTable, type TargetTable } from '../bound.ts'
import { keepRows } from '../complement.ts'
import { references } from '../constraints.ts'
import type { Passed } from '../enforced.ts'
import { also, among, asking, columnsOf, familyOf, type Keys, type Range, within } from '../family.ts'
import { judgedRows } from '../judge.ts'
import { rows } from '../preflight/look.ts'
import { legacyRows } from '../rows.ts'
import { tableSql } from '../shape.ts'
import type { Executor } from '../sql.ts'
import { stageAs, stagedTables, stageOf, writeStaged } from '../stage.ts'
import type { Tables } from '../system.ts'
import { statementFor } from '../template.ts'
import { familiesIn, knownIn } from '../waves.ts'
import { dangling, entangled } from './entangled.ts'
import { lockedFamilies } from './locked.ts'

/*
 * While both shapes are alive, most families of a first copy are simple: nobody has touched them, the target has nothing
 * of them and refuses nothing. Those are carried by a few plain statements. Everybody else's, in `also`, are left to the
 * function that settles whatever there may be between two shapes. `asking` and `also` are disjoint in the end.
 */

/**
 * Locks the families of a range, in their order, as every writer does, and asks for them. Those that were locked before,
 * by a writer or an earlier copy, are not simple.
 */
export async function lockAndAsk(db: Executor, bound: Bound, range: Range): Promise<void> {
  await db.execute(
    statementFor(
      bound,
      'lock',
      range,
      (any) => sql`
    with ${lockedFamilies(bound, familiesIn(bound, any))},
    known as (
      insert into ${also}
      select family
      from locked
      where not is_new)
    insert into ${asking}
    select family
    from locked`,
    ),
  )
}

/** Whether so many of the locked families are simple that it is worth looking at each of them. */
export async function areMostlySimple(db: Executor, bound: Bound, range: Range): Promise<boolean> {
  // duplicates of a key may be of different families
  if (bound.legacy.some(({ keyed }) => !keyed)) return false
  await db.execute(statementFor(bound, 'known', range, (any) => leaveOut(knownIn(bound, any))))
  const [row] = await db.execute(sql`
    select (select count(*) from ${also}) * 2 < (select count(*) from ${asking}) as simple`)
  return (row as { simple: boolean }).simple
}

/**
 * Carries the simple ones of the locked families of a range, after which `also` holds all the others.
 * @param passed checks that the legacy's own have let pass
 * @returns the number of legacy rows of those that were not in `also` before
 * @throws what the server says where another session was quicker, or where a row is refused in a way that the
 * declaration does not foretell: all of the families are not simple then
 */
export async function carryUntouched(db: Executor, bound: Bound, range: Range, passed: Passed): Promise<number> {
  const of = (name: string, make: (any: Range) => SQL) => statementFor(bound, name, range, make)
  await db.execute(sql`delete from ${asking} as f using ${also} as a where a.family = f.family`)
  // read once for every target table that is derived of them, and for the complement
  const legacy = bound.legacy.filter((each) => isAsDeclared(bound, each))
  for (const each of legacy) {
    const asked = (any: Range) => sql`select * from ${tableSql(each.table)} where ${askedWithin(any).match(each.table)}`
    await db.execute(of(`stage ${each.relation}`, (any) => stageAs(each, asked(any))))
  }
  const rowsOfAsked = rowsAmong(bound, sql`table ${asking}`)
  const carried = await countRows(
    db,
    bound.legacy.map((each) => (legacy.includes(each) ? stageOf(each) : rowsOfAsked(each))),
  )
  const sources = stagedTables(legacy)
  for (const target of bound.target)
    await db.execute(of(`stage ${target.relation}`, (any) => derived(bound, target, sources, any, passed.get(target))))
  await db.execute(of('entangled', () => leaveOut(union(bound.target.flatMap((target) => entangled(bound, target))))))
  // who refers to a row that is left out is left out with it
  if (bound.target.some(({ table }) => references(table).length > 0)) {
    const referring = of('dangling', () => leaveOut(union(bound.target.flatMap((target) => dangling(bound, target)))))
    while ((await db.execute(referring)).length > 0);
  }
  for (const { relation } of bound.target) {
    await db.execute(sql`delete from ${stageOf({ relation })} as s using ${also} as a where a.family = s."#family"`)
  }
  await db.execute(sql`delete from ${asking} as f using ${also} as a where a.family = f.family`)
  for (const target of bound.target) await writeStaged(db, target)
  // what was staged is all that the target has of these families, without a look at its indexes
  const target = { ...bound.system.target, ...stagedTables(bound.target) }
  for (const each of bound.legacy) {
    const staged = legacy.includes(each) ? stageOf(each) : undefined
    const keep = (any: Range) =>
      keepRows(bound, each, askedWithin(any), { fresh: true, whole: false, staged: { target, rows: staged } })
    await db.execute(of(`keep ${each.relation}`, keep))
  }
  return carried
}

/** The rows of a legacy table that are of the families which `select` yields. */
export const rowsAmong =
  (bound: Bound, select: SQL) =>
  (legacy: LegacyTable): SQL =>
    legacyRows(bound, legacy, among(sql`array(${select})`))

/** How many rows several tables have together. */
export async function countRows(db: Executor, tables: readonly SQL[]): Promise<number> {
  const counts = tables.map((each) => sql`(select count(*) from ${each} as l)`)
  const [row] = await rows<{ count: number }>(db, sql`select (${sql.join(counts, sql` + `)})::float8 as count`)
  return row?.count ?? 0
}

/** Derives the rows of one target table into its temporary table, of what is staged and of those asked for in what is not. */
function derived(bound: Bound, target: TargetTable, staged: Tables, range: Range, passed?: ReadonlySet<string>): SQL {
  const tables = new Set<unknown>(Object.values(staged))
  const keys: Keys = { match: (source) => (tables.has(source) ? undefined : askedWithin(range).match(source)) }
  return stageAs(
    target,
    sql`select * from ${judgedRows(bound, target, keys, { from: { ...bound.sources, ...staged }, passed })} as judged`,
  )
}

const union = (selects: readonly SQL[]): SQL => sql.join([...selects], sql` union all `)

/** The families of the range that are asked for: those that came into it since they were locked are not. */
const askedWithin = (range: Range): Keys => ({
  match: (source) =>
    sql`(${within(range).match(source) ?? sql`true`})
      and coalesce(${familyOf(columnsOf(source))}, '') in (select family from ${asking})`,
})

/** Leaves the families that `select` yields to be settled, and yields those that were not before. */
const leaveOut = (select: SQL): SQL => sql`
    insert into ${also}
    select distinct found.family
    from (${select}) as found(family)
    join ${asking} as f on f.family = found.family
    on conflict do nothing
    returning family`
