import { setTimeout as sleep } from 'node:timers/promises'
import postgres, { type Sql } from 'postgres'
import { median, quantile } from './bench.ts'
import { drawFrom, isPassing, type Keys, keysOf } from './figures/draw.ts'
import { type Left, type Write, writes } from './figures/writes.ts'
import type { WriterRun } from './results.ts'
import type { Database } from './server.ts'

/** Writes a second, where none has to wait for longer than that. */
const pace = 10
/** Rows of the legacy that a session writes, beside new ones. */
const most = 2_000

export type Side = Write['side']

/** Where a shape has the rows of a key. */
export const tables: Record<Side, Record<Left['key'], string>> = {
  legacy: { hash: 'atp.media', imdb_id: 'atp.training' },
  target: { hash: 'atp.downloads', imdb_id: 'atp.media_metadata' },
}

/** The value that was acknowledged last of a row's column. */
export type Acknowledged = Left & { of: string; value: string }

export interface Written {
  run: WriterRun
  acknowledged: Acknowledged[]
}

/**
 * An application in a session of its own: one write after another, each tried again where the server asks for it. Each
 * side has families of its own, so that it can be said which write of a row was the last.
 * @param alive when both shapes may be written
 * @param over ends it, after the write that is under way
 */
export async function writeAll(
  { url }: Database,
  side: Side,
  alive: Promise<void>,
  over: AbortSignal,
): Promise<Written> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    const own = await keysOf(sql, { session: side === 'legacy' ? 0 : 1, sessions: 2, most })
    await alive
    let keys = side === 'legacy' ? own : { hashes: [], imdbs: [] }
    const draw = drawFrom(() => keys)
    const cycle = writes.filter((each) => each.side === side)
    const acknowledged = new Map<string, Acknowledged>()
    const times: number[] = []
    let retried = 0
    for (let turn = 0; !over.aborted; turn++) {
      // an application writes the rows that it can see, of the new tables more and more; it looks every second
      if (side === 'target' && turn % pace === 0) keys = await thereOf(sql, own)
      const { text, next, leaves, inserts } = cycle[turn % cycle.length] as Write
      if (!inserts && keys[leaves.key === 'hash' ? 'hashes' : 'imdbs'].length === 0) continue
      const { key, column } = leaves
      const startedAt = performance.now()
      const again = () => {
        retried++
        return sleep(10 + 40 * Math.random())
      }
      const rows = await acknowledgedBy(
        sql,
        `${text} returning ${key}::text as "of", ${column}::text as value`,
        next(draw),
        again,
      )
      const took = performance.now() - startedAt
      times.push(took)
      for (const { of, value } of rows) acknowledged.set(`${column} ${of}`, { ...leaves, of, value })
      await sleep(1000 / pace - took)
    }
    if (times.length === 0) throw new Error(`no write to the ${side} shape came in time: more --rows take longer`)
    const run = { side, writes: times.length, retried, medianMs: median(times), p99Ms: quantile(times, 0.99) }
    return { run, acknowledged: [...acknowledged.values()] }
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** Runs a statement until the server takes it. @returns what it left of each row */
async function acknowledgedBy(sql: Sql, text: string, parameters: unknown[], again: () => Promise<void>) {
  for (;;) {
    try {
      return await sql.unsafe<{ of: string; value: string }[]>(text, parameters as never[], { prepare: true })
    } catch (error) {
      if (!isPassing(error)) throw error
      await again()
    }
  }
}

/** Those of some keys that the new tables have by now. */
async function thereOf(sql: Sql, { hashes, imdbs }: Keys): Promise<Keys> {
  const there = async (key: Left['key'], asked: readonly string[]) => {
    const rows = await sql.unsafe<{ key: string }[]>(
      `select ${key} as key from ${tables.target[key]} where ${key} = any ($1::${key === 'hash' ? 'bpchar' : 'text'}[])`,
      [asked as never],
      { prepare: true },
    )
    return rows.map((row) => row.key)
  }
  return { hashes: await there('hash', hashes), imdbs: await there('imdb_id', imdbs) }
}
