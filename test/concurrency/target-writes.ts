import { type Kind, life } from './history.ts'
import { count, countersDied, hot, makeCounter, newHash, writePaths } from './legacy-writes.ts'
import type { Operations, Row, Tx } from './session.ts'
import { counter, isCalm } from './world.ts'

const wild = `(imdb_id is null or imdb_id !~ '[02468]$')`

const kinds: Record<string, Kind> = { b: 'overview', t: 'training', o: 'only' }

/** A title shows the list of the row that its overview is of; which row that is, the list itself says. */
function wroteTitle(tx: Tx, { overview }: Row, mark: string): void {
  const kind = kinds[String(overview)[0] ?? '']
  if (kind) tx.note({ ...life(kind, overview), did: 'wrote', mark, wrote: [] })
}

/** A title's description is written where a legacy row can hold it: one that is unlabelled and has no media holds none. */
async function describe(tx: Tx, titles: string[]): Promise<void> {
  const mark = tx.mark()
  const more = tx.random.pick([
    '',
    `, tagline = '${mark}'`,
    ', revenue = coalesce(revenue, 0) + 1',
    ', imdb_votes = 7',
    `, genre = '{a,b}'`,
  ])
  const rows = await tx.run(
    `update media_metadata set overview = overview || ',${mark}'${more}
     where imdb_id = any($1::text[]) and overview is not null and (overview ~ '^[bo]' or label is not null)
     returning overview`,
    [titles],
  )
  for (const row of rows) wroteTitle(tx, row, mark)
}

/** A release that the target's own applications found: its title, its download, its file and its prediction. */
async function release(tx: Tx): Promise<void> {
  const { world, random } = tx
  const id = world.tick()
  const fresh = `tt8${String(id).padStart(7, '0')}`.replace(/.$/, String(1 + 2 * random.below(5)))
  const title = random.chance(0.5)
    ? fresh
    : (hot(
        tx,
        world.titles.filter((each) => !isCalm(each)),
      )[0] ?? fresh)
  const hash = newHash(tx)
  const label = random.pick([null, 'would_watch'])
  await tx.run(
    `insert into media_metadata (imdb_id, tmdb_id, media_type, media_title, release_year, overview, label)
     values ($1, $2, 'movie', 'Native', 2020, 'w${id}', $3)
     on conflict (imdb_id) do nothing`,
    [title, random.chance(0.2) ? 1 + random.below(40) : null, label],
  )
  const rows = await tx.run(
    `insert into downloads (hash, original_title, original_path, imdb_id) values ($1, 'native', 'b${id}', $2)
     returning original_path`,
    [hash, random.chance(0.1) ? null : title],
  )
  for (const row of rows) tx.note({ ...life('path', row.original_path), did: 'born' })
  if (random.chance(0.5)) await placeFile(tx, hash, title)
  if (random.chance(0.4)) await makeCounter(tx, 'media_metrics', title, true)
  world.hashes.splice(random.below(world.hashes.length), 0, hash)
  world.titles.push(title)
}

async function placeFile(tx: Tx, hash: string, title: string | null): Promise<void> {
  const rows = await tx.run(
    `insert into files (hash, parent_path, target_path, imdb_id) values ($1, '/library', 'f${tx.world.tick()}', $2)
     on conflict (hash) do nothing
     returning target_path`,
    [hash, title],
  )
  for (const row of rows) tx.note({ ...life('file', row.target_path), did: 'born' })
}

function filesDied(tx: Tx, rows: readonly Row[]): void {
  for (const row of rows) if (/^f/.test(row.target_path)) tx.note({ ...life('file', row.target_path), did: 'died' })
}

function downloadsDied(tx: Tx, rows: readonly Row[]): void {
  for (const row of rows) tx.note({ ...life('path', row.original_path), did: 'died' })
}

/** What the legacy row said of its title is no longer followed, nor a file that its download has left behind. */
async function left(tx: Tx, rows: readonly Row[], hashes: readonly (string | undefined)[] = []): Promise<void> {
  for (const row of rows) tx.note({ kind: 'overview', birth: life('path', row.original_path).birth, did: 'left' })
  const files = await tx.run(
    `select target_path from files where hash = any($1::char(40)[]) and target_path like 'f%'`,
    [hashes],
  )
  for (const row of files) tx.note({ kind: 'file', birth: life('file', row.target_path).birth, did: 'left' })
}

/** A table is emptied as it is seen: only while both shapes are in step as a whole. */
async function emptied(tx: Tx, table: string, others: readonly string[] = []): Promise<boolean> {
  if (!tx.fresh || !tx.world.settled) return false
  await tx.run(`lock table ${[table, ...others]} in access exclusive mode`)
  return tx.world.settled
}

/** What the applications of the new tables do, and what a person might, with how often. */
export const targetWrites: Operations = {
  'update downloads': [
    18,
    async (tx) => {
      await writePaths(tx, 'downloads', 'hash = any($1::char(40)[])', [hot(tx, tx.world.hashes, 3)])
    },
  ],
  'advance the pipeline': [
    6,
    async (tx) => {
      const status = tx.random.pick(['ingested', 'rejected', 'complete', 'paused'])
      const rejection = tx.random.pick(['unfiltered', 'rejected', 'override'])
      const more = `, pipeline_status = '${status}', rejection_status = '${rejection}', rejection_reason = 'so', error_status = ${tx.random.chance(0.5)}, error_condition = 'such'`
      await writePaths(tx, 'downloads', 'hash = any($1::char(40)[])', [hot(tx, tx.world.hashes, 2)], more)
    },
  ],
  release: [8, release],
  'a download of its own': [
    2,
    async (tx) => {
      const hash = newHash(tx)
      const rows = await tx.run(
        `insert into downloads (hash, original_title, original_path) values ($1, 'own', 'b${tx.world.tick()}') returning original_path`,
        [hash],
      )
      for (const row of rows) tx.note({ ...life('path', row.original_path), did: 'born' })
      tx.world.hashes.push(hash)
    },
  ],
  'delete downloads': [
    4,
    async (tx) => {
      const rows = await tx.run(
        `delete from downloads where hash = any($1::char(40)[]) and ${wild} returning hash, original_path`,
        [hot(tx, tx.world.hashes, 3)],
      )
      downloadsDied(tx, rows)
      const hashes = rows.map(({ hash }) => hash)
      if (tx.random.chance(0.5)) await left(tx, rows, hashes)
      else {
        await left(tx, rows)
        filesDied(
          tx,
          await tx.run('delete from files where hash = any($1::char(40)[]) returning target_path', [hashes]),
        )
      }
    },
  ],
  'change a hash': [
    3,
    async (tx) => {
      const to = newHash(tx)
      const [from] = hot(tx, tx.world.hashes)
      const rows = await writePaths(tx, 'downloads', `hash = $1 and ${wild}`, [from, to], ', hash = $2')
      await left(tx, rows, [from])
      if (rows.length) tx.world.hashes.push(to)
    },
  ],
  'move to another title': [
    4,
    async (tx) => {
      // never to none: the legacy cannot hold that, and what it writes to the row later overrules the target
      const titles = tx.world.titles.filter((each) => !isCalm(each))
      const to = hot(tx, titles)[0] ?? tx.world.titles[0]
      const where = `hash = $1 and ${wild}`
      await left(tx, await writePaths(tx, 'downloads', where, [hot(tx, tx.world.hashes)[0], to], ', imdb_id = $2'))
    },
  ],
  'write to files': [
    8,
    async (tx) => {
      const mark = tx.mark()
      const rows = await tx.run(
        `update files set target_path = target_path || ',${mark}', video_codec = ${tx.random.pick(['video_codec', `'x265'`])}
         where hash = any($1::char(40)[]) and target_path like 'f%'
         returning target_path`,
        [hot(tx, tx.world.hashes, 3)],
      )
      for (const row of rows) tx.note({ ...life('file', row.target_path), did: 'wrote', mark, wrote: [] })
    },
  ],
  'insert into files': [
    4,
    async (tx) => {
      const [found] = await tx.run('select hash, imdb_id from downloads where hash = $1 for share', [
        hot(tx, tx.world.hashes)[0],
      ])
      if (found) await placeFile(tx, found.hash, found.imdb_id)
    },
  ],
  'delete from files': [
    2,
    async (tx) =>
      filesDied(
        tx,
        await tx.run('delete from files where hash = $1 returning target_path', [hot(tx, tx.world.hashes)[0]]),
      ),
  ],
  'describe titles': [16, (tx) => describe(tx, hot(tx, tx.world.titles, 2))],
  'describe titles of its own': [4, (tx) => describe(tx, hot(tx, tx.world.only, 2))],
  label: [
    5,
    async (tx) => {
      // as the application for corrections does; of calm titles only those that have a label
      await tx.run(
        `update media_metadata
         set label = $2, human_labeled = true, reviewed = ${tx.random.chance(0.5)}, anomalous = false
         where imdb_id = $1 and (imdb_id !~ '[02468]$' or label is not null)`,
        [hot(tx, tx.world.titles)[0], tx.random.pick(['would_watch', 'would_not_watch'])],
      )
    },
  ],
  'take a label away': [
    1,
    async (tx) => {
      await tx.run(`update media_metadata set label = null where imdb_id = $1 and ${wild}`, [
        hot(tx, tx.world.titles)[0],
      ])
    },
  ],
  'give a title another number': [
    3,
    async (tx) => {
      await tx.run('update media_metadata set tmdb_id = $2 where imdb_id = $1', [
        hot(tx, tx.world.titles)[0],
        tx.random.chance(0.3) ? null : 1 + tx.random.below(40),
      ])
    },
  ],
  'insert a title of its own': [
    3,
    async (tx) => {
      const id = tx.world.tick()
      const title = `tt9${String(id).padStart(7, '0')}`
      const rows = await tx.run(
        `insert into media_metadata (imdb_id, media_type, media_title, release_year, overview, confirmed)
         values ($1, 'movie', 'Only here', 2020, 'o${id}', true)
         returning overview`,
        [title],
      )
      for (const row of rows) tx.note({ ...life('only', row.overview), did: 'born' })
      tx.world.only.push(title)
    },
  ],
  'change a title of its own': [
    1,
    async (tx) => {
      const id = tx.world.tick()
      const to = `tt9${String(id).padStart(7, '0')}`
      const mark = tx.mark()
      const rows = await tx.run(
        `update media_metadata set imdb_id = $2, overview = overview || ',${mark}' where imdb_id = $1 and overview like 'o%' returning overview`,
        [hot(tx, tx.world.only)[0] ?? to, to],
      )
      for (const row of rows) wroteTitle(tx, row, mark)
      if (rows.length) tx.world.only.push(to)
    },
  ],
  'delete titles': [
    2,
    async (tx) => {
      const [own] = hot(tx, tx.world.only)
      const rows = await tx.run(
        `delete from media_metadata where imdb_id = any($1::text[]) and (${wild} or overview like 'o%') returning overview`,
        [[own ?? null, hot(tx, tx.world.titles)[0] ?? null]],
      )
      for (const row of rows) if (/^o/.test(row.overview)) tx.note({ ...life('only', row.overview), did: 'died' })
    },
  ],
  predict: [10, (tx) => count(tx, 'media_metrics', hot(tx, tx.world.titles, 3))],
  'predict a title': [2, (tx) => makeCounter(tx, 'media_metrics', hot(tx, tx.world.titles)[0] ?? 'tt0000001', false)],
  'predict again': [3, (tx) => makeCounter(tx, 'media_metrics', hot(tx, tx.world.titles)[0] ?? 'tt0000001', true)],
  'delete metrics': [
    2,
    async (tx) =>
      countersDied(
        tx,
        await tx.run(`delete from media_metrics where imdb_id = $1 returning ${counter}`, [
          hot(tx, tx.world.titles)[0],
        ]),
      ),
  ],
  'change the title of metrics': [
    1,
    async (tx) => {
      const rows = await tx.run(
        `update media_metrics set imdb_id = $2, probability = probability + 0.000001 where imdb_id = $1 returning ${counter}`,
        [hot(tx, tx.world.titles)[0], hot(tx, tx.world.titles)[0]],
      )
      for (const row of rows)
        tx.note({ kind: 'metrics', birth: row.birth, did: 'wrote', value: Number(row.count), mark: '', wrote: [] })
    },
  ],
  read: [
    4,
    async (tx) => {
      const { epoch, settled } = tx.world
      const rows = await tx.run('select original_path from downloads where hash = any($1::char(40)[])', [
        hot(tx, tx.world.hashes, 4),
      ])
      // before the copy has come by, the target shows what the legacy was
      if (!settled || epoch !== tx.world.epoch) return
      for (const row of rows) tx.note({ ...life('path', row.original_path), did: 'read' })
    },
  ],
  'truncate metrics': [
    0.15,
    async (tx) => {
      if (!(await emptied(tx, 'media_metrics'))) return
      const rows = await tx.run(`select ${counter} from media_metrics`)
      await tx.run('truncate media_metrics')
      countersDied(tx, rows)
    },
  ],
  'truncate files': [
    0.1,
    async (tx) => {
      if (!(await emptied(tx, 'files'))) return
      const rows = await tx.run('select target_path from files')
      await tx.run('truncate files')
      filesDied(tx, rows)
    },
  ],
  'truncate downloads': [
    0.06,
    async (tx) => {
      if (!(await emptied(tx, 'downloads'))) return
      const rows = await tx.run('select original_path from downloads')
      const hashes = await tx.run('select hash from files')
      await tx.run('truncate downloads')
      downloadsDied(tx, rows)
      await left(
        tx,
        [],
        hashes.map(({ hash }) => hash),
      )
      tx.purge()
    },
  ],
  'truncate everything': [
    0.03,
    async (tx) => {
      if (!(await emptied(tx, 'media_metadata', ['downloads', 'files', 'media_metrics']))) return
      const downloads = await tx.run('select original_path from downloads')
      const files = await tx.run('select target_path from files')
      const metrics = await tx.run(`select ${counter} from media_metrics`)
      const titles = await tx.run(`select overview from media_metadata where overview like 'o%'`)
      await tx.run('truncate media_metadata cascade')
      downloadsDied(tx, downloads)
      filesDied(tx, files)
      countersDied(tx, metrics)
      for (const row of titles) tx.note({ ...life('only', row.overview), did: 'died' })
      tx.purge()
    },
  ],
}
