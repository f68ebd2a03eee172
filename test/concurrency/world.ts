import type { Scratch } from '../support/scratch.ts'
import { type History, life, type Transaction } from './history.ts'
import { type Random, random } from './random.ts'

/** What all writers share: the clock, what they know of, and what they were told. */
export interface World {
  url: string
  seed: number
  history: History
  /** Ticks of the logical clock, and numbers for marks. */
  tick(): number
  /** Hashes that are or were there. */
  hashes: string[]
  /** Titles of both sides. */
  titles: string[]
  /** Titles that only the target's writers know. */
  only: string[]
  /** From V28 on media has no metadata. */
  described: boolean
  /** Soft deletes came with V24, labels that are null with V27. */
  version: number
  sync: 'off' | 'starting' | 'on' | 'stopping' | 'stopped'
  /** Whether the last copy since the start of sync has finished, so that the shapes are in step as a whole. */
  settled: boolean
  /** Changes whenever `sync` or `settled` does. */
  epoch: number
  /** How often a side was told no, by SQLSTATE and constraint. */
  answers: Map<string, number>
  /** What must never happen, noted as it did. */
  wrong: string[]
  /** Milliseconds that writers rest between transactions, at most. */
  rest: number
  over: boolean
}

/**
 * A calm title is one of whose media and training rows the target's writers change values alone; of a wild one they also
 * delete, move and label rows. What the overview of a wild title's row holds depends on who was last and is not asked.
 */
export const calm = `imdb_id ~ '[02468]$'`
export const isCalm = (imdbId: unknown): boolean => typeof imdbId === 'string' && /[02468]$/.test(imdbId)

export const committed = ({ history }: World): number => history.transactions.filter((each) => each.committed).length

export function enter(world: World, state: Partial<Pick<World, 'sync' | 'settled'>>): void {
  Object.assign(world, state)
  world.epoch++
}

/** Gives every legacy row its mark of birth, and notes it. */
export async function settle({ url, connection }: Scratch, seed: number, version: number): Promise<World> {
  const sql = connection.db.$client
  let time = 0
  const described = version < 28
  const world: World = {
    url,
    seed,
    version,
    described,
    history: { transactions: [], purges: [] },
    tick: () => ++time,
    hashes: [],
    titles: [],
    only: [],
    sync: 'off',
    settled: false,
    epoch: 0,
    answers: new Map(),
    wrong: [],
    rest: 10,
    over: false,
  }
  const marks: Transaction = { side: 'legacy', began: world.tick(), ended: 0, committed: true, effects: [] }
  await sql.begin(async (tx) => {
    // an application's own triggers have no say in how the rows begin
    await tx.unsafe('alter table atp.media disable trigger user; alter table atp.training disable trigger user')
    const media = await tx.unsafe(`
      with marked as (select hash, row_number() over (order by hash) as n from atp.media)
      update atp.media as m
      set original_path = 'b' || n,
        ${described ? `overview = 'b' || n,` : ''}
        target_path = case when parent_path is not null and target_path is not null then 'f' || n else target_path end
      from marked
      where marked.hash = m.hash
      returning m.hash, m.imdb_id, original_path, ${described ? 'overview' : 'null as overview'}, parent_path, target_path`)
    for (const row of media) {
      world.hashes.push(row.hash)
      marks.effects.push({ ...life('path', row.original_path), did: 'born' })
      if (row.parent_path !== null && row.target_path !== null)
        marks.effects.push({ ...life('file', row.target_path), did: 'born' })
      if (!described) continue
      marks.effects.push({ ...life('overview', row.overview), did: 'born' })
      if (!isCalm(row.imdb_id)) marks.effects.push({ ...life('overview', row.overview), did: 'left' })
    }
    const training = await tx.unsafe(`
      with marked as (select imdb_id, row_number() over (order by imdb_id) as n from atp.training)
      update atp.training as t
      set overview = 't' || n
      from marked
      where marked.imdb_id = t.imdb_id
      returning t.imdb_id, overview`)
    for (const row of training) {
      marks.effects.push({ ...life('training', row.overview), did: 'born' })
      if (!isCalm(row.imdb_id)) marks.effects.push({ ...life('training', row.overview), did: 'left' })
    }
    const prediction = await tx.unsafe(`
      with marked as (select imdb_id, row_number() over (order by imdb_id) as n from atp.prediction)
      update atp.prediction as p
      set created_at = ${born('n')}, probability = 0.25
      from marked
      where marked.imdb_id = p.imdb_id
      returning ${counter}`)
    for (const row of prediction)
      marks.effects.push({ kind: 'metrics', birth: row.birth, did: 'born', value: Number(row.count) })
    const titles = await tx.unsafe(`
      select imdb_id from atp.media where imdb_id is not null
      union select imdb_id from atp.training
      union select imdb_id from atp.prediction
      order by 1`)
    world.titles.push(...titles.map((row) => row.imdb_id))
    await tx.unsafe('alter table atp.media enable trigger user; alter table atp.training enable trigger user')
    // marks that follow are larger
    time = media.length + training.length + prediction.length + 1
  })
  marks.ended = world.tick()
  world.history.transactions.push(marks)
  return world
}

/** A moment that no other row was made at. */
export const born = (n: string): string =>
  `timestamptz '2001-01-01 00:00:00+00' + ${n}::bigint * interval '1 millisecond'`

/** A counter's birth and count, of a row of prediction or media_metrics. */
export const counter = `extract(epoch from created_at)::numeric(20, 3)::text as birth, round(probability * 1000000)::text as count`

export const streamOf = ({ seed }: World, name: string): Random => {
  let number = seed
  for (const letter of name) number = Math.imul(number ^ letter.charCodeAt(0), 0x01000193)
  return random(number >>> 0)
}
