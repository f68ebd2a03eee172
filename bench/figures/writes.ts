/** One session's next write: the parameters of its statement. */
export type Next = (draw: Draw) => unknown[]

/** Where a write's values come from. Each session has a range of keys of its own. */
export interface Draw {
  hash(): string
  imdb(): string
  /** A number that no write has had before. */
  fresh(): number
}

/** A write of the application, spec §1, on one of the shapes. */
export interface Write {
  name: string
  side: 'legacy' | 'target'
  /** What is counted per second: rows where a write has many. */
  rows: number
  /** What it must keep of its writes per second while both shapes are kept in step. */
  atLeast?: number
  text: string
  next: Next
  /** What it leaves behind in each row that it writes. */
  leaves: Left
  /** Whether its rows are new ones. */
  inserts?: boolean
}

/** The column that a write sets, and the key of its rows. */
export interface Left {
  key: 'hash' | 'imdb_id'
  column: string
  /** The shapes of which it may stay in the one that was written: what the other one says, if anything, is another value. */
  alone?: readonly Write['side'][]
}

const many = 100
const thousands = 2_000

const title = (n: number) => `Title ${n}`

/** 40 hexadecimal digits that no generated row has. */
const newHash = (n: number) => `ffff${n.toString(16).padStart(36, '0')}`

const newImdb = (n: number) => `tt0${n.toString().padStart(7, '0')}`

const times = <T>(length: number, value: () => T): T[] => Array.from({ length }, value)

const both = (
  name: string,
  { legacy, target, ...rest }: { legacy: string; target: string } & Omit<Write, 'name' | 'side' | 'text'>,
): Write[] => [
  { name, side: 'legacy', text: legacy, ...rest },
  { name, side: 'target', text: target, ...rest },
]

export const writes: readonly Write[] = [
  ...both('update of pipeline_status', {
    legacy: toggle('atp.media', 'pipeline_status', 'hash'),
    target: toggle('atp.downloads', 'pipeline_status', 'hash'),
    rows: 1,
    atLeast: 0.6,
    leaves: { key: 'hash', column: 'pipeline_status' },
    next: (draw) => ['paused', 'parsed', draw.hash()],
  }),
  ...both('title change: label', {
    legacy: toggle('atp.training', 'label', 'imdb_id'),
    target: toggle('atp.media_metadata', 'label', 'imdb_id'),
    rows: 1,
    atLeast: 0.35,
    leaves: { key: 'imdb_id', column: 'label' },
    next: (draw) => ['would_watch', 'would_not_watch', draw.imdb()],
  }),
  ...both('title change: media_title', {
    legacy: 'update atp.training set media_title = $1 where imdb_id = $2',
    target: 'update atp.media_metadata set media_title = $1 where imdb_id = $2',
    rows: 1,
    atLeast: 0.35,
    // a title is its newest download, and an old row that says something else than its title goes on saying it
    leaves: { key: 'imdb_id', column: 'media_title', alone: ['legacy', 'target'] },
    next: (draw) => [title(draw.fresh()), draw.imdb()],
  }),
  ...both('upsert of 100 rows', {
    legacy: upsert('atp.media', ', media_type', ", 'movie'"),
    target: upsert('atp.downloads', '', ''),
    rows: many,
    atLeast: 0.5,
    leaves: { key: 'hash', column: 'original_title' },
    next: (draw) => [times(many, () => draw.hash()), times(many, () => title(draw.fresh()))],
  }),
  ...both('insert of one row', {
    legacy: `insert into atp.media (hash, media_type, original_title) values ($1, 'movie', $2)`,
    target: 'insert into atp.downloads (hash, original_title) values ($1, $2)',
    rows: 1,
    // a download without a title has no media_type, which the old table demands
    leaves: { key: 'hash', column: 'original_title', alone: ['target'] },
    inserts: true,
    next: (draw) => [newHash(draw.fresh()), title(draw.fresh())],
  }),
  ...both('insert of a new title', {
    legacy: `insert into atp.training (imdb_id, label, media_type, media_title, release_year)
      values ($1, $2, 'movie', $3, 2010)`,
    target: `insert into atp.media_metadata (imdb_id, label, media_type, media_title, release_year)
      values ($1, $2, 'movie', $3, 2010)`,
    rows: 1,
    leaves: { key: 'imdb_id', column: 'media_title' },
    inserts: true,
    next: (draw) => [newImdb(draw.fresh()), 'would_watch', title(draw.fresh())],
  }),
]

/** A write of very many rows, which applications make once in a while. */
export const massWrites: readonly Write[] = both('update of 2,000 rows', {
  legacy: 'update atp.media set rejection_reason = $1 where hash = any ($2)',
  target: 'update atp.downloads set rejection_reason = $1 where hash = any ($2)',
  rows: thousands,
  leaves: { key: 'hash', column: 'rejection_reason' },
  next: (draw) => [title(draw.fresh()), times(thousands, () => draw.hash())],
})

/** The rows are sorted as the application sorts them, so that two sessions cannot wait for each other. */
function upsert(table: string, columns: string, values: string): string {
  return `insert into ${table} (hash, original_title${columns})
    select hash, max(title)${values}
    from unnest($1::bpchar[], $2::text[]) as row(hash, title)
    group by hash
    order by hash
    on conflict (hash) do update set original_title = excluded.original_title`
}

/** One of two values for the other, so that every write changes something. */
function toggle(table: string, column: string, key: string): string {
  return `update ${table} set ${column} = case when ${column} = $1 then $2 else $1 end where ${key} = $3`
}
