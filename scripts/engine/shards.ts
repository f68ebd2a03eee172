import { and, asc, eq, type SQL, sql } from 'drizzle-orm'
import { shard } from '../../schema/ledger.ts'
import type { Bound, LegacyTable } from './bound.ts'
import type { Context } from './context.ts'
import type { Range } from './family.ts'
import { familyColumnsOf } from './rows.ts'
import { tableSql } from './shape.ts'
import { type Executor, list } from './sql.ts'
import { statementFor } from './template.ts'
import { firstOfArm, wavesOf } from './waves.ts'

export type Shard = typeof shard.$inferSelect

/** Tables of fewer rows than this are carried as one shard. */
const worthSplitting = 50_000
const shards = 16

/** The ranges that are still to be carried: those of an interrupted run, or else a new division of all families. */
export async function remainingShards(context: Context, bound: Bound): Promise<Shard[]> {
  const unfinished = await read(context)
  if (unfinished.length > 0) return unfinished
  await divide(context, bound)
  return read(context)
}

function read({ system, connection: { db } }: Context): Promise<Shard[]> {
  return db
    .select()
    .from(shard)
    .where(and(eq(shard.system, system.name), eq(shard.finished, false)))
    .orderBy(asc(shard.number))
}

/** The rows that the shards of this run have carried so far, before an interruption too. */
export async function rowsCarried({ system, connection: { db } }: Context): Promise<number> {
  const [row] = await db
    .select({ rows: sql<number>`coalesce(sum(${shard.rows}), 0)::float8` })
    .from(shard)
    .where(eq(shard.system, system.name))
  return row?.rows ?? 0
}

/**
 * Divides all families of each wave into ranges of about the same number of rows, by a sample of the wave's largest table.
 * The shards of a wave are numbered one after another.
 */
async function divide({ system, connection: { db } }: Context, bound: Bound): Promise<void> {
  const divided: (typeof shard.$inferInsert)[] = []
  for (const [wave, arms] of wavesOf(bound).entries()) {
    const [largest] = bound.legacy
      .filter(({ name }) => arms.some(({ source }) => source === bound.sources[name]))
      .sort((a, b) => b.live.estimatedRows - a.live.estimatedRows)
    const bounds = largest && largest.live.estimatedRows >= worthSplitting ? await quantiles(db, bound, largest) : []
    const edges = [null, ...bounds, null]
    for (const [i, upperBound] of edges.slice(1).entries())
      divided.push({ system: system.name, number: wave * shards + i, lowerBound: edges[i] ?? null, upperBound })
  }
  await db.transaction(async (tx) => {
    await tx.delete(shard).where(eq(shard.system, system.name))
    await tx.insert(shard).values(divided)
  })
}

/** The wave that a shard is of; undefined where there is only one. */
export function waveOf(bound: Bound, { number }: Shard): number | undefined {
  const last = wavesOf(bound).length - 1
  return last === 0 ? undefined : Math.min(Math.floor(number / shards), last)
}

async function quantiles(db: Executor, bound: Bound, { name, table, live }: LegacyTable): Promise<string[]> {
  const percent = Math.min(100, (20_000 / live.estimatedRows) * 100)
  const family = sql`coalesce(${list(familyColumnsOf(bound, name, bound.system.legacy).map((each) => sql`${sql.identifier(each)}::text`))})`
  const fractions = Array.from({ length: shards - 1 }, (_, i) => (i + 1) / shards)
  const rows = await db.execute(sql`
    select distinct unnest(percentile_disc(array[${sql.raw(fractions.join(', '))}]) within group (order by ${family})) as "bound"
    from ${tableSql(table)} tablesample system (${sql.raw(percent.toFixed(4))}) repeatable (1)
    order by 1`)
  return (rows as unknown as { bound: string | null }[]).flatMap(({ bound: each }) => (each === null ? [] : [each]))
}

/** Locks a shard's row for the transaction and reads how far it is; null when another session has finished it. */
export async function claim(db: Executor, { system, number }: Shard): Promise<Range | null> {
  const [row] = (await db.execute(sql`
    select coalesce(${shard.position}, ${shard.lowerBound}) as "after", ${shard.upperBound} as "upTo"
    from ${shard}
    where ${and(eq(shard.system, system), eq(shard.number, number), eq(shard.finished, false))}
    for update`)) as unknown as Range[]
  return row ?? null
}

/** The last of the next `size` families of a range, and how many there are. */
export async function nextFamilies(
  db: Executor,
  bound: Bound,
  range: Range,
  size: number,
): Promise<{ last: string | null; families: number }> {
  const select = statementFor(bound, `next ${size}`, range, (any) => selectNext(bound, any, size))
  const [row] = (await db.execute(select)) as unknown as { last: string | null; families: number }[]
  return row ?? { last: null, families: 0 }
}

function selectNext(bound: Bound, range: Range, size: number): SQL {
  const waves = wavesOf(bound)
  const asked = range.wave === undefined ? waves.flat() : (waves[range.wave] ?? [])
  const arms = asked.map((arm) => firstOfArm(arm, range, size))
  return sql`
    select max(family) as "last", count(*)::int as "families"
    from (
      select family
      from (${sql.join(arms, sql` union all `)}) as arm
      group by family
      order by family
      limit ${size}) as batch`
}

/** Moves a shard's cursor, in the transaction that carried the families. */
export async function move(
  db: Executor,
  { system, number }: Shard,
  done: { position: string | null; families: number; rows: number; finished: boolean },
): Promise<void> {
  await db.execute(sql`
    update ${shard}
    set position = ${done.position},
      families = ${shard.families} + ${done.families},
      rows = ${shard.rows} + ${done.rows},
      finished = ${done.finished},
      changed_at = now()
    where ${and(eq(shard.system, system), eq(shard.number, number))}`)
}
