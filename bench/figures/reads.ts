import type { Sql } from 'postgres'
import { type Bench, median, withPlainSession } from '../bench.ts'
import type { Read } from '../results.ts'
import type { Database } from '../server.ts'
import { type Query, queries } from './queries.ts'

const pairs = 21
const perCall = 20

/** Of each kind of key a sample that is the same in every run of the same legacy. */
async function samples(sql: Sql): Promise<Record<NonNullable<Query['keys']>, unknown[]>> {
  const of = async (column: string, table: string) => {
    const rows = await sql.unsafe<{ key: unknown }[]>(`
      select ${column} as key from atp.${table} where ${column} is not null
      order by hashtextextended(${column}::text, 7) limit ${perCall * (pairs + 1)}`)
    return rows.map(({ key }) => key)
  }
  return {
    hash: await of('hash', 'media'),
    imdb_id: await of('imdb_id', 'training'),
    tmdb_id: await of('tmdb_id', 'training'),
  }
}

/**
 * The application's reads on the old and on the new tables of one migrated database: medians of interleaved pairs. What a
 * load and a proof have left in memory of either shape is no matter of the shapes, so that each is read before the clock runs.
 */
export async function reads({ note }: Bench, migrated: Database): Promise<Read[]> {
  note(`the application's reads, ${pairs} pairs each`)
  return withPlainSession(migrated, async (sql) => {
    await sql`vacuum (analyze)`
    const keys = await samples(sql)
    const results: Read[] = []
    for (const query of queries) results.push(await measure(sql, query, keys))
    return results
  })
}

async function measure(sql: Sql, query: Query, keys: Record<string, unknown[]>): Promise<Read> {
  const times = { legacy: [] as number[], target: [] as number[] }
  const cast = query.keys === 'tmdb_id' ? 'int[]' : query.keys === 'hash' ? 'bpchar[]' : 'text[]'
  for (let i = 0; i <= pairs; i++) {
    const own = query.keys ? [(keys[query.keys] ?? []).slice(i * perCall, (i + 1) * perCall)] : []
    // every other pair the other way round; the first has its plans made and does not count
    for (const side of i % 2 ? (['legacy', 'target'] as const) : (['target', 'legacy'] as const)) {
      const text = query[side].replaceAll('any ($1)', `any ($1::${cast})`)
      const read = () => sql.unsafe(text, own as never[], { prepare: true })
      await read()
      const startedAt = performance.now()
      await read()
      if (i > 0) times[side].push(performance.now() - startedAt)
    }
  }
  return { name: query.name, legacyMs: median(times.legacy), targetMs: median(times.target) }
}
