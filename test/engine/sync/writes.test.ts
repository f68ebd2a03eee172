import { describe, expect } from 'vitest'
import { status } from '../../../scripts/engine/status.ts'
import { type Scratch, scratchDatabase } from '../../support/scratch.ts'
import { contextOf, one, run, sharing } from '../migration.ts'
import { alive, asApplication, expectInStep, hash, media, seed, title, training, values, writeOwn } from './alive.ts'

/** One database for all: each test begins with nothing in either shape, and with what the ledger made of those before. */
const empty = sharing(async () => scratchDatabase(await alive())).extend<{ database: Scratch }>({
  database: async ({ shared }, use) => {
    await run(shared, 'truncate atp.media, atp.training, atp.prediction; truncate atp.media_metadata cascade')
    for (const ledger of ['complement', 'target_complement', 'quarantine'])
      expect(await values(shared, `select key from sluice.${ledger}`)).toEqual([])
    await use(shared)
  },
})

/** The columns of media, but for its key, as the pipeline names them all. */
const everyOther = async (database: Scratch) =>
  (
    await values(
      database,
      `select quote_ident(attname) || ' = excluded.' || quote_ident(attname)
       from pg_attribute
       where attrelid = 'atp.media'::regclass and attnum > 0 and not attisdropped and attname <> 'hash'`,
    )
  ).join(', ')

/** Every shape of a write that the owner's applications use, each with what the target shows afterwards. */
const shapes: [name: string, texts: string[], shows: string, expected: unknown[]][] = [
  [
    'a multi-row INSERT',
    [
      `insert into media (hash, media_type, original_title, imdb_id, media_title, release_year) values
       ('${hash('e')}', 'movie', 'e', '${title(5)}', 'E', 2001), ('${hash('f')}', 'movie', 'f', null, null, null)`,
    ],
    `select original_title from atp.downloads where original_title in ('e', 'f') order by 1`,
    ['e', 'f'],
  ],
  [
    'INSERT … SELECT',
    [
      `insert into media (hash, media_type, original_title) select repeat(x, 40), 'movie', x from unnest('{e,f}'::text[]) as x`,
    ],
    `select original_title from atp.downloads where original_title in ('e', 'f') order by 1`,
    ['e', 'f'],
  ],
  [
    'INSERT … ON CONFLICT … WHERE on training',
    [training(1, { label: 'would_not_watch', human_labeled: true }), training(2, { label: 'would_not_watch' })].map(
      (text) =>
        `${text} on conflict (imdb_id) do update set label = excluded.label where training.human_labeled = false`,
    ),
    'select label::text from atp.media_metadata order by imdb_id',
    ['would_not_watch', 'would_not_watch'],
  ],
  [
    'UPDATE … WHERE hash IN',
    [`update media set pipeline_status = 'complete' where hash in ('${hash('a')}', '${hash('d')}')`],
    'select pipeline_status::text from atp.downloads order by hash',
    ['complete', 'ingested', 'ingested', 'complete'],
  ],
  [
    'a soft delete',
    [`update media set deleted_at = now() where hash in ('${hash('a')}')`],
    `select rejection_reason from atp.downloads where rejection_status = 'rejected'`,
    ['user deletion'],
  ],
  [
    'a hard DELETE',
    [`delete from media where hash in ('${hash('a')}', '${hash('b')}')`, 'delete from training'],
    'select imdb_id from atp.media_metadata',
    [title(2)],
  ],
  [
    'UPDATE … FROM',
    ['update media set media_title = p.cm_value from prediction as p where p.imdb_id = media.imdb_id'],
    'select media_title from atp.media_metadata order by imdb_id',
    ['tp', 'A title'],
  ],
  [
    'DELETE … USING',
    ['delete from media using prediction as p where p.imdb_id = media.imdb_id'],
    'select hash from atp.downloads order by 1',
    [hash('c'), hash('d')],
  ],
  [
    'a common table expression that writes two tables',
    [
      `with gone as (delete from prediction returning imdb_id)
       update training set label = 'would_not_watch' from gone where gone.imdb_id = training.imdb_id`,
    ],
    'select label::text from atp.media_metadata where imdb_id not in (select imdb_id from atp.media_metrics) order by imdb_id',
    ['would_not_watch', null],
  ],
  [
    'a transaction over several tables',
    [
      'begin',
      `update training set label = 'would_not_watch', human_labeled = true, updated_at = now() where imdb_id = '${title(1)}'`,
      'delete from prediction',
      `update media set imdb_id = '${title(2)}' where hash = '${hash('a')}'`,
      'commit',
    ],
    'select imdb_id from atp.downloads where imdb_id is not null order by hash',
    [title(2), title(1), title(2)],
  ],
  [
    'a savepoint and ROLLBACK TO',
    [
      'begin',
      `update media set uploader = 'kept'`,
      'savepoint here',
      'delete from media',
      `update training set label = 'would_not_watch'`,
      'rollback to here',
      `update media set original_path = 'kept too' where hash = '${hash('a')}'`,
      'commit',
    ],
    `select uploader || coalesce(original_path, '') from atp.downloads order by hash`,
    ['keptkept too', 'kept', 'kept', 'kept'],
  ],
  [
    'a transaction that is rolled back',
    ['begin', 'delete from media', 'truncate training, prediction', 'rollback'],
    'select count(*)::int from atp.downloads',
    [4],
  ],
  [
    'TRUNCATE of several tables',
    ['truncate media, training, prediction'],
    'select (select count(*) from atp.downloads)::int + (select count(*) from atp.media_metadata)::int',
    [0],
  ],
  [
    'a write of no row',
    [`update media set uploader = 'nobody' where false`],
    'select uploader from atp.downloads limit 1',
    [null],
  ],
]

describe('a write of the legacy applications works unchanged, and the target has it', () => {
  for (const [name, texts, shows, expected] of shapes)
    empty(name, async ({ database }) => {
      await seed(database)
      await asApplication(database, async (session) => {
        for (const text of texts) await session.unsafe(text)
      })
      expect(await values(database, shows)).toEqual(expected)
      await expectInStep(database)
    })

  empty('INSERT … ON CONFLICT DO UPDATE of every other column', async ({ database }) => {
    await seed(database)
    const text = `${media('a', 2, { uploader: 'again' })} on conflict (hash) do update set ${await everyOther(database)}`
    await asApplication(database, (session) => session.unsafe(text))
    expect(await run(database, `select uploader, imdb_id from atp.downloads where hash = '${hash('a')}'`)).toEqual([
      { uploader: 'again', imdb_id: title(2) },
    ])
    await expectInStep(database)
  })

  empty('COPY', async ({ database }) => {
    await asApplication(database, async (session) => {
      const stream =
        await session`copy media (hash, media_type, original_title, imdb_id, media_title, release_year) from stdin`.writable()
      const row = (letter: string) => `${hash(letter)}\tmovie\t${letter}\t${title(1)}\tA\t2000\n`
      stream.write(row('a'))
      stream.end(row('b'))
      await new Promise((resolve, reject) => stream.on('finish', resolve).on('error', reject))
    })
    expect(await values(database, 'select original_title from atp.downloads order by 1')).toEqual(['a', 'b'])
    await expectInStep(database)
  })

  empty('prepared statements, more often than a plan stays custom', async ({ database }) => {
    await seed(database)
    await asApplication(database, async (session) => {
      for (let i = 0; i < 12; i++)
        await session`update media set uploader = ${`n${i}`} where hash in (${hash('a')}, ${hash('c')})`
    })
    expect(await values(database, 'select uploader from atp.downloads order by hash')).toEqual([
      'n11',
      null,
      'n11',
      null,
    ])
    await expectInStep(database)
  })

  empty('MERGE', async ({ database, skip }) => {
    skip(database.connection.serverVersion < 150000, 'the server has no MERGE')
    await seed(database)
    await asApplication(database, (session) =>
      session.unsafe(
        `merge into media as m
         using (values ('${hash('a')}'), ('${hash('b')}'), ('${hash('e')}')) as n(hash)
         on m.hash = n.hash
         when matched and m.hash = '${hash('a')}' then delete
         when matched then update set uploader = 'merged'
         when not matched then insert (hash, media_type, original_title) values (n.hash, 'movie', 'merged')`,
      ),
    )
    expect(
      await run(database, `select hash, uploader from atp.downloads where hash <> '${hash('c')}' order by hash`),
    ).toEqual([
      { hash: hash('b'), uploader: 'merged' },
      { hash: hash('d'), uploader: null },
      { hash: hash('e'), uploader: null },
    ])
    await expectInStep(database)
  })

  empty('what the target refuses is quarantined, and does not fail', async ({ database }) => {
    await seed(database)
    const refused = [
      `update media set media_title = null where imdb_id = '${title(2)}'`,
      'update prediction set probability = 7',
      `update media set season = 99999 where imdb_id = '${title(2)}'`,
      `${media('e', 5, { tmdb_id: 7 })}`,
      `${media('f', 6, { tmdb_id: 7 })}`,
    ]
    for (const text of refused) {
      await asApplication(database, (session) => session.unsafe(text))
      await expectInStep(database)
    }
    const aside = await values(database, 'select distinct constraint_name from sluice.quarantine order by 1')
    expect(aside).toContain('media_metadata_tmdb_id_key')
    expect(aside).toContain('media_metrics_probability_check')
    await run(database, `update atp.media set season = null, media_title = 'A title'`)
    await run(database, 'update atp.prediction set probability = 0.7')
    await run(database, `delete from atp.media where hash = '${hash('e')}'`)
    expect(await values(database, 'select constraint_name from sluice.quarantine')).toEqual([])
    expect(await values(database, `select tmdb_id from atp.media_metadata where imdb_id = '${title(6)}'`)).toEqual([7])
    await expectInStep(database)
  })
})

/** Every shape of a write that the target's applications use, each with what the legacy shows afterwards. */
const targetShapes: [name: string, texts: string[], shows: string, expected: unknown[]][] = [
  [
    'INSERT into downloads',
    [
      `insert into downloads (hash, original_title, imdb_id) values ('${hash('e')}', 'e', '${title(2)}'), ('${hash('f')}', 'f', null)`,
    ],
    `select media_title from atp.media where hash in ('${hash('e')}', '${hash('f')}') order by hash`,
    ['A title'],
  ],
  [
    'UPDATE of downloads',
    [`update downloads set uploader = 'new' where hash in ('${hash('a')}', '${hash('d')}')`],
    'select uploader from atp.media order by hash',
    ['new', null, null, 'new'],
  ],
  [
    'DELETE from downloads',
    [`delete from downloads where hash in ('${hash('b')}', '${hash('d')}')`],
    'select hash from atp.media order by hash',
    [hash('a'), hash('c')],
  ],
  ['TRUNCATE of downloads', ['truncate downloads'], 'select hash from atp.media', []],
  [
    'INSERT into files',
    [`insert into files (hash, parent_path, target_path, imdb_id) values ('${hash('a')}', '/p', 't', '${title(1)}')`],
    'select target_path from atp.media order by hash',
    ['t', null, null, null],
  ],
  [
    'UPDATE of files',
    [
      `insert into files (hash, parent_path, target_path) values ('${hash('d')}', '/p', 't')`,
      `update files set target_path = 'u'`,
    ],
    `select target_path from atp.media where target_path is not null`,
    ['u'],
  ],
  [
    'DELETE from files',
    [`insert into files (hash, parent_path, target_path) values ('${hash('d')}', '/p', 't')`, 'delete from files'],
    'select target_path from atp.media where target_path is not null',
    [],
  ],
  [
    'TRUNCATE of files',
    [`insert into files (hash, parent_path, target_path) values ('${hash('d')}', '/p', 't')`, 'truncate files'],
    'select target_path from atp.media where target_path is not null',
    [],
  ],
  [
    'INSERT into media_metadata',
    [
      `insert into media_metadata (imdb_id, media_type, media_title, release_year, label) values
       ('${title(7)}', 'movie', 'Seven', 2007, 'would_watch')`,
    ],
    `select media_title from atp.training where imdb_id = '${title(7)}'`,
    ['Seven'],
  ],
  [
    'UPDATE of media_metadata',
    [`update media_metadata set media_title = 'New', label = 'would_not_watch' where imdb_id = '${title(1)}'`],
    `select media_title from atp.media where imdb_id = '${title(1)}'
     union all
     select media_title from atp.training
     union all
     select label::text from atp.training`,
    ['New', 'New', 'New', 'would_not_watch'],
  ],
  [
    'DELETE from media_metadata',
    [`delete from media_metrics`, `update downloads set imdb_id = null`, `delete from media_metadata`],
    `select imdb_id from atp.training union all select imdb_id from atp.prediction`,
    [],
  ],
  [
    'TRUNCATE of media_metadata and all that refer to it',
    ['truncate media_metadata cascade'],
    `select imdb_id from atp.training union all select imdb_id from atp.prediction union all select hash from atp.media`,
    [],
  ],
  [
    'INSERT into media_metrics',
    [`insert into media_metrics (imdb_id, prediction, probability, cm_value) values ('${title(2)}', 0, 0.250, 'tn')`],
    'select probability::text from atp.prediction order by imdb_id',
    ['0.5', '0.250'],
  ],
  [
    'UPDATE of media_metrics',
    ['update media_metrics set probability = 1.00'],
    'select probability::text from atp.prediction',
    ['1.00'],
  ],
  ['DELETE from media_metrics', ['delete from media_metrics'], 'select imdb_id from atp.prediction', []],
  ['TRUNCATE of media_metrics', ['truncate media_metrics'], 'select imdb_id from atp.prediction', []],
]

describe('a write of the target applications works, and the legacy has it', () => {
  for (const [name, texts, shows, expected] of targetShapes)
    empty(name, async ({ database }) => {
      await seed(database)
      await asApplication(database, async (session) => {
        for (const text of texts) await session.unsafe(text)
      })
      expect(await values(database, shows)).toEqual(expected)
      await expectInStep(database)
    })

  empty('what the legacy cannot hold is kept in the ledger, and counted', async ({ database }) => {
    await seed(database)
    await writeOwn(database)
    expect(
      await run(
        database,
        'select relation, key, kind, kept ->> $$confirmed$$ as confirmed from sluice.target_complement order by 1, 2',
      ),
    ).toEqual([
      { relation: 'files', key: hash('e'), kind: 'whole', confirmed: null },
      { relation: 'media_metadata', key: title(1), kind: 'part', confirmed: 'true' },
      { relation: 'media_metadata', key: title(7), kind: 'whole', confirmed: 'false' },
    ])
    expect((await status(contextOf(database))).unheld).toEqual({ files: 1, media_metadata: 2 })
    await expectInStep(database)
    await run(database, training(7, { media_title: 'Labelled' }))
    expect(await one(database, `select media_title from atp.media_metadata where imdb_id = '${title(7)}'`)).toBe(
      'Labelled',
    )
    await expectInStep(database)
  })
})
