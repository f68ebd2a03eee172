import { afterAll, beforeAll, describe, expect } from 'vitest'
import { type Scratch, test as scratch, scratchDatabase } from '../support/scratch.ts'
import { bulk, copied, expanded, inBatches, legacyTables, made, proven, seeded, targetTables } from './copying.ts'
import { run } from './migration.ts'

const legacy = { rows: 40, version: 23, dirt: 0.6, seed: 11 }

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await expanded(legacy)),
  // another database, where the same legacy is always migrated from nothing
  twin: async ({ source }, use: (twin: Scratch) => Promise<void>) => {
    const twin = await scratchDatabase(source)
    try {
      await use(twin)
    } finally {
      await twin.drop()
    }
  },
})

/** Every table of both shapes and of the ledger, in a new beginning. */
const emptied = `
  truncate ${[...legacyTables, ...targetTables].map((name) => `atp.${name}`)};
  truncate sluice.complement, sluice.quarantine, sluice.shard`

/** Empties the twin, gives it the legacy of `database`, and migrates it from nothing. */
async function migratedAnew(database: Scratch, twin: Scratch): Promise<Record<string, string[]>> {
  await run(twin, emptied)
  for (const name of legacyTables) {
    const rows = await run(
      database,
      `select json_agg(to_json(t)) as rows from (select t::text as row from atp.${name} as t) as t`,
    )
    await twin.connection.db.$client.unsafe(
      `insert into atp.${name} select ((r ->> 'row')::atp.${name}).* from json_array_elements($1::text::json) as r`,
      [JSON.stringify(rows[0]?.rows ?? [])],
    )
  }
  await copied(twin, bulk)
  return made(twin)
}

/** Copies again, and expects what a migration of the same legacy from nothing would make. */
async function expectAnew(database: Scratch, twin: Scratch, batchSize: number, workers = 1) {
  await copied(database, inBatches(batchSize, workers))
  const proof = await proven(database)
  expect(proof.shown).toEqual([])
  expect(proof.identical).toBe(true)
  expect(await made(database)).toEqual(await migratedAnew(database, twin))
}

const title = (n: number) => `tt${String(n).padStart(7, '0')}`
const hash = (n: number) => n.toString(16).padStart(40, '0')

/** A media row as SQL text. */
const media = (n: number, imdbId: string | null, tmdbId: number | null, more: Record<string, string> = {}) => {
  const values: Record<string, string> = {
    hash: `'${hash(n)}'`,
    media_type: `'movie'`,
    media_title: `'Title ${n}'`,
    release_year: '2000',
    original_title: `'Torrent ${n}'`,
    imdb_id: imdbId === null ? 'null' : `'${imdbId}'`,
    tmdb_id: String(tmdbId),
    ...more,
  }
  return `insert into atp.media (${Object.keys(values)}) values (${Object.values(values)});`
}

const training = (imdbId: string, tmdbId: number | null, label = 'would_watch') =>
  `insert into atp.training (imdb_id, tmdb_id, label, media_type, media_title, release_year)
   values ('${imdbId}', ${tmdbId}, '${label}', 'movie', 'Trained ${imdbId}', 1999);`

const prediction = (imdbId: string, probability = '0.5') =>
  `insert into atp.prediction (imdb_id, prediction, probability, cm_value) values ('${imdbId}', 1, ${probability}, 'tp');`

const [one, two, three] = [title(1), title(2), title(3)]
/** Its family lies between those of the first hashes and those of the titles: they come in different batches. */
const clear = 'truncate atp.media, atp.training, atp.prediction'
const separator = media(15, null, null)
const three_titles = media(1, one, 7) + media(2, two, 8) + media(3, three, 9)
const paths = { parent_path: `'/p'`, target_path: `'t'` }

/** What is there when it is copied first, and what happens to it before it is copied again. */
const changes: Record<string, [before: string, change: string]> = {
  nothing: [three_titles, ''],
  'rows come': ['', three_titles + training(two, 8) + prediction(three)],
  'rows go': [
    three_titles + training(two, 8) + prediction(three),
    `delete from atp.media where hash = '${hash(2)}'; delete from atp.prediction`,
  ],
  'a training row goes, and its title with it': [training(two, 8) + prediction(two), 'delete from atp.training'],
  'a training row goes from a title with media': [media(1, one, 7) + training(one, 7), 'delete from atp.training'],
  'a title is renamed': [three_titles, `update atp.media set media_title = 'Other', created_at = created_at`],
  'two titles exchange their tmdb_ids': [three_titles, `update atp.media set tmdb_id = 15 - tmdb_id where tmdb_id < 9`],
  'three titles rotate their tmdb_ids': [three_titles, `update atp.media set tmdb_id = 7 + (tmdb_id - 6) % 3`],
  'three titles rotate back': [three_titles, `update atp.media set tmdb_id = 7 + (tmdb_id - 5) % 3`],
  'the winner of a tmdb_id goes': [
    media(1, one, 7) + media(2, two, 7) + media(3, three, 7),
    `delete from atp.media where hash = '${hash(1)}'`,
  ],
  'a smaller title claims a tmdb_id': [media(2, two, 7) + media(3, three, 7), media(1, one, 7)],
  'the winner of a tmdb_id is refused': [
    media(1, one, 7) + media(2, two, 7),
    `update atp.media set release_year = null where hash = '${hash(1)}'`,
  ],
  'the winner of a tmdb_id is refused no longer': [
    media(1, one, 7, { release_year: 'null' }) + media(2, two, 7),
    'update atp.media set release_year = 2001',
  ],
  'a row moves to a larger title': [
    media(1, one, 7, paths) + media(2, two, 8),
    `update atp.media set imdb_id = '${two}' where hash = '${hash(1)}'`,
  ],
  'a row moves to a smaller title': [
    media(1, one, 7) + media(2, two, 8, paths),
    `update atp.media set imdb_id = '${one}' where hash = '${hash(2)}'`,
  ],
  'two rows exchange their titles': [
    three_titles,
    `update atp.media set imdb_id = case imdb_id when '${one}' then '${three}' when '${three}' then '${one}' else imdb_id end`,
  ],
  'a row loses its title': [
    media(1, one, 7, paths) + prediction(one),
    `update atp.media set imdb_id = null where hash = '${hash(1)}'`,
  ],
  'a row loses its title and is no file any longer': [
    media(1, one, 7, paths),
    `update atp.media set imdb_id = null, target_path = null where hash = '${hash(1)}'`,
  ],
  'a row moves to a smaller title and is no file any longer': [
    media(1, one, 7) + media(2, two, 8, paths),
    `update atp.media set imdb_id = '${one}', target_path = null where hash = '${hash(2)}'`,
  ],
  'a row gets a title': [media(1, null, 7, paths) + prediction(one), `update atp.media set imdb_id = '${one}'`],
  'a title becomes invalid': [
    media(1, one, 7, paths) + media(2, one, 7) + prediction(one),
    'update atp.media set media_title = null',
  ],
  'a title becomes valid': [
    media(1, one, 7, { ...paths, media_title: 'null' }) + prediction(one),
    `update atp.media set media_title = 'Found'`,
  ],
  'a row of an invalid title goes': [media(1, one, 7, { ...paths, media_title: 'null' }), 'delete from atp.media'],
  'one of the rows of an invalid title goes': [
    media(1, one, 7, { media_title: 'null' }) + media(2, one, 7, { media_title: 'null' }),
    `delete from atp.media where hash = '${hash(2)}'`,
  ],
  'a row of an invalid title loses the title': [
    media(1, one, 7, { ...paths, media_title: 'null' }),
    'update atp.media set imdb_id = null',
  ],
  'a row of an invalid title moves to a valid one': [
    media(1, one, 7, { ...paths, media_title: 'null' }) + media(2, two, 8),
    `update atp.media set imdb_id = '${two}'`,
  ],
  'a row of an invalid title moves to another invalid one': [
    media(1, two, 7, { ...paths, media_title: 'null' }),
    `update atp.media set imdb_id = '${one}'`,
  ],
  'a row of an invalid title gets another hash': [
    media(1, one, 7, { ...paths, media_title: 'null' }),
    `update atp.media set hash = '${hash(5)}' where hash = '${hash(1)}'`,
  ],
  'a row of an invalid title is no file any longer': [
    media(1, one, 7, { ...paths, media_title: 'null' }),
    'update atp.media set target_path = null',
  ],
  'a hash changes': [
    media(1, one, 7, paths) + media(2, null, null, paths),
    `update atp.media set hash = reverse(hash)::char(40)`,
  ],
  'two rows exchange their hashes': [
    media(1, one, 7, paths) + media(2, null, null),
    `update atp.media set hash = '${hash(9)}' where hash = '${hash(1)}'; update atp.media set hash = '${hash(1)}' where hash = '${hash(2)}'; update atp.media set hash = '${hash(2)}' where hash = '${hash(9)}'`,
  ],
  'a prediction moves': [
    media(1, one, 7) + media(2, two, 8) + prediction(one),
    `update atp.prediction set imdb_id = '${two}'`,
  ],
  'a prediction moves to no title': [
    media(1, one, 7) + prediction(one),
    `update atp.prediction set imdb_id = '${three}'`,
  ],
  'a prediction becomes improbable': [
    media(1, one, 7) + prediction(one),
    'update atp.prediction set probability = 1.5',
  ],
  'a file is no file any longer': [media(1, one, 7, paths), 'update atp.media set target_path = null'],
  'everything goes': [
    three_titles + training(two, 8) + prediction(three),
    'truncate atp.media, atp.training, atp.prediction',
  ],
}

describe('after a change to the legacy, copying again ends like a migration from nothing', () => {
  let [database, twin] = [] as unknown as [Scratch, Scratch]
  beforeAll(async () => {
    const empty = await expanded({ rows: 0, version: 23, dirt: 0, seed: 1 })
    database = await scratchDatabase(empty)
    twin = await scratchDatabase(empty)
  })
  afterAll(async () => {
    await database.drop()
    await twin.drop()
  })

  const cases = Object.entries(changes).flatMap(([name, what]) =>
    // a value that must be unique changes hands within a batch as well as between two
    (name.includes('tmdb') ? [1, 1000] : [1]).map((batchSize) => [name, batchSize, ...what] as const),
  )
  for (const [name, batchSize, before, change] of cases) {
    test(`${name}, in batches of ${batchSize}`, async () => {
      await run(database, `${emptied}; ${before} ${separator}`)
      await copied(database, inBatches(1000))
      await run(database, `delete from atp.media where hash = '${hash(15)}'; ${change};`)
      if (change !== clear) await run(database, separator)
      await expectAnew(database, twin, batchSize)
    })
  }
})

/** One change to a random row, or to several. */
const operations: ((pick: (count: number) => number) => string)[] = [
  (pick) => media(1000 + pick(5000), title(1 + pick(8)), 1 + pick(6)).replace(/;$/, ' on conflict do nothing;'),
  (pick) => media(1000 + pick(5000), null, 1 + pick(6), paths).replace(/;$/, ' on conflict do nothing;'),
  (pick) => training(title(1 + pick(12)), 100 + pick(9)).replace(/;$/, ' on conflict do nothing;'),
  (pick) => prediction(title(1 + pick(12)), String(pick(15) / 10)).replace(/;$/, ' on conflict do nothing;'),
  (pick) => `delete from atp.media where ${isNth('media', 'hash', pick(60))};`,
  (pick) => `delete from atp.training where ${isNth('training', 'imdb_id', pick(30))};`,
  (pick) => `delete from atp.prediction where ${isNth('prediction', 'imdb_id', pick(30))};`,
  (pick) => `update atp.media set media_title = 'Renamed ${pick(99)}' where ${isNth('media', 'hash', pick(60))};`,
  (pick) => `update atp.media set media_title = null where ${isNth('media', 'hash', pick(60))};`,
  (pick) =>
    `update atp.media set release_year = ${1900 + pick(100)} where release_year is null or ${isNth('media', 'hash', pick(60))};`,
  (pick) => `update atp.media set season = ${pick(2) * 40_000} where ${isNth('media', 'hash', pick(60))};`,
  (pick) => `update atp.media set imdb_id = '${title(1 + pick(8))}' where ${isNth('media', 'hash', pick(60))};`,
  (pick) => `update atp.media set imdb_id = null where ${isNth('media', 'hash', pick(60))};`,
  (pick) => `update atp.media set tmdb_id = ${1 + pick(6)} where ${isNth('media', 'hash', pick(60))};`,
  (pick) => `update atp.media set tmdb_id = 7 - tmdb_id where tmdb_id between 1 and ${1 + pick(6)};`,
  (pick) =>
    `update atp.media set target_path = case when target_path is null then 't' end, parent_path = '/p${pick(9)}' where ${isNth('media', 'hash', pick(60))};`,
  (pick) => `update atp.media set hash = md5('${pick(1e6)}') || '01234567' where ${isNth('media', 'hash', pick(60))};`,
  (pick) =>
    `update atp.media set created_at = created_at + interval '1 day' * ${pick(2000) - 1000} where ${isNth('media', 'hash', pick(60))};`,
  (pick) =>
    `update atp.training set label = 'would_not_watch', reviewed = null, tmdb_id = null where ${isNth('training', 'imdb_id', pick(30))};`,
  (pick) => {
    const to = title(1 + pick(12))
    return `update atp.prediction set imdb_id = '${to}' where ${isNth('prediction', 'imdb_id', pick(30))} and not exists (select from atp.prediction where imdb_id = '${to}');`
  },
]

const isNth = (table: string, key: string, n: number) =>
  `${key} = (select ${key} from atp.${table} order by ${key} offset ${n} limit 1)`

test('a long random sequence of changes, copied again and again, ends like a migration from nothing each time', async ({
  database,
  twin,
}) => {
  const random = seeded(20)
  const pick = (count: number) => Math.floor(random() * count)
  await copied(database, bulk)
  for (let chunk = 0; chunk < 5; chunk++) {
    const done = Array.from({ length: 30 }, () => operations[pick(operations.length)]?.(pick) ?? '')
    if (chunk === 3) done.push('truncate atp.training;')
    await run(database, done.join('\n'))
    const [batchSize, workers] = [[3, 11, 1000][pick(3)] ?? 1, 1 + pick(2)]
    await expectAnew(database, twin, batchSize, workers)
  }
}, 120_000)

const tampering: Record<string, string> = {
  'values of every table': `
    update atp.media_metadata set media_title = 'x', tmdb_id = null, label = null;
    update atp.downloads set original_title = 'x', uploader = null;
    update atp.files set target_path = 'x';
    update atp.media_metrics set probability = 0.123`,
  'rows of every table':
    'delete from atp.media_metrics; delete from atp.files; delete from atp.downloads; delete from atp.media_metadata',
  'some rows': `
    delete from atp.media_metrics where imdb_id > (select min(imdb_id) from atp.media_metrics);
    delete from atp.files where hash > (select percentile_disc(0.5) within group (order by hash) from atp.files)`,
  'rows that nobody derives': `
    insert into atp.media_metadata (imdb_id, media_type, media_title, release_year, tmdb_id) values ('tt9999999', 'movie', 'x', 2000, 999999);
    insert into atp.downloads (hash, original_title, imdb_id) values ('${'e'.repeat(40)}', 'x', 'tt9999999'), ('${'d'.repeat(40)}', 'x', null);
    insert into atp.files (hash, imdb_id) values ('${'e'.repeat(40)}', 'tt9999999');
    insert into atp.media_metrics (imdb_id) values ('tt9999999')`,
  'rows in other families': `
    update atp.downloads set imdb_id = (select min(imdb_id) from atp.media_metadata) where imdb_id is not null;
    update atp.files set imdb_id = (select max(imdb_id) from atp.media_metadata)`,
  'rows without their family': 'update atp.downloads set imdb_id = null; update atp.files set imdb_id = null',
  'unique values in the wrong place': `
    update atp.media_metadata set tmdb_id = null;
    update atp.media_metadata set tmdb_id = (select max(tmdb_id) from atp.media) where imdb_id = (select min(imdb_id) from atp.media_metadata)`,
  'the ledger': `delete from sluice.complement where ordinal = 1; delete from sluice.quarantine`,
  'the ledger, wrongly': `
    update sluice.complement set family = 'x', kind = 'whole';
    insert into sluice.quarantine (system, relation, key, family, scope, constraint_name, sqlstate, reason)
    select 'atp', 'downloads', hash, 'x', 'value', 'downloads_imdb_id_fkey', '23503', 'x' from atp.downloads
    on conflict do nothing`,
}

describe('what was changed behind its back is put right', () => {
  for (const [name, change] of Object.entries(tampering)) {
    test(name, async ({ database, twin }) => {
      await copied(database, bulk)
      await run(database, change)
      expect((await proven(database)).identical).toBe(false)
      await expectAnew(database, twin, 12)
    })
  }
})
