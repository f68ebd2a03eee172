import { describe, expect } from 'vitest'
import { type Scratch, scratchDatabase } from '../support/scratch.ts'
import { copyIn, expandIn, legacyIn, run, sharing, verifyIn } from './migration.ts'

type Row = Record<string, unknown>

const at = '2024-01-01 10:20:30.123456+00'
const hash = (letter: string) => letter.repeat(40)
const id = (n: number) => `tt${String(n).padStart(7, '0')}`

const title = { media_type: 'movie', media_title: 'Title', release_year: 2000, created_at: at, updated_at: at }
const media = (letter: string, row: Row): [string, Row] => [
  'media',
  { ...title, hash: hash(letter), original_title: `${letter}.torrent`, ...row },
]
const training = (n: number, row: Row = {}): [string, Row] => [
  'training',
  { ...title, imdb_id: id(n), label: 'would_watch', ...row },
]
const prediction = (n: number, row: Row = {}): [string, Row] => [
  'prediction',
  { imdb_id: id(n), prediction: 1, probability: '0.5', cm_value: 'tp', created_at: at, ...row },
]

async function insert(database: Scratch, rows: [string, Row][]) {
  for (const [table, row] of rows) {
    // as JSON, so that the server reads every value as its column's type
    await database.connection.db.$client`
      insert into ${database.connection.db.$client(`atp.${table}`)} ${database.connection.db.$client(row)}`
  }
}

async function migrated(version: number, rows: [string, Row][], more: { bare?: boolean; change?: string } = {}) {
  const database = await scratchDatabase()
  await legacyIn(database, { rows: 0, dirt: 0, version, withoutTrainingConstraints: more.bare ?? false })
  if (more.change) await run(database, more.change)
  await insert(database, rows)
  await expandIn(database)
  await copyIn(database, { batchSize: 3 })
  expect(await verifyIn(database)).toMatchObject({ identical: true, shown: [] })
  return database
}

const metadata = async (database: Scratch, n: number, columns: string) =>
  (await run(database, `select ${columns} from atp.media_metadata where imdb_id = '${id(n)}'`))[0]

const download = async (database: Scratch, letter: string, columns = 'imdb_id') =>
  (await run(database, `select ${columns} from atp.downloads where hash = '${hash(letter)}'`))[0]

/** What is kept of a row: nothing where restore gives all of it back. */
const kept = async (database: Scratch, relation: string, key: string) =>
  (await run(database, `select kind, kept from sluice.complement where relation = '${relation}' and key = '${key}'`))[0]

const aside = (database: Scratch, key: string) =>
  run(
    database,
    `select relation, scope, constraint_name, sqlstate, reason, held
     from sluice.quarantine
     where key = '${key}'
     order by relation, constraint_name`,
  )

const refused = (constraint_name: string, sqlstate: string, reason: string) => ({
  relation: 'media_metadata',
  scope: 'row',
  constraint_name,
  sqlstate,
  reason,
  held: {},
})

const withoutTitle = (relation: string, n: number) => ({
  relation,
  scope: 'value',
  constraint_name: `${relation}_imdb_id_fkey`,
  sqlstate: '23503',
  reason: `imdb_id = ${id(n)} refers to no row of atp.media_metadata`,
  held: { imdb_id: id(n) },
})

const cases: [string, Row][] = [
  media('0', { imdb_id: id(20), tmdb_id: 20, parent_path: '/p', target_path: 't' }),
  training(20, { tmdb_id: 20 }),
  prediction(20),

  media('1', { imdb_id: id(1), media_title: 'Old', season: 1, tmdb_rating: '7.1' }),
  media('2', { imdb_id: id(1), media_title: 'New', season: 2, tmdb_rating: '7', created_at: '2024-02-01' }),
  media('3', { imdb_id: id(2), media_title: 'Of media', overview: 'of media' }),
  training(2, { media_title: 'Of training', overview: 'of training', budget: '5' }),
  media('4', { imdb_id: id(3), episode: 9 }),
  training(3, { season: 4, episode: 8, tmdb_id: 33 }),
  media('5', { media_title: 'Nameless', tmdb_id: 77, overview: '' }),
  media('6', { imdb_id: id(5), parent_path: '/parent' }),
  media('7', { imdb_id: id(5), target_path: '' }),
  media('8', { imdb_id: id(6), media_title: null, parent_path: '/p', target_path: 't' }),
  media('9', { imdb_id: id(7), release_year: null }),
  prediction(7),
  media('a', { imdb_id: id(8), season: 32768 }),
  media('b', { imdb_id: id(8), episode: -1, created_at: '2023-01-01' }),
  media('c', { imdb_id: id(9), release_year: 70000 }),
  training(9, { season: 3 }),
  media('d', { imdb_id: id(11), tmdb_id: 500, created_at: '2024-09-01' }),
  media('e', { imdb_id: id(10), tmdb_id: 500 }),
  prediction(12, { probability: '0.10' }),
  media('f', { imdb_id: id(13) }),
  prediction(13, { probability: '1.50' }),
  training(14, { reviewed: null }),
]

const looser = 'alter table atp.media drop constraint media_release_year_check; alter table atp.media add mood text'
const rest: [string, Row][] = [
  media('ab', { imdb_id: id(15), media_title: 'First by hash', created_at: at, hash: `1${hash('e').slice(1)}` }),
  media('ac', { imdb_id: id(15), media_title: 'Second by hash', created_at: at, hash: `2${hash('e').slice(1)}` }),
  media('ad', {
    imdb_id: id(16),
    deleted_at: '2024-03-01 00:00:00.000001+00',
    mood: '',
    hash: `3${hash('e').slice(1)}`,
  }),
]
const exact = `
  insert into atp.media (hash, media_type, media_title, release_year, original_title, imdb_id, original_language, genre,
    spoken_languages, origin_country, tmdb_rating, created_at, updated_at)
  values
    ('4${hash('e').slice(1)}', 'movie', 'Exact', 2000, 'o', '${id(17)}', 'e', '[2:3]={a,b}', '{}', '{u,"",NULL}', 7, '${at}', 'infinity'),
    ('5${hash('e').slice(1)}', 'movie', 'Exact', 2000, 'o', '${id(17)}', null, '{a,b}', null, '{u,"",NULL}', 7, '2023-01-01', '-infinity');
  insert into atp.prediction (imdb_id, prediction, probability, cm_value, created_at)
  values ('${id(17)}', 0, 0.700, 't', '${at}')`
const v24 = sharing(() => migrated(24, [...cases, ...rest], { change: `${looser}; ${exact}` }))
const other = (first: string) => `${first}${hash('e').slice(1)}`

describe("each case of the spec's table, in V24", () => {
  v24('rows that nothing ails are carried, and nothing is said of them', async ({ shared }) => {
    expect(await metadata(shared, 20, 'tmdb_id, media_title, label, created_at::text')).toEqual({
      tmdb_id: 20,
      media_title: 'Title',
      label: 'would_watch',
      created_at: at,
    })
    expect(await download(shared, '0', 'imdb_id, original_title, updated_at::text')).toEqual({
      imdb_id: id(20),
      original_title: '0.torrent',
      updated_at: at,
    })
    expect(await run(shared, 'select hash, parent_path, target_path, imdb_id from atp.files order by hash')).toEqual([
      { hash: hash('0'), parent_path: '/p', target_path: 't', imdb_id: id(20) },
      { hash: hash('8'), parent_path: '/p', target_path: 't', imdb_id: null },
    ])
    expect(await run(shared, `select * from atp.media_metrics where imdb_id = '${id(20)}'`)).toMatchObject([
      { prediction: 1, probability: '0.5', cm_value: 'tp' },
    ])
    for (const relation of ['training', 'prediction']) expect(await kept(shared, relation, id(20))).toBeUndefined()
    expect(await kept(shared, 'media', hash('0'))).toBeUndefined()
    for (const key of [id(20), hash('0')]) expect(await aside(shared, key)).toEqual([])
  })

  v24(
    'media rows that disagree: the newest is the title, every differing value of the other is kept',
    async ({ shared }) => {
      expect(await metadata(shared, 1, 'media_title, season, tmdb_rating')).toEqual({
        media_title: 'New',
        season: 2,
        tmdb_rating: '7.000',
      })
      expect(await kept(shared, 'media', hash('1'))).toEqual({
        kind: 'part',
        kept: { media_title: 'Old', season: '1', tmdb_rating: '7.100' },
      })
      expect(await kept(shared, 'media', hash('2'))).toBeUndefined()
      expect([await download(shared, '1'), await download(shared, '2')]).toEqual([
        { imdb_id: id(1) },
        { imdb_id: id(1) },
      ])
    },
  )

  v24("a media and a training value disagree: media's is the title's, training's is kept", async ({ shared }) => {
    expect(await metadata(shared, 2, 'media_title, overview, budget')).toEqual({
      media_title: 'Of media',
      overview: 'of media',
      budget: '5',
    })
    expect(await kept(shared, 'training', id(2))).toEqual({
      kind: 'part',
      kept: { media_title: 'Of training', overview: 'of training' },
    })
    expect(await kept(shared, 'media', hash('3'))).toEqual({ kind: 'part', kept: { budget: null } })
  })

  v24('media null where training has a value: the null comes back', async ({ shared }) => {
    expect(await metadata(shared, 3, 'season, episode, tmdb_id')).toEqual({ season: 4, episode: 9, tmdb_id: 33 })
    expect(await kept(shared, 'media', hash('4'))).toEqual({ kind: 'part', kept: { season: null, tmdb_id: null } })
    expect(await kept(shared, 'training', id(3))).toEqual({ kind: 'part', kept: { episode: '8' } })
  })

  v24('media without imdb_id: its metadata is kept', async ({ shared }) => {
    expect(await download(shared, '5')).toEqual({ imdb_id: null })
    expect(await kept(shared, 'media', hash('5'))).toEqual({
      kind: 'part',
      kept: { media_type: 'movie', media_title: 'Nameless', release_year: '2000', tmdb_id: '77', overview: '' },
    })
    expect(await aside(shared, hash('5'))).toEqual([])
  })

  v24('only one path: no file, and the path is kept', async ({ shared }) => {
    expect(await kept(shared, 'media', hash('6'))).toEqual({ kind: 'part', kept: { parent_path: '/parent' } })
    expect(await kept(shared, 'media', hash('7'))).toEqual({ kind: 'part', kept: { target_path: '' } })
  })

  v24(
    'no title or no year, and no training row: the title is set aside, its downloads and files move',
    async ({ shared }) => {
      expect([await metadata(shared, 6, '*'), await metadata(shared, 7, '*')]).toEqual([undefined, undefined])
      expect(await aside(shared, id(6))).toEqual([
        refused('media_metadata_media_title_not_null', '23502', 'media_title is null'),
      ])
      expect(await aside(shared, id(7))).toEqual([
        refused('media_metadata_release_year_not_null', '23502', 'release_year is null'),
        { ...withoutTitle('media_metrics', 7), scope: 'row' },
      ])
      expect(await download(shared, '8')).toEqual({ imdb_id: null })
      expect(await aside(shared, hash('8'))).toEqual([withoutTitle('downloads', 6), withoutTitle('files', 6)])
      expect(await aside(shared, hash('9'))).toEqual([withoutTitle('downloads', 7)])
      expect(await kept(shared, 'media', hash('8'))).toEqual({
        kind: 'part',
        kept: { imdb_id: id(6), media_type: 'movie', release_year: '2000' },
      })
      expect(await kept(shared, 'prediction', id(7))).toMatchObject({ kind: 'whole', kept: { probability: '0.5' } })
    },
  )

  v24('beyond smallint: set aside, with all that it would have been', async ({ shared }) => {
    expect(await aside(shared, id(8))).toEqual([
      refused('media_metadata_season_type', '22003', 'season = 32768 does not fit smallint'),
    ])
    expect(await aside(shared, id(9))).toEqual([
      refused('media_metadata_release_year_type', '22003', 'release_year = 70000 does not fit smallint'),
    ])
    expect(await aside(shared, hash('b'))).toEqual([withoutTitle('downloads', 8)])
    expect(await kept(shared, 'media', hash('a'))).toMatchObject({ kept: { season: '32768', imdb_id: id(8) } })
    expect(await kept(shared, 'media', hash('b'))).toMatchObject({ kept: { episode: '-1', imdb_id: id(8) } })
    expect(await kept(shared, 'training', id(9))).toMatchObject({
      kind: 'whole',
      kept: { imdb_id: id(9), season: '3', label: 'would_watch', reviewed: 'false' },
    })
  })

  v24("two titles with one tmdb_id: the smaller imdb_id keeps it, the other's is set aside", async ({ shared }) => {
    expect(await metadata(shared, 10, 'tmdb_id')).toEqual({ tmdb_id: 500 })
    expect(await metadata(shared, 11, 'tmdb_id, media_title')).toEqual({ tmdb_id: null, media_title: 'Title' })
    expect(await aside(shared, id(10))).toEqual([])
    expect(await aside(shared, id(11))).toEqual([
      {
        relation: 'media_metadata',
        scope: 'value',
        constraint_name: 'media_metadata_tmdb_id_key',
        sqlstate: '23505',
        reason: `tmdb_id = 500 is taken by ${id(10)}`,
        held: { tmdb_id: '500' },
      },
    ])
    expect(await kept(shared, 'media', hash('d'))).toEqual({ kind: 'part', kept: { tmdb_id: '500' } })
    expect(await kept(shared, 'media', hash('e'))).toBeUndefined()
  })

  v24('a prediction of no title, and one out of range: set aside whole', async ({ shared }) => {
    expect(await aside(shared, id(12))).toEqual([{ ...withoutTitle('media_metrics', 12), scope: 'row' }])
    expect(await aside(shared, id(13))).toEqual([
      {
        relation: 'media_metrics',
        scope: 'row',
        constraint_name: 'media_metrics_probability_check',
        sqlstate: '23514',
        reason: 'probability = 1.50 violates the check media_metrics_probability_check',
        held: {},
      },
    ])
    const row = { prediction: '1', cm_value: 'tp', created_at: at }
    expect(await kept(shared, 'prediction', id(12))).toEqual({
      kind: 'whole',
      kept: { ...row, imdb_id: id(12), probability: '0.10' },
    })
    expect(await kept(shared, 'prediction', id(13))).toEqual({
      kind: 'whole',
      kept: { ...row, imdb_id: id(13), probability: '1.50' },
    })
    expect(await download(shared, 'f')).toEqual({ imdb_id: id(13) })
  })

  v24('reviewed null: false in the target, null again on rebuild', async ({ shared }) => {
    expect(await metadata(shared, 14, 'reviewed, confirmed')).toEqual({ reviewed: false, confirmed: false })
    expect(await kept(shared, 'training', id(14))).toEqual({ kind: 'part', kept: { reviewed: null } })
  })

  v24('created_at ties: the first by hash is the title', async ({ shared }) => {
    expect(await metadata(shared, 15, 'media_title')).toEqual({ media_title: 'First by hash' })
    expect(await kept(shared, 'media', other('1'))).toBeUndefined()
    expect(await kept(shared, 'media', other('2'))).toEqual({ kind: 'part', kept: { media_title: 'Second by hash' } })
  })

  v24('deleted_at and a column that nobody declared are kept', async ({ shared }) => {
    expect(await kept(shared, 'media', other('3'))).toEqual({
      kind: 'part',
      kept: { deleted_at: '2024-03-01 00:00:00.000001+00', mood: '' },
    })
  })

  v24(
    'padding, scale, empty arrays and array bounds are exact in the target, and differ where they differ',
    async ({ shared }) => {
      const columns = `textin(bpcharout(original_language)) as language, genre::text, spoken_languages::text,
      origin_country::text, tmdb_rating, updated_at::text`
      expect(await metadata(shared, 17, columns)).toEqual({
        language: 'e ',
        genre: '[2:3]={a,b}',
        spoken_languages: '{}',
        origin_country: '{"u ","  ",NULL}',
        tmdb_rating: '7.000',
        updated_at: 'infinity',
      })
      expect(await kept(shared, 'media', other('4'))).toBeUndefined()
      expect(await kept(shared, 'media', other('5'))).toEqual({
        kind: 'part',
        kept: { original_language: null, genre: '{a,b}', spoken_languages: null },
      })
      expect(await run(shared, `select probability from atp.media_metrics where imdb_id = '${id(17)}'`)).toEqual([
        { probability: '0.700' },
      ])
      expect(await kept(shared, 'prediction', id(17))).toBeUndefined()
    },
  )

  v24('no other row is in the complement or the quarantine', async ({ shared }) => {
    const keys = async (table: string) =>
      (await run(shared, `select relation || ' ' || key as row from sluice.${table} order by 1`)).map(({ row }) => row)
    const letters = (relation: string, list: string) => [...list].map((letter) => `${relation} ${hash(letter)}`)
    expect(await keys('complement')).toEqual(
      [
        ...letters('media', '13456789abcd'),
        ...['2', '3', '5'].map((first) => `media ${other(first)}`),
        ...[2, 3, 9, 14].map((n) => `training ${id(n)}`),
        ...[7, 12, 13].map((n) => `prediction ${id(n)}`),
      ].sort(),
    )
    expect(await keys('quarantine')).toEqual(
      [
        ...[6, 7, 8, 9, 11].map((n) => `media_metadata ${id(n)}`),
        ...letters('downloads', '89abc'),
        ...letters('files', '8'),
        ...[7, 12, 13].map((n) => `media_metrics ${id(n)}`),
      ].sort(),
    )
  })

  v24('the accounts say the same', async ({ shared }) => {
    const { accounts } = await verifyIn(shared)
    expect(accounts).toEqual({
      media: { rows: 21, carried: 6, complemented: 10, quarantined: 5 },
      training: { rows: 5, carried: 1, complemented: 3, quarantined: 1 },
      prediction: { rows: 5, carried: 2, complemented: 0, quarantined: 3 },
    })
  })
})

const twice = { media_title: 'Twice', tmdb_id: 5 }
const bare = sharing(() =>
  migrated(
    24,
    [
      training(1, { ...twice, label: 'would_not_watch' }),
      training(1, { ...twice, label: 'would_watch', season: 2 }),
      training(1, { ...twice, label: 'would_watch', season: 2 }),
      training(2, { imdb_id: 'TT12', media_title: 'Malformed' }),
      training(3, { ...twice }),
      media('1', { imdb_id: id(1), media_title: 'Of media' }),
    ],
    { bare: true },
  ),
)

describe("without training's constraints", () => {
  bare('a duplicate imdb_id: one row is read, the others are set aside and reported', async ({ shared }) => {
    expect(await metadata(shared, 1, 'media_title, tmdb_id')).toEqual({ media_title: 'Of media', tmdb_id: 5 })
    const rows = await run(
      shared,
      `select ordinal, kind, kept ->> 'media_title' as title, kept ->> 'label' as label
       from sluice.complement
       where relation = 'training' and key = '${id(1)}'
       order by ordinal`,
    )
    expect(rows).toMatchObject([
      { ordinal: 1, kind: 'part', title: 'Twice' },
      { ordinal: 2, kind: 'whole', title: 'Twice' },
      { ordinal: 3, kind: 'whole', title: 'Twice' },
    ])
    expect((await aside(shared, id(1))).map(({ relation, sqlstate }) => ({ relation, sqlstate }))).toEqual([
      { relation: 'training', sqlstate: '23505' },
    ])
    const { accounts } = await verifyIn(shared)
    expect(accounts.training).toEqual({ rows: 5, carried: 0, complemented: 2, quarantined: 3 })
  })

  bare('a malformed imdb_id is set aside and reported', async ({ shared }) => {
    expect(await aside(shared, 'TT12')).toEqual([
      refused(
        'media_metadata_imdb_id_check',
        '23514',
        'imdb_id = TT12 violates the check media_metadata_imdb_id_check',
      ),
    ])
    expect(await kept(shared, 'training', 'TT12')).toMatchObject({ kind: 'whole', kept: { media_title: 'Malformed' } })
  })

  bare('a tmdb_id twice in training is one contest more', async ({ shared }) => {
    expect(await metadata(shared, 3, 'tmdb_id')).toEqual({ tmdb_id: null })
    expect(await aside(shared, id(3))).toMatchObject([{ scope: 'value', sqlstate: '23505', held: { tmdb_id: '5' } }])
    expect(await kept(shared, 'training', id(3))).toEqual({ kind: 'part', kept: { tmdb_id: '5' } })
  })
})

const v28 = sharing(() =>
  migrated(28, [
    media('1', { imdb_id: id(1) }),
    training(1, { budget: '9223372036854775807', overview: 'of training', label: null }),
  ]),
)
v28('columns that V28 dropped read as null, so that training fills them; a label that is null', async ({ shared }) => {
  expect(await metadata(shared, 1, 'budget, overview, label')).toEqual({
    budget: '9223372036854775807',
    overview: 'of training',
    label: null,
  })
  expect(await kept(shared, 'media', hash('1'))).toBeUndefined()
  expect(await kept(shared, 'training', id(1))).toMatchObject({
    kind: 'whole',
    kept: { budget: '9223372036854775807' },
  })
  expect(await aside(shared, id(1))).toEqual([])
})

const v9 = sharing(() => migrated(9, [training(1, { confirmed: true })]))
v9('confirmed is carried where it is, and reviewed is false', async ({ shared }) => {
  expect(await metadata(shared, 1, 'confirmed, reviewed')).toEqual({ confirmed: true, reviewed: false })
  expect(await kept(shared, 'training', id(1))).toBeUndefined()
})
