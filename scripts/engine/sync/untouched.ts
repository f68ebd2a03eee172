import { type SQL, sql } from 'drizzle-orm'
import type { Bound } from '../bound.ts'
import { keepRows } from '../complement.ts'
import { also, asking, columnsOf, familyOf, type Keys, type Range, within } from '../family.ts'
import { judgedRows } from '../judge.ts'
import { tableSql } from '../shape.ts'
import { type Executor, list } from '../sql.ts'
import { stageOf } from '../stage.ts'
import { knownIn } from '../waves.ts'
import { dangling, entangled } from './entangled.ts'
import { lockedFamilies } from './locked.ts'

/*
 * While both shapes are alive, most families of a first copy are simple: nobody has touched them, the target has nothing
 * of them and refuses nothing. Those are carried by a few plain statements. Everybody else's, in `also`, are left to the
 * function that settles whatever there may be between two shapes. `asking` and `also` are disjoint in the end.
 */

/**
 * Locks the families that `select` yields, in their order, as every writer does, and asks for them. Those that were
 * locked before, by a writer or an earlier copy, are not simple.
 */
export async function lockAndAsk(db: Executor, bound: Bound, select: SQL): Promise<void> {
  await db.execute(sql`
    with ${lockedFamilies(bound, select)},
    known as (
      insert into ${also}
      select family
      from locked
      where not is_new)
    insert into ${asking}
    select family
    from locked`)
}

/** Whether so many of the locked families are simple that it is worth looking at each of them. */
export async function areMostlySimple(db: Executor, bound: Bound, range: Range): Promise<boolean> {
  // duplicates of a key may be of different families
  if (bound.legacy.some(({ keyed }) => !keyed)) return false
  await leaveOut(db, knownIn(bound, range))
  const [row] = await db.execute(sql`
    select (select count(*) from ${also}) * 2 < (select count(*) from ${asking}) as simple`)
  return (row as { simple: boolean }).simple
}

/**
 * Carries the simple ones of the locked families of a range, after which `also` holds all the others.
 * @throws what the server says where another session was quicker, or where a row is refused in a way that the
 * declaration does not foretell: all of the families are not simple then
 */
export async function carryUntouched(db: Executor, bound: Bound, range: Range): Promise<void> {
  const keys = askedWithin(range)
  await db.execute(sql`delete from ${asking} as f using ${also} as a where a.family = f.family`)
  for (const target of bound.target) {
    await db.execute(sql`
      create temporary table ${sql.identifier(`stage_${target.relation}`)} on commit drop as
      select *
      from ${judgedRows(bound, target, keys)} as judged`)
  }
  await leaveOut(
    db,
    sql.join(
      bound.target.flatMap((target) => entangled(bound, target)),
      sql` union all `,
    ),
  )
  // who refers to a row that is left out is left out with it
  const referring = bound.target.flatMap((target) => dangling(bound, target))
  while (referring.length > 0 && (await leaveOut(db, sql.join(referring, sql` union all `))) > 0);
  for (const { relation } of bound.target) {
    await db.execute(sql`delete from ${stageOf({ relation })} as s using ${also} as a where a.family = s."#family"`)
  }
  await db.execute(sql`delete from ${asking} as f using ${also} as a where a.family = f.family`)
  for (const target of bound.target) {
    const names = list(target.columns.map(({ name }) => sql`${sql.identifier(name)}`))
    await db.execute(sql`insert into ${tableSql(target.table)} (${names}) select ${names} from ${stageOf(target)}`)
  }
  for (const legacy of bound.legacy) await db.execute(keepRows(bound, legacy, keys, { fresh: true, whole: false }))
}

/** The families of the range that are asked for: those that came into it since they were locked are not. */
const askedWithin = (range: Range): Keys => ({
  match: (source) =>
    sql`(${within(range).match(source) ?? sql`true`})
      and coalesce(${familyOf(columnsOf(source))}, '') in (select family from ${asking})`,
})

/** Leaves the families that `select` yields to be settled. @returns how many were not left before */
async function leaveOut(db: Executor, select: SQL): Promise<number> {
  const [row] = await db.execute(sql`
    with added as (
      insert into ${also}
      select distinct found.family
      from (${select}) as found(family)
      join ${asking} as f on f.family = found.family
      on conflict do nothing
      returning 1)
    select count(*)::float8 as "added"
    from added`)
  return (row as { added: number }).added
}
