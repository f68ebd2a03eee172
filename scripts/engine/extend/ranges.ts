import { and, asc, eq, type SQL, sql } from 'drizzle-orm'
import { shard } from '../../../schema/ledger.ts'
import type { Context } from '../context.ts'
import type { Range } from '../family.ts'
import { rows } from '../preflight/look.ts'
import { tableSql } from '../shape.ts'
import type { Shard } from '../shards.ts'
import { column, type Executor, list } from '../sql.ts'
import type { BoundExtension } from './bind.ts'
import { keyOf } from './rows.ts'

/** Tables of fewer rows than this are filled as one range. */
const worthSplitting = 50_000
const parts = 8

/** A range of one table's keys that is still to be filled. The ledger numbers the ranges of all tables through. */
export interface KeyRange {
  shard: Shard
  bound: BoundExtension
}

/** A key as the ledger's cursor has it: a json array of text forms. */
const cursorOf = (bound: BoundExtension, alias: string): SQL =>
  sql`jsonb_build_array(${list(keyOf(bound, alias).map((each) => sql`${each}::text`))})::text`

/** The key that a cursor says, as a row. */
const keyAt = ({ key }: BoundExtension, cursor: string): SQL => {
  const texts = JSON.parse(cursor) as string[]
  return sql`row(${list(key.map(({ type }, i) => sql`${texts[i]}::text::${sql.raw(type)}`))})`
}

/** Whether row `v` is in a range of keys. */
export const inKeys = (bound: BoundExtension, { after, upTo }: Range): SQL => {
  const key = sql`row(${list(keyOf(bound, 'v'))})`
  const [above, below] = [after && sql`${key} > ${keyAt(bound, after)}`, upTo && sql`${key} <= ${keyAt(bound, upTo)}`]
  return sql.join([above || sql`true`, below || sql`true`], sql` and `)
}

/** The ranges that are still to be filled: those of an interrupted run, or else a new division. */
export async function remainingRanges(context: Context, all: readonly BoundExtension[]): Promise<KeyRange[]> {
  const left = await read(context, all)
  if (left.length > 0) return left
  await divide(context, all)
  return read(context, all)
}

/** How many ranges a table is divided into: the same whenever it is asked, so that a number says which table it is of. */
const most = parts

async function read({ system, connection: { db } }: Context, all: readonly BoundExtension[]): Promise<KeyRange[]> {
  const found = await db
    .select()
    .from(shard)
    .where(and(eq(shard.system, system.name), eq(shard.finished, false)))
    .orderBy(asc(shard.number))
  return found.flatMap((each) => {
    const bound = all[Math.floor(each.number / most)]
    return bound ? [{ shard: each, bound }] : []
  })
}

async function divide({ system, connection: { db } }: Context, all: readonly BoundExtension[]): Promise<void> {
  const ranges: (Range & { number: number })[] = []
  for (const [place, bound] of all.entries()) {
    const edges = [null, ...(await quantiles(db, bound)), null]
    for (const [i, upTo] of edges.slice(1).entries())
      ranges.push({ number: place * most + i, after: edges[i] ?? null, upTo: upTo ?? null })
  }
  await db.transaction(async (tx) => {
    await tx.delete(shard).where(eq(shard.system, system.name))
    await tx.insert(shard).values(
      ranges.map(({ number, after, upTo }) => ({
        system: system.name,
        number,
        lowerBound: after,
        upperBound: upTo,
      })),
    )
  })
}

/** Keys that divide a table into parts of about the same size, by a sample. */
async function quantiles(db: Executor, bound: BoundExtension): Promise<string[]> {
  const { live, key, table } = bound
  const [only, ...more] = key
  if (!only || more.length || live.estimatedRows < worthSplitting) return []
  const percent = Math.min(100, (20_000 / live.estimatedRows) * 100)
  const fractions = Array.from({ length: parts - 1 }, (_, i) => (i + 1) / parts)
  const found = await rows<{ bound: string }>(
    db,
    sql`
      select distinct jsonb_build_array(edge::text)::text as "bound", edge
      from unnest((
        select percentile_disc(array[${sql.raw(fractions.join(', '))}]) within group (order by ${column('v', only.name)})
        from ${tableSql(table)} as v tablesample system (${sql.raw(percent.toFixed(4))}) repeatable (1))) as edge
      where edge is not null
      order by edge`,
  )
  return found.map((each) => each.bound)
}

/** The last key of the next `size` rows of a range, and how many there are. */
export async function nextKeys(
  db: Executor,
  bound: BoundExtension,
  range: Range,
  size: number,
): Promise<{ last: string | null; rows: number }> {
  const [found] = await rows<{ last: string | null; rows: number }>(
    db,
    sql`
      with batch as materialized (
        select ${list(keyOf(bound, 'v'))}
        from ${tableSql(bound.table)} as v
        where ${inKeys(bound, range)}
        order by ${list(keyOf(bound, 'v'))}
        limit ${size})
      select (select count(*)::integer from batch) as "rows",
        (select ${cursorOf(bound, 'b')} from batch as b order by ${list(bound.key.map(({ name }) => sql`${column('b', name)} desc`))} limit 1) as "last"`,
  )
  return found ?? { last: null, rows: 0 }
}
