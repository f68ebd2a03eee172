import { type SQL, sql } from 'drizzle-orm'
import { inject } from 'vitest'
import type { Context } from '../../scripts/engine/context.ts'
import { type CopyOptions, copy } from '../../scripts/engine/copy.ts'
import { expand } from '../../scripts/engine/expand.ts'
import type { Proof } from '../../scripts/engine/results.ts'
import { verify } from '../../scripts/engine/verify.ts'
import { silent } from '../../scripts/report.ts'
import { atp } from '../../scripts/systems/atp/index.ts'
import { createLegacy } from '../../scripts/systems/atp/legacy/index.ts'
import type { Options } from '../../scripts/systems/atp/legacy/options.ts'
import { type Scratch, template } from '../support/scratch.ts'
import { run } from './migration.ts'

type Database = Pick<Scratch, 'connection'>

export const contextOf = ({ connection }: Database, more: Partial<Context> = {}): Context => ({
  system: atp,
  connection,
  report: silent,
  signal: new AbortController().signal,
  ...more,
})

/** Name of a template database with a legacy and the empty target beside it. */
export const expanded = (options: Options): Promise<string> => {
  const { rows, version, dirt, seed, withoutTrainingConstraints } = options
  const name = `copying_${rows}_${version}_${dirt * 1000}_${seed}${withoutTrainingConstraints ? '_bare' : ''}`
  return template(name, async (connection) => {
    await createLegacy(connection, options, silent)
    const [row] = await run({ connection }, `select current_database() as name`)
    const own = new URL(inject('serverUrl'))
    own.pathname = `/${row?.name}`
    await expand(contextOf({ connection }), own.href)
  })
}

export const inBatches = (batchSize: number, workers = 1): CopyOptions => ({ bulk: false, batchSize, workers })
export const bulk: CopyOptions = { bulk: true, batchSize: 2000, workers: 1 }

export const copied = (database: Database, options: CopyOptions, more?: Partial<Context>) =>
  copy(contextOf(database, more), options)

export const proven = (database: Database, show = 10): Promise<Proof> => verify(contextOf(database), { show })

export const legacyTables = ['media', 'training', 'prediction'] as const
export const targetTables = ['media_metadata', 'downloads', 'files', 'media_metrics'] as const

/** The rows of a query's one column, as texts. */
async function texts({ connection }: Database, query: SQL): Promise<string[]> {
  return [...(await connection.db.execute(query))].map((row) => String(Object.values(row)[0])).sort()
}

const rowsOf = (database: Database, table: string) => texts(database, sql`select t::text from ${sql.raw(table)} as t`)

/** Everything that a copy makes, row by row as text; without ids and times of recording. */
export async function made(database: Database): Promise<Record<string, string[]>> {
  const state: Record<string, string[]> = {}
  for (const table of targetTables) state[table] = await rowsOf(database, `atp.${table}`)
  state.complement = await rowsOf(database, 'sluice.complement')
  state.quarantine = await texts(
    database,
    sql`
      select row(system, relation, key, family, scope, constraint_name, sqlstate, reason, held)::text
      from sluice.quarantine`,
  )
  return state
}

/** The legacy tables row by row as text. */
export async function legacyOf(database: Database): Promise<Record<string, string[]>> {
  const state: Record<string, string[]> = {}
  for (const table of legacyTables) state[table] = await rowsOf(database, `atp.${table}`)
  return state
}

/**
 * Writes the ranges of families that the next copy goes on with: those between `bounds`, numbered in the given order,
 * in which one worker carries them.
 */
export async function divide(database: Database, bounds: readonly string[], order?: readonly number[]) {
  const edges = [null, ...bounds, null]
  const ranges = edges.slice(1).map((upper, i) => ({ lower: edges[i] ?? null, upper }))
  await database.connection.db.execute(sql`delete from sluice.shard`)
  for (const [i, { lower, upper }] of ranges.entries()) {
    const number = order ? order.indexOf(i) : i
    await database.connection.db.execute(sql`
      insert into sluice.shard (system, number, lower_bound, upper_bound)
      values ('atp', ${number}, ${lower}, ${upper})`)
  }
}

/** Bounds that divide the families of the legacy into `count` ranges of about the same size. */
export async function bounds(database: Database, count: number): Promise<string[]> {
  const fractions = Array.from({ length: count - 1 }, (_, i) => (i + 1) / count).join(', ')
  const [row] = await run(
    database,
    `select percentile_disc(array[${fractions}]) within group (order by family) as bounds
     from (select distinct coalesce(imdb_id, hash) as family from atp.media) as families`,
  )
  return row?.bounds as string[]
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
