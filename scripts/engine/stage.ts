import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Bound, TargetTable } from './bound.ts'
import { judgedRows } from './judge.ts'
import type { Withheld } from './narrow.ts'
import { recordAside } from './quarantine.ts'
import { settleRelations } from './relations.ts'
import { inPlace, legacyRows } from './rows.ts'
import { asked, type Scope } from './scope.ts'
import { tableSql } from './shape.ts'
import { type Executor, list } from './sql.ts'
import type { Tables } from './system.ts'

/** The temporary table that holds the derived rows of a target table, or the rows of a legacy table, on their way. */
export const stageOf = ({ relation }: { relation: string }): SQL => sql`pg_temp.${sql.identifier(`stage_${relation}`)}`

/** Makes the temporary table of a relation of what `select` yields. */
export const stageAs = ({ relation }: { relation: string }, select: SQL): SQL => sql`
    create temporary table ${sql.identifier(`stage_${relation}`)} on commit drop as
    ${select}`

/** Tables as the sources of transforms, with nothing but what is staged of them. */
export const stagedTables = (tables: readonly { name: string; relation: string; table: PgTable }[]): Tables =>
  Object.fromEntries(tables.map((each) => [each.name, inPlace(each.table, stageOf(each))]))

/**
 * Derives the rows of every target table into temporary tables and sets aside what the target would refuse, with
 * constraint, SQLSTATE and reason. A row that is wrong in itself is set aside whole; a row that is refused because of
 * another row (unique, foreign key) gives up only the columns of that relation where they may be null.
 */
export async function stage(db: Executor, bound: Bound, scope: Scope, withheld?: Withheld): Promise<void> {
  if (withheld) await withhold(db, bound, scope, withheld)
  for (const target of bound.target) await stageTable(db, bound, target, scope, withheld === undefined)
}

/** Stages the rows of one target table, or none; those that it refers to are staged. */
export async function stageTable(
  db: Executor,
  bound: Bound,
  target: TargetTable,
  scope: Scope,
  any = true,
): Promise<void> {
  const judged = judgedRows(bound, target, asked(scope))
  await db.execute(stageAs(target, sql`select * from ${judged} as judged where ${any}`))
  if (scope === 'all') await db.execute(sql`analyze ${stageOf(target)}`)
  await db.execute(sql`
    with gone as (
      delete from ${stageOf(target)}
      where "#refusal" is not null
      returning "#key", "#family", "#refusal")
    ${setAside(bound, target, sql`gone`)}`)
  await settleRelations(db, bound, target, scope)
}

/** Writes the staged rows to their table, which is `t` in what is done where a row of the same key is there. */
export async function writeStaged(db: Executor, target: TargetTable, onConflict = sql``): Promise<void> {
  const names = list(target.columns.map(({ name }) => sql`${sql.identifier(name)}`))
  await db.execute(sql`
    insert into ${tableSql(target.table)} as t (${names})
    select ${names}
    from ${stageOf(target)}
    ${onConflict}`)
}

/** Records the judged rows of `from`, which are all refused. */
export const setAside = (bound: Bound, target: TargetTable, from: SQL): SQL =>
  recordAside(
    bound,
    target.relation,
    'row',
    sql`
    select "#key" as key, "#family" as family, "#refusal"[1] as constraint_name, "#refusal"[2] as sqlstate,
      "#refusal"[3] as reason, '{}'::jsonb as held
    from ${from}`,
  )

/** Records that the target gets nothing of the families. */
async function withhold(db: Executor, bound: Bound, scope: Scope, withheld: Withheld): Promise<void> {
  const relation = bound.target.find((target) => target.relation === withheld.relation) ?? bound.target[0]
  const families = bound.legacy.map(
    (legacy) => sql`select "#family" as family from ${legacyRows(bound, legacy, asked(scope))} as l`,
  )
  await db.execute(
    recordAside(
      bound,
      relation?.relation ?? '',
      'family',
      sql`
    select distinct family as key, family, ${withheld.constraint}::text as constraint_name,
      ${withheld.sqlstate}::text as sqlstate, ${withheld.reason}::text as reason, '{}'::jsonb as held
    from (${sql.join(families, sql` union all `)}) as withheld`,
    ),
  )
}
