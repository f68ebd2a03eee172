import { life } from './history.ts'
import type { Operations, Row, Tx } from './session.ts'
import { born, counter, isCalm } from './world.ts'

/** Every row's own title in calm families, where its overview is followed. */
const ofOwn = (row: Row) => String(row.overview).split(',')[0] === String(row.original_path).split(',')[0]

const hex = '0123456789abcdef'
export const newHash = ({ random }: Tx): string => Array.from({ length: 40 }, () => random.pick([...hex])).join('')

/** One of the rows that everybody wants, or any. */
export const hot = <T>({ random }: Tx, from: readonly T[], n = 1): T[] =>
  random.chance(0.5) ? random.some(from.slice(0, 12), n) : random.some(from, n)

const set = (columns: readonly string[], mark: string) => columns.map((column) => `, ${column} = '${mark}'`).join('')

/** Appends to the list of a download, on either side, and sets some columns to the mark. */
export async function writePaths(tx: Tx, table: 'media' | 'downloads', where: string, values: unknown[], more = '') {
  const mark = tx.mark()
  const wrote = tx.random.some(['uploader', 'original_link'], tx.random.below(3))
  const rows = await tx.run(
    `update ${table} set original_path = original_path || ',${mark}'${set(wrote, mark)}${more}
     where original_path is not null and ${where}
     returning hash, imdb_id, original_path`,
    values,
  )
  for (const row of rows) tx.note({ ...life('path', row.original_path), did: 'wrote', mark, wrote })
  return rows
}

/** Adds one to the counter of a title. */
export async function count(tx: Tx, table: 'prediction' | 'media_metrics', titles: string[]) {
  const rows = await tx.run(
    `update ${table} set probability = probability + 0.000001 where imdb_id = any($1::text[]) returning ${counter}`,
    [titles],
  )
  for (const row of rows)
    tx.note({ kind: 'metrics', birth: row.birth, did: 'wrote', value: Number(row.count), mark: '', wrote: [] })
}

/** A row of a title's counter, made anew, or raised where there is one. */
export async function makeCounter(tx: Tx, table: 'prediction' | 'media_metrics', title: string, upsert: boolean) {
  const birth = tx.world.tick()
  const rows = await tx.run(
    `insert into ${table} (imdb_id, prediction, probability, cm_value, created_at)
     values ($1, 1, 0.5, 'tp', ${born(String(birth))})
     ${upsert ? `on conflict (imdb_id) do update set probability = ${table}.probability + 0.000001` : ''}
     returning ${counter}`,
    [title],
  )
  for (const row of rows) {
    const value = Number(row.count)
    const isNew = Math.round(Number(row.birth) * 1000) === 978307200000 + birth
    if (isNew) tx.note({ kind: 'metrics', birth: row.birth, did: 'born', value })
    else tx.note({ kind: 'metrics', birth: row.birth, did: 'wrote', value, mark: '', wrote: [] })
  }
}

export function countersDied(tx: Tx, rows: readonly Row[]): void {
  for (const row of rows) tx.note({ kind: 'metrics', birth: row.birth, did: 'died', value: Number(row.count) })
}

/** Mostly a title that is there. */
const titleFor = (tx: Tx): string | null => {
  if (tx.random.chance(0.08)) return null
  if (tx.random.chance(0.85)) return hot(tx, tx.world.titles)[0] ?? null
  const title = `tt8${String(tx.world.tick()).padStart(7, '0')}`
  tx.world.titles.push(title)
  return title
}

function columnsOf(tx: Tx, hash: string, title: string | null): Record<string, string | number | null> {
  const { random, world } = tx
  const id = world.tick()
  world.hashes.splice(random.below(world.hashes.length), 0, hash)
  const file = random.chance(0.5)
  return {
    hash,
    media_type: random.pick(['movie', 'tv_show', 'unknown']),
    // some titles are refused by the target, whatever else they hold
    media_title: random.chance(0.06) ? null : `Title ${random.below(9)}`,
    season: random.chance(0.03) ? 40_000 : random.pick([null, 1, 2]),
    release_year: random.chance(0.04) ? null : 1990 + random.below(30),
    original_title: `release ${id}`,
    original_path: `b${id}`,
    ...(world.described
      ? { overview: `b${id}`, tagline: random.pick([null, 'one', 'two']), budget: random.below(3) }
      : {}),
    parent_path: file ? '/library' : null,
    target_path: file ? `f${id}` : null,
    imdb_id: title,
    // titles contend for few values
    tmdb_id: random.chance(0.4) ? 1 + random.below(40) : null,
    created_at: `20${19 + random.below(7)}-0${1 + random.below(9)}-01 00:00:00+00`,
  }
}

async function insertMedia(tx: Tx, conflicting: boolean): Promise<void> {
  const rows = Array.from({ length: 1 + tx.random.below(3) }, () => {
    const title = titleFor(tx)
    return columnsOf(tx, newHash(tx), title)
  })
  // one that is there: what the target alone has under a hash, a new row of the legacy would overrule
  const [known] = conflicting
    ? await tx.run('select hash from media where hash = $1 for update', hot(tx, tx.world.hashes))
    : []
  if (known && rows[0]) rows[0].hash = known.hash
  const names = Object.keys(rows[0] ?? {})
  const mark = tx.mark()
  const values = rows.flatMap((row) => names.map((name) => row[name] ?? null))
  const tuples = rows.map((_, i) => `(${names.map((_, j) => `$${i * names.length + j + 1}`)})`)
  // as the pipeline does, every other column; but a list goes on, and so do the title and the file that have one
  const taken = names.filter(
    (name) => !/^(hash|original_path|overview|tagline|parent_path|target_path|imdb_id)$/.test(name),
  )
  const made = await tx.run(
    `insert into media (${names}) values ${tuples}
     ${conflicting ? `on conflict (hash) do update set original_path = media.original_path || ',${mark}', ${taken.map((name) => `${name} = excluded.${name}`)}` : ''}
     returning hash, imdb_id, original_path, target_path, ${tx.world.described ? 'overview' : 'null as overview'}`,
    values,
  )
  for (const row of made) {
    if (!rows.some(({ original_path }) => original_path === row.original_path)) {
      tx.note({ ...life('path', row.original_path), did: 'wrote', mark, wrote: [] })
      continue
    }
    tx.note({ ...life('path', row.original_path), did: 'born' })
    if (row.target_path) tx.note({ ...life('file', row.target_path), did: 'born' })
    if (!tx.world.described) continue
    tx.note({ ...life('overview', row.overview), did: 'born' })
    if (!isCalm(row.imdb_id)) tx.note({ ...life('overview', row.overview), did: 'left' })
  }
}

function mediaDied(tx: Tx, rows: readonly Row[]): void {
  for (const row of rows) {
    tx.note({ ...life('path', row.original_path), did: 'died' })
    if (/^f/.test(row.target_path)) tx.note({ ...life('file', row.target_path), did: 'died' })
    if (row.overview && ofOwn(row)) tx.note({ ...life('overview', row.overview), did: 'died' })
  }
}

const mediaLists = (tx: Tx) => `original_path, target_path, ${tx.world.described ? 'overview' : 'null as overview'}`

function trainingDied(tx: Tx, rows: readonly Row[]): void {
  for (const row of rows) if (/^t/.test(row.overview)) tx.note({ ...life('training', row.overview), did: 'died' })
}

async function makeTraining(tx: Tx, upsert: boolean): Promise<void> {
  const { random } = tx
  const [title] = hot(tx, tx.world.titles)
  if (!title) return
  const id = tx.world.tick()
  const mark = tx.mark()
  const label = random.pick(['would_watch', 'would_not_watch', ...(tx.world.version >= 27 ? [null] : [])])
  const rows = await tx.run(
    `insert into training (imdb_id, tmdb_id, label, media_type, media_title, release_year, overview, tagline)
     values ($1, $2, $3, 'movie', 'Title', 2001, 't${id}', 'one')
     ${upsert ? `on conflict (imdb_id) do update set overview = training.overview || ',${mark}', label = excluded.label, tmdb_id = excluded.tmdb_id where training.human_labeled = false` : ''}
     returning imdb_id, overview`,
    [title, random.chance(0.3) ? 1000 + random.below(40) : null, label],
  )
  for (const row of rows) {
    if (row.overview === `t${id}`) {
      tx.note({ ...life('training', row.overview), did: 'born' })
      if (!isCalm(row.imdb_id)) tx.note({ ...life('training', row.overview), did: 'left' })
    } else wroteTraining(tx, row, mark)
  }
}

/** A training row that the target's writers have made shows the list of another row. */
function wroteTraining(tx: Tx, { overview }: Row, mark: string): void {
  if (/^t/.test(overview)) tx.note({ ...life('training', overview), did: 'wrote', mark, wrote: [] })
}

/** What the applications of the old tables do, and what a person might, with how often. */
export const legacyWrites: Operations = {
  'update media': [
    20,
    async (tx) => {
      await writePaths(tx, 'media', 'hash = any($1::char(40)[])', [hot(tx, tx.world.hashes, 3)])
    },
  ],
  'advance the pipeline': [
    8,
    async (tx) => {
      const status = tx.random.pick(['ingested', 'rejected', 'complete', 'paused'])
      const rejection = tx.random.pick(['unfiltered', 'rejected', 'override'])
      const more = `, pipeline_status = '${status}', rejection_status = '${rejection}', rejection_reason = 'so', error_status = ${tx.random.chance(0.5)}, error_condition = 'such'`
      await writePaths(tx, 'media', 'hash = any($1::char(40)[])', [hot(tx, tx.world.hashes, 3)], more)
    },
  ],
  'insert media': [8, (tx) => insertMedia(tx, false)],
  'upsert media': [6, (tx) => insertMedia(tx, true)],
  'delete media': [
    5,
    async (tx) => {
      const hashes = hot(tx, tx.world.hashes, 2)
      mediaDied(
        tx,
        await tx.run(`delete from media where hash = any($1::char(40)[]) returning ${mediaLists(tx)}`, [hashes]),
      )
    },
  ],
  'soft delete': [
    3,
    async (tx) => {
      if (tx.world.version < 24) return
      const more = `, deleted_at = ${tx.random.pick(['now()', 'null'])}`
      await writePaths(tx, 'media', 'hash = $1', hot(tx, tx.world.hashes), more)
    },
  ],
  'change a hash': [
    4,
    async (tx) => {
      const [hash] = hot(tx, tx.world.hashes)
      const [taken] = tx.random.chance(0.1)
        ? await tx.run('select hash from media where hash = $1 for update', hot(tx, tx.world.hashes))
        : []
      const to = taken?.hash ?? newHash(tx)
      await writePaths(tx, 'media', 'hash = $1', [hash, to], ', hash = $2')
      tx.world.hashes.push(to)
    },
  ],
  'move to another title': [
    6,
    async (tx) => {
      const hashes = hot(tx, tx.world.hashes, 2)
      const rows = await writePaths(tx, 'media', 'hash = any($1::char(40)[])', [hashes, titleFor(tx)], ', imdb_id = $2')
      if (!tx.world.described) return
      for (const row of rows.filter(({ imdb_id }) => !isCalm(imdb_id)))
        tx.note({ kind: 'overview', birth: life('path', row.original_path).birth, did: 'left' })
    },
  ],
  'make it the newest, or not': [
    4,
    async (tx) => {
      const more = `, created_at = ${tx.random.pick(['now()', `timestamptz '2001-02-03 04:05:06+00'`])}`
      await writePaths(tx, 'media', 'hash = $1', hot(tx, tx.world.hashes), more)
    },
  ],
  'let the target refuse it, or no longer': [
    4,
    async (tx) => {
      const more = tx.random.pick([
        ', media_title = null',
        ", media_title = 'Title'",
        ', season = 40000',
        ', season = 1, release_year = 2000',
        `, tmdb_id = ${1 + tx.random.below(40)}`,
      ])
      await writePaths(tx, 'media', 'hash = any($1::char(40)[])', [hot(tx, tx.world.hashes, 2)], more)
    },
  ],
  'describe a row': [
    10,
    async (tx) => {
      if (!tx.world.described) return
      const mark = tx.mark()
      const columns = tx.random.chance(0.5) ? ['tagline'] : []
      const rows = await tx.run(
        `update media set overview = overview || ',${mark}'${set(columns, mark)}
         where hash = any($1::char(40)[]) and overview is not null
         returning original_path, overview`,
        [hot(tx, tx.world.hashes, 2)],
      )
      for (const row of rows.filter(ofOwn))
        tx.note({ ...life('overview', row.overview), did: 'wrote', mark, wrote: [] })
    },
  ],
  'write to a file': [
    6,
    async (tx) => {
      const mark = tx.mark()
      const rows = await tx.run(
        `update media set target_path = target_path || ',${mark}'
         where hash = any($1::char(40)[]) and target_path like 'f%'
         returning target_path`,
        [hot(tx, tx.world.hashes, 3)],
      )
      for (const row of rows) tx.note({ ...life('file', row.target_path), did: 'wrote', mark, wrote: [] })
    },
  ],
  'put a file in its place': [
    3,
    async (tx) => {
      const rows = await tx.run(
        `update media set parent_path = '/library', target_path = 'f${tx.world.tick()}'
         where hash = $1 and parent_path is null and target_path is null
         returning target_path`,
        hot(tx, tx.world.hashes),
      )
      for (const row of rows) tx.note({ ...life('file', row.target_path), did: 'born' })
    },
  ],
  'take a file away': [
    2,
    async (tx) => {
      const rows = await tx.run(
        `select hash, target_path from media where hash = $1 and target_path like 'f%' for update`,
        hot(tx, tx.world.hashes),
      )
      for (const row of rows) {
        await tx.run('update media set parent_path = null, target_path = null where hash = $1', [row.hash])
        tx.note({ ...life('file', row.target_path), did: 'died' })
      }
    },
  ],
  'write to training': [
    8,
    async (tx) => {
      const mark = tx.mark()
      const columns = tx.random.chance(0.5) ? ['tagline'] : []
      const more = tx.random.pick([
        '',
        `, label = 'would_watch', human_labeled = true, updated_at = now()`,
        ', reviewed = null',
        ...(tx.world.version >= 27 ? [', label = null'] : []),
      ])
      const rows = await tx.run(
        `update training set overview = overview || ',${mark}'${set(columns, mark)}${more}
         where imdb_id = any($1::text[]) and overview is not null
         returning overview`,
        [hot(tx, tx.world.titles, 2)],
      )
      for (const row of rows) wroteTraining(tx, row, mark)
    },
  ],
  'insert into training': [3, (tx) => makeTraining(tx, false)],
  'upsert into training': [4, (tx) => makeTraining(tx, true)],
  'delete from training': [
    2,
    async (tx) =>
      trainingDied(
        tx,
        await tx.run('delete from training where imdb_id = $1 returning overview', hot(tx, tx.world.titles)),
      ),
  ],
  'change the title of training': [
    2,
    async (tx) => {
      const mark = tx.mark()
      const [from] = hot(tx, tx.world.titles)
      const [to] = hot(tx, tx.world.titles)
      const rows = await tx.run(
        `update training set imdb_id = $2, overview = overview || ',${mark}' where imdb_id = $1 and overview is not null returning overview`,
        [from, to],
      )
      for (const row of rows) {
        wroteTraining(tx, row, mark)
        if (!isCalm(to) && /^t/.test(row.overview)) tx.note({ ...life('training', row.overview), did: 'left' })
      }
    },
  ],
  predict: [10, (tx) => count(tx, 'prediction', hot(tx, tx.world.titles, 3))],
  'predict a title': [3, (tx) => makeCounter(tx, 'prediction', hot(tx, tx.world.titles)[0] ?? 'tt0000001', false)],
  'predict again': [3, (tx) => makeCounter(tx, 'prediction', hot(tx, tx.world.titles)[0] ?? 'tt0000001', true)],
  'delete a prediction': [
    2,
    async (tx) =>
      countersDied(
        tx,
        await tx.run(`delete from prediction where imdb_id = $1 returning ${counter}`, hot(tx, tx.world.titles)),
      ),
  ],
  'change the title of a prediction': [
    2,
    async (tx) => {
      const values = [...hot(tx, tx.world.titles), ...hot(tx, tx.world.titles)]
      const rows = await tx.run(
        `update prediction set imdb_id = $2, probability = probability + 0.000001 where imdb_id = $1 returning ${counter}`,
        values.length === 2 ? values : [values[0], values[0]],
      )
      for (const row of rows)
        tx.note({ kind: 'metrics', birth: row.birth, did: 'wrote', value: Number(row.count), mark: '', wrote: [] })
    },
  ],
  read: [
    4,
    async (tx) => {
      const rows = await tx.run('select original_path from media where hash = any($1::char(40)[])', [
        hot(tx, tx.world.hashes, 4),
      ])
      for (const row of rows) tx.note({ ...life('path', row.original_path), did: 'read' })
    },
  ],
  'truncate prediction': [
    0.15,
    async (tx) => {
      if (!tx.fresh) return
      await tx.run('lock table prediction in access exclusive mode')
      const rows = await tx.run(`select ${counter} from prediction`)
      await tx.run('truncate prediction')
      countersDied(tx, rows)
    },
  ],
  'truncate training': [
    0.08,
    async (tx) => {
      if (!tx.fresh) return
      await tx.run('lock table training in access exclusive mode')
      const rows = await tx.run('select overview from training')
      await tx.run('truncate training')
      trainingDied(tx, rows)
    },
  ],
  'truncate media': [
    0.04,
    async (tx) => {
      if (!tx.fresh) return
      await tx.run('lock table media in access exclusive mode')
      const rows = await tx.run(`select ${mediaLists(tx)} from media`)
      await tx.run('truncate media')
      mediaDied(tx, rows)
    },
  ],
}
