import { createHash } from 'node:crypto'
import { describe, expect } from 'vitest'
import type { Connection } from '../../../scripts/database/connect.ts'
import { Refusal } from '../../../scripts/errors.ts'
import { silent } from '../../../scripts/report.ts'
import { createLegacy } from '../../../scripts/systems/atp/legacy/index.ts'
import { scratchDatabase, test } from '../../support/scratch.ts'

type Options = Parameters<typeof createLegacy>[1]

const usual = { rows: 1000, version: 23, dirt: 0.02, seed: 1 }
const create = ({ connection }: { connection: Connection }, options: Partial<Options> = {}) =>
  createLegacy(connection, { ...usual, ...options }, silent)

/** First column of every row. */
async function list({ connection }: { connection: Connection }, query: string): Promise<unknown[]> {
  const rows = await connection.db.$client.unsafe(query)
  return rows.map((row) => Object.values(row)[0])
}

const metadata = [
  ...['budget', 'revenue', 'runtime', 'origin_country', 'production_companies', 'production_countries'],
  ...['production_status', 'original_language', 'spoken_languages', 'genre', 'original_media_title', 'tagline'],
  ...['overview', 'tmdb_rating', 'tmdb_votes', 'rt_score', 'metascore', 'imdb_rating', 'imdb_votes'],
]
const nine = [
  ...['training_imdb_id_check', 'training_imdb_rating_check', 'training_imdb_votes_check', 'training_metascore_check'],
  ...['training_pkey', 'training_release_year_check', 'training_rt_score_check', 'training_tmdb_id_check'],
  'training_tmdb_id_key',
]
const columnsOf = (table: string) =>
  `select attname from pg_attribute where attrelid = 'atp.${table}'::regclass and attnum > 0 and not attisdropped order by attnum`
const triggers = `select tgrelid::regclass || ' ' || tgname || ' ' || tgfoid::regproc from pg_trigger order by 1`
const grants = `
  select c.oid::regclass || ' ' || a.privilege_type
  from pg_class c, aclexplode(c.relacl) a
  where a.grantee = to_regrole('rear_diff')
  order by 1`

const everywhere = Array.from({ length: 24 }, (_, index) => ({ version: index + 9, bare: false }))
const found = everywhere.filter(({ version }) => version < 30).map(({ version }) => ({ version, bare: true }))

describe.concurrent('the shape', () => {
  test.for([...everywhere, ...found])('is that of V$version, bare = $bare', async ({ version, bare }, { database }) => {
    const from = (first: number, ...names: string[]) => (version >= first ? names : [])
    const until = (first: number, ...names: string[]) => (version < first ? names : [])
    const is = (query: string) => list(database, query)
    const { tables } = await create(database, { version, withoutTrainingConstraints: bare })
    expect(tables).toMatchObject({ media: 1000 })

    expect(await is(columnsOf('media'))).toEqual([
      ...['hash', 'media_type', 'media_title', 'season', 'episode', 'release_year', 'pipeline_status', 'error_status'],
      ...['error_condition', 'rejection_status', 'rejection_reason', 'parent_path', 'target_path', 'original_title'],
      ...['original_path', 'original_link', 'rss_source', 'uploader', 'imdb_id', 'tmdb_id', ...until(28, ...metadata)],
      ...['resolution', 'video_codec', 'upload_type', 'audio_codec', 'created_at', 'updated_at'],
      ...from(24, 'deleted_at'),
    ])
    expect(await is(columnsOf('training'))).toEqual([
      ...['imdb_id', 'tmdb_id', 'label', 'human_labeled', ...until(10, 'confirmed'), 'anomalous', 'media_type'],
      ...['media_title', 'season', 'episode', 'release_year', ...metadata, 'created_at', 'updated_at'],
      ...from(10, 'reviewed'),
    ])
    expect(await is(columnsOf('prediction'))).toEqual([
      'imdb_id',
      'prediction',
      'probability',
      'cm_value',
      'created_at',
    ])
    const constraints = `select conname from pg_constraint where conname = any ('{${nine}}') order by 1`
    expect(await is(constraints)).toEqual(bare ? [] : nine)
    expect(
      await is(`select indexrelid::regclass::text from pg_index where indrelid = 'atp.media'::regclass order by 1`),
    ).toEqual([
      ...['atp.idx_media_imdb_id', 'atp.idx_media_pipeline_status', 'atp.idx_media_tmdb_id', 'atp.media_pkey'],
    ])
    expect(
      await is(`select enumlabel from pg_enum where enumtypid = 'atp.media_type'::regtype order by enumsortorder`),
    ).toEqual([...['movie', 'tv_show', 'tv_season', 'unknown', ...from(25, 'tv_episode_pack')]])
    expect(
      await is(`select attnotnull from pg_attribute where attrelid = 'atp.training'::regclass and attname = 'label'`),
    ).toEqual([version < 27])

    const touch = (old: string) => (version < 31 ? old : 'atp.set_updated_at')
    expect(await is(triggers)).toEqual([
      ...from(31, 'atp.engineered trg_engineered_update_timestamp atp.set_updated_at'),
      ...from(19, 'atp.media clear_error_condition atp.reset_error_condition'),
      ...from(19, 'atp.media clear_rejection_reason atp.reset_rejection_reason'),
      ...from(19, 'atp.media reset_fields_on_ingestion atp.reset_on_ingestion'),
      ...from(24, 'atp.media trg_media_soft_delete atp.set_rejection_on_soft_delete'),
      ...from(19, `atp.media update_media_updated_at ${touch('atp.update_updated_at_column')}`),
      ...from(19, `atp.training trg_training_update_timestamp ${touch('atp.trg_fn_training_update_timestamp')}`),
    ])
    const [role] = await is(`select to_regrole('rear_diff') is not null`)
    expect(await is(grants)).toEqual(
      role === false
        ? []
        : [
            ...from(12, 'atp.media SELECT'),
            ...from(15, 'atp.media UPDATE'),
            ...from(23, 'atp.movies SELECT'),
            ...from(21, 'atp.prediction SELECT'),
            ...from(11, 'atp.training SELECT'),
            ...from(22, 'atp.training UPDATE'),
            ...from(13, 'flyway_schema_history SELECT'),
          ].map((grant) => grant.replace('flyway', 'public.flyway')),
    )
    expect(await is(`select count(*)::integer from pg_default_acl`)).toEqual([role && version >= 13 ? 1 : 0])
    expect(await is(`select count(*)::integer from pg_attribute where attrelid = to_regclass('atp.movies')`)).toEqual([
      version < 23 ? 0 : 36,
    ])
    const uncommented = `
      select attname from pg_attribute
      where attrelid = any ('{atp.media,atp.training,atp.prediction}'::regclass[])
        and attnum > 0 and not attisdropped and col_description(attrelid, attnum) is null`
    expect(await is(uncommented)).toHaveLength(version < 18 ? (version < 10 ? 82 : 81) : 0)
    expect(
      await is(`select version::integer from public.flyway_schema_history where success order by installed_rank`),
    ).toEqual(Array.from({ length: version }, (_, index) => index + 1))
    const engineered = await is(
      `select attname from pg_attribute where attrelid = to_regclass('atp.engineered') and attnum > 12`,
    )
    expect(engineered).toEqual([...from(26, 'production_companies'), ...from(29, 'anomalous')])
  })
})

/** What PostgreSQL 15 and 18 both gave; changes when, and only when, the generator's rows do. */
const golden = 'cb019f01b22498b5dde62b48411b2ed0'

describe.concurrent('the bytes', () => {
  const tables = [
    'media',
    'training',
    'prediction',
    'engineered',
    'engineered_normalization_table',
    'engineered_schema',
  ]
  async function hashes(options: Partial<Options>): Promise<unknown[]> {
    const database = await scratchDatabase()
    await create(database, { version: 27, dirt: 0.2, ...options })
    const hash = (table: string) =>
      list(database, `select md5(string_agg(t::text, e'\\n' order by t::text collate "C")) from ${table} t`)
    const all = await Promise.all([...tables.map((table) => `atp.${table}`), 'public.flyway_schema_history'].map(hash))
    await database.drop()
    return all.flat()
  }

  test('are the same for the same options, on whatever server', async () => {
    const [first, second] = await Promise.all([hashes({}), hashes({})])
    expect(second).toEqual(first)
    expect(createHash('md5').update(first.join()).digest('hex')).toBe(golden)
  })

  test('differ with the seed', async () => {
    const [first, second] = await Promise.all([hashes({ seed: 1 }), hashes({ seed: 2 })])
    for (const table of [0, 1, 2]) expect(second[table]).not.toBe(first[table])
  })
})

/** How often a case occurs. What V28 drops from media is looked for in training, which has every case as well. */
const per = (having: string) => `select from atp.media where imdb_id is not null group by imdb_id having ${having}`
const both = (condition: string) => `select from atp.media m join atp.training t using (imdb_id) where ${condition}`
const untitled = (condition: string) =>
  `select from atp.media m where imdb_id is not null and ${condition} and not exists (select from atp.training t where t.imdb_id = m.imdb_id)`
const training = (condition: string) => `select from atp.training t where ${condition}`
const media = (condition: string) => `select from atp.media m where ${condition}`
const probability = (condition: string) => `select from atp.prediction where probability ${condition}`
const nasty = (column: string) =>
  ['\\', '"', "'", '\r\n', '\t', '{NULL}'].map((part) => `strpos(${column}, $$${part}$$) > 0`).join(' and ')

const occurrences: Record<string, string> = {
  'rows of a title differ in title': per('count(distinct media_title) > 1'),
  'rows of a title differ in season and episode': per('count(distinct (season, episode)) > 1'),
  'created_at ties': per('count(distinct created_at) < count(*) and count(distinct media_title) > 1'),
  'training differs from media': both('m.media_title <> t.media_title and m.release_year <> t.release_year'),
  'media is null where training has a value': both(
    'm.season is null and t.season is not null and m.media_title is null',
  ),
  'metadata without imdb_id': media('imdb_id is null and media_title is not null and tmdb_id is not null'),
  'only parent_path': media('parent_path is not null and target_path is null'),
  'only target_path': media('parent_path is null and target_path is not null'),
  'no title and no training': untitled('media_title is null'),
  'no release year and no training': untitled('release_year is null'),
  'season beyond smallint': media('season > 32767'),
  'episode beyond smallint': media('episode > 32767'),
  'two imdb_ids with one tmdb_id': `select from atp.media group by tmdb_id having tmdb_id is not null and count(distinct imdb_id) > 1`,
  'prediction of an unknown title': `select from atp.prediction p
    where not exists (select from atp.media m where m.imdb_id = p.imdb_id)
      and not exists (select from atp.training t where t.imdb_id = p.imdb_id)`,
  'probability below 0': probability('< 0'),
  'probability above 1': probability('between 1.0000000001 and 2'),
  'huge probability': probability(`between 1e100 and 1e300`),
  'NaN probability': probability(`= 'NaN'`),
  'char padding': training(
    `octet_length(original_language) = 2 and original_language = 'e' and origin_country::text like '%"u "%'`,
  ),
  'padded cm_value': `select from atp.prediction where cm_value = 't'`,
  'empty array': training(`spoken_languages = '{}'`),
  'array bounds': training(`array_lower(genre, 1) = 2 and array_lower(spoken_languages, 1) = -1`),
  'array of nulls': training(`genre::text like '{NULL,%'`),
  'array of two dimensions': training('array_ndims(genre) = 2'),
  infinity: media(`created_at = 'infinity'`),
  '-infinity': media(`created_at = '-infinity'`),
  'before Christ': media(`created_at < '0001-01-01' and isfinite(created_at)`),
  'year 294000': media(`extract(year from created_at) = 294000`),
  'long text': media('length(error_condition) > 20000 and length(original_link) > 1000'),
  'odd text': media(`media_title = 'NULL' and target_path = '{}' and ${nasty('error_condition')}`),
  'empty text': media(`media_title = '' and original_title = '' and parent_path = ''`),
}
const beforeV28: Record<string, string> = {
  'rows of a title differ in ratings': per('count(distinct tmdb_rating) > 1 and count(distinct imdb_votes) > 1'),
  'empty array against null': both(`m.genre = '{}' and t.genre is null`),
  'array bounds in media': media(`genre::text = '[2:3]={Drama,War}'`),
}
const unconstrained: Record<string, string> = {
  'training row twice': `select from atp.training t group by t::text having count(*) > 1`,
  'training imdb_id twice': `select from atp.training group by imdb_id having count(distinct updated_at) > 1`,
  'malformed imdb_id': training(`imdb_id !~ '^tt[0-9]{7,8}$'`),
  'training tmdb_id twice': `select from atp.training group by tmdb_id having tmdb_id is not null and count(distinct imdb_id) > 1`,
  'out of range with media': both('t.release_year = 1492'),
  'out of range without media': training(
    `imdb_rating > 100 and not exists (select from atp.media m where m.imdb_id = t.imdb_id)`,
  ),
}
const always = {
  'numeric scale': probability('= trim_scale(probability) and scale(probability) > min_scale(probability)'),
}
const reviewed = { 'reviewed is null': training('reviewed is null') }
const deleted = { deleted: media(`deleted_at is not null and rejection_reason = 'user deletion'`) }

async function count(database: { connection: Connection }, queries: Record<string, string>) {
  const counts: Record<string, unknown> = {}
  for (const [name, query] of Object.entries(queries))
    counts[name] = (await list(database, `select count(*)::integer from (${query}) found`))[0]
  return counts
}

describe.concurrent('dirt', () => {
  const all = { ...occurrences, ...beforeV28, ...unconstrained, ...reviewed, ...deleted }
  test.for([
    { version: 27, bare: true, queries: { ...all, ...always } },
    { version: 23, bare: false, queries: { ...occurrences, ...beforeV28, ...reviewed, ...always } },
    { version: 9, bare: true, queries: { ...occurrences, ...beforeV28, ...unconstrained, ...always } },
    { version: 32, bare: false, queries: { ...occurrences, ...reviewed, ...deleted, ...always } },
  ])('every case occurs in 1,000 rows at V$version, bare = $bare', async ({ version, bare, queries }, { database }) => {
    await create(database, { version, withoutTrainingConstraints: bare })
    const absent = Object.entries(await count(database, queries)).filter(([, times]) => times === 0)
    expect(absent).toEqual([])
  })

  test('none of it occurs where none is wanted', async ({ database }) => {
    await create(database, { version: 27, dirt: 0, withoutTrainingConstraints: true })
    const present = Object.entries(await count(database, all)).filter(([, times]) => times !== 0)
    expect(present).toEqual([])
  })

  test('all titles may be dirty, and a handful of rows will do', async ({ database }) => {
    expect((await create(database, { dirt: 1 })).tables).toMatchObject({ media: 1000 })
    for (const rows of [0, 1, 2, 3, 13, 37]) {
      const other = await scratchDatabase()
      expect((await create(other, { rows, dirt: 1 })).tables).toMatchObject({ media: rows })
      await other.drop()
    }
  })
})

test('the triggers keep the rules of the pipeline', async ({ database }) => {
  await create(database, { version: 24, dirt: 0 })
  const change = (set: string, where: string) =>
    list(
      database,
      `
      with one as (select hash from atp.media where ${where} order by hash limit 1)
      update atp.media m set ${set} from one where m.hash = one.hash
      returning concat_ws(' ', rejection_status, rejection_reason, error_condition, updated_at > now() - interval '1 day')`,
    )
  expect(await change(`pipeline_status = 'ingested'`, `rejection_status = 'rejected' and error_status`)).toEqual([
    'unfiltered t',
  ])
  expect(await change(`pipeline_status = 'ingested'`, `rejection_status = 'override'`)).toEqual(['override t'])
  expect(await change('error_status = false', `error_status and rejection_status = 'accepted'`)).toEqual(['accepted t'])
  expect(await change(`rejection_status = 'accepted'`, `rejection_status = 'rejected' and not error_status`)).toEqual([
    'accepted t',
  ])
  expect(await change('deleted_at = now()', `rejection_status = 'accepted' and not error_status`)).toEqual([
    'rejected user deletion t',
  ])
  await database.connection.db.$client.unsafe('update atp.training set anomalous = true')
  expect(await list(database, 'select distinct created_at < updated_at and anomalous from atp.training')).toEqual([
    true,
  ])
})

test('the proportions are those of the live databases', async ({ database }) => {
  const { tables } = await create(database, { rows: 10_000, dirt: 0 })
  expect(tables.training).toBe(3200)
  expect(tables.prediction).toBeGreaterThan(3100)
  const share = async (what: string) => (await list(database, `select (${what})::float8 from atp.media`))[0] as number
  expect(await share('count(distinct imdb_id)')).toBe(4000)
  expect(await share('count(*) - count(imdb_id)')).toBe(800)
  expect(Math.abs((await share('count(target_path)')) - 6000)).toBeLessThan(300)
  const lengths = 'select min(length(overview)) >= 100 and max(length(overview)) <= 400 from atp.media'
  expect(await list(database, lengths)).toEqual([true])
  const most =
    'select max(times)::integer from (select count(*) as times from atp.media group by imdb_id having imdb_id is not null) t'
  expect((await list(database, most))[0]).toBeGreaterThan(9)
})

describe.concurrent('refusals', () => {
  test('numbers that make no sense', async ({ database }) => {
    const wrong = [
      { rows: -1 },
      { rows: 1.5 },
      { version: 8 },
      { version: 33 },
      { dirt: 1.1 },
      { dirt: Number.NaN },
      { seed: 0.5 },
    ]
    for (const options of wrong) await expect(create(database, options)).rejects.toBeInstanceOf(Refusal)
  })

  test('constraints cannot be missing from V30 on', async ({ database }) => {
    await expect(create(database, { version: 30, withoutTrainingConstraints: true })).rejects.toBeInstanceOf(Refusal)
  })

  test('a database that has a legacy already', async ({ database }) => {
    await create(database, { rows: 10 })
    await expect(create(database)).rejects.toThrow('atp.media already exists')
    expect(await list(database, 'select count(*)::integer from atp.media')).toEqual([10])
  })
})
