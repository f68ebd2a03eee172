import postgres from 'postgres'
import { describe, expect } from 'vitest'
import { startSync, stopSync } from '../../scripts/engine/sync/index.ts'
import { contextOf, expanded } from '../engine/copying.ts'
import { copyIn, run, verifyIn } from '../engine/migration.ts'
import { codeOf } from '../engine/sync/alive.ts'
import { eventually } from '../support/processes.ts'
import { type Scratch, test as scratch } from '../support/scratch.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) =>
    use(await expanded({ rows: 0, version: 27, dirt: 0, seed: 1 })),
})

const hash = (letter: string) => letter.repeat(40)
const title = (number: number) => `tt000000${number}`

/** A release of a title; what it says of the title is its own. */
const media = (letter: string, number: number, more: Record<string, unknown> = {}) => {
  const row = {
    hash: hash(letter),
    media_type: 'movie',
    media_title: 'A title',
    release_year: 2000,
    original_title: 'a release',
    original_path: `path of ${letter}`,
    overview: `overview of ${letter}`,
    imdb_id: title(number),
    created_at: '2020-01-01',
    ...more,
  }
  return `insert into atp.media (${Object.keys(row)}) values (${Object.values(row).map((value) => `'${value}'`)})`
}

const training = (number: number) =>
  `insert into atp.training (imdb_id, label, media_type, media_title, release_year, overview)
   values ('${title(number)}', 'would_watch', 'movie', 'A title', 2000, 'overview of training')`

const start = (database: Scratch) => startSync(contextOf(database))
const legacy = async (database: Scratch, column: string) =>
  (await run(database, `select ${column} as value from atp.media order by hash`)).map(({ value }) => value)

/** The target's writer may be told to try again once the copy has come by; what it is not told is that its write is there. */
const triedAgain = async (database: Scratch, text: string) => {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      return await run(database, text)
    } catch (error) {
      if ((error as { code?: string }).code !== '40001') throw error
      await copyIn(database)
    }
  }
  throw new Error('told 40001 again and again')
}

async function expectInStep(database: Scratch) {
  expect(await verifyIn(database)).toMatchObject({ shown: [], identical: true })
}

describe('before the copy has come by', () => {
  test('a legacy write to one table of a family brings all of it, and a later write to the target keeps what rows say alone', async ({
    database,
  }) => {
    for (const text of [media('a', 1), media('b', 1), training(1)]) await run(database, text)
    await start(database)
    await run(database, `update atp.training set tagline = 'a line'`)
    await expectInStep(database)
    await run(database, `update atp.media_metadata set overview = 'new'`)
    expect(await legacy(database, 'overview')).toEqual(['new', 'overview of b'])
    expect(await run(database, 'select overview from atp.training')).toEqual([{ overview: 'overview of training' }])
    await expectInStep(database)
  })

  test('the target cannot insert a title that the legacy has: nothing of the legacy is overwritten', async ({
    database,
  }) => {
    for (const text of [media('a', 1), training(1)]) await run(database, text)
    await start(database)
    const inserting = run(
      database,
      `insert into atp.media_metadata (imdb_id, media_type, media_title, release_year, overview)
       values ('${title(1)}', 'movie', 'Another', 2001, 'overview of another')`,
    )
    await inserting.catch((error) => expect(['23505', '40001']).toContain(error.code))
    expect(await legacy(database, 'overview')).toEqual(['overview of a'])
    expect(await run(database, 'select overview from atp.training')).toHaveLength(1)
  })
})

describe('after a stop and a start, before the copy has come by again', () => {
  const prepared = async (database: Scratch, meanwhile: string) => {
    for (const text of [media('a', 1), media('b', 1), media('c', 2)]) await run(database, text)
    await start(database)
    await copyIn(database)
    await stopSync(contextOf(database))
    await run(database, meanwhile)
    await start(database)
  }
  const append = `update atp.downloads set original_path = original_path || ', and target'`

  test('a write to the target does not undo what the legacy was told meanwhile', async ({ database }) => {
    await prepared(database, `update atp.media set original_path = original_path || ', and legacy'`)
    await triedAgain(database, append)
    await copyIn(database)
    expect(await legacy(database, 'original_path')).toEqual(
      ['a', 'b', 'c'].map((letter) => `path of ${letter}, and legacy, and target`),
    )
    expect(await legacy(database, 'overview')).toEqual(['overview of a', 'overview of b', 'overview of c'])
    await expectInStep(database)
  })

  test('a write to the target does not bring back what the legacy has deleted or moved meanwhile', async ({
    database,
  }) => {
    await prepared(
      database,
      `delete from atp.media where hash = '${hash('b')}';
       update atp.media set hash = '${hash('d')}' where hash = '${hash('c')}'`,
    )
    await triedAgain(database, append)
    await copyIn(database)
    expect(await legacy(database, 'hash')).toEqual([hash('a'), hash('d')])
    expect(await legacy(database, 'overview')).toEqual(['overview of a', 'overview of c'])
    await expectInStep(database)
  })
})

describe('an insert into the target, of a family of which the legacy has deleted everything meanwhile', () => {
  const release = (number: number) =>
    `insert into atp.downloads (hash, original_title, imdb_id) values ('${hash('e')}', 'new', '${title(number)}')`
  const metric = (number: number) =>
    `insert into atp.media_metrics (imdb_id, prediction, probability, cm_value) values ('${title(number)}', 1, 0.5, 'tp')`

  test.for([
    ['a release, where something was kept of the family', release(1)],
    ['a release, where nothing was kept', release(2)],
    ['a metric, where something was kept of the family', metric(1)],
    ['a metric, where nothing was kept', metric(2)],
  ] as const)('%s: brings nothing of it back', async ([, text], { database }) => {
    for (const each of [media('a', 1), media('b', 1), media('c', 2), media('d', 3), training(1)])
      await run(database, each)
    await start(database)
    await copyIn(database)
    expect(await run(database, 'select distinct family from sluice.complement')).toEqual([{ family: title(1) }])
    await stopSync(contextOf(database))
    await run(database, `delete from atp.media where hash <> '${hash('d')}'; delete from atp.training`)
    await start(database)
    expect(await codeOf(run(database, text))).toBe('23503')
    expect(await legacy(database, 'hash')).toEqual([hash('d')])
    await copyIn(database)
    expect(await legacy(database, 'hash')).toEqual([hash('d')])
    await expectInStep(database)
  })
})

describe('what was done to the legacy between a stop and a start', () => {
  const prepared = async (database: Scratch, before: readonly string[], meanwhile: string) => {
    for (const text of [media('a', 1), media('b', 1), media('c', 2), ...before]) await run(database, text)
    await start(database)
    await copyIn(database)
    await stopSync(contextOf(database))
    await run(database, meanwhile)
    await start(database)
  }

  test('a row that is moved to another family is not written over', async ({ database }) => {
    await prepared(database, [], `update atp.media set original_path = original_path || ', and legacy'`)
    // which brings the family that it moves to, and not the one that it comes from
    await run(database, `update atp.media set uploader = 'c' where imdb_id = '${title(2)}'`)
    const moving = `
      update atp.downloads
      set original_path = original_path || ', and target', imdb_id = '${title(2)}'
      where hash = '${hash('a')}'`
    expect(await codeOf(run(database, moving))).toBe('40001')
    await triedAgain(database, moving)
    expect((await legacy(database, 'original_path'))[0]).toBe('path of a, and legacy, and target')
    await copyIn(database)
    await expectInStep(database)
  })

  test('a row is not deleted as it no longer was', async ({ database }) => {
    await prepared(database, [], `update atp.media set original_path = original_path || ', and legacy'`)
    const deleting = `delete from atp.downloads where hash = '${hash('a')}' returning original_path`
    expect(await codeOf(run(database, deleting))).toBe('40001')
    expect(await triedAgain(database, deleting)).toEqual([{ original_path: 'path of a, and legacy' }])
    await copyIn(database)
    await expectInStep(database)
  })

  test('a row is not deleted twice', async ({ database }) => {
    await prepared(database, [], `delete from atp.media where hash = '${hash('a')}'`)
    const deleting = `delete from atp.downloads where hash = '${hash('a')}' returning hash`
    expect(await codeOf(run(database, deleting))).toBe('40001')
    expect(await triedAgain(database, deleting)).toEqual([])
  })

  test('a row that the target alone has may be deleted all the while', async ({ database }) => {
    for (const text of [media('a', 1), media('b', 2)]) await run(database, text)
    await start(database)
    await copyIn(database)
    await run(
      database,
      `insert into atp.files (hash, target_path, imdb_id) values ('${hash('f')}', 'own', '${title(1)}')`,
    )
    await stopSync(contextOf(database))
    await start(database)
    await run(database, `delete from atp.files where hash = '${hash('f')}'`)
    await copyIn(database)
    expect(await run(database, 'select from atp.files')).toEqual([])
    await expectInStep(database)
  })

  test('a row stays gone of which the target has a column of its own', async ({ database }) => {
    const placed = { parent_path: '/library', target_path: 'f', resolution: '1080p' }
    await prepared(database, [media('d', 1, placed)], 'select')
    await copyIn(database)
    await run(database, `update atp.files set resolution = '720p'`)
    await stopSync(contextOf(database))
    await run(database, `delete from atp.media where hash = '${hash('d')}'`)
    await start(database)
    await triedAgain(database, `update atp.downloads set uploader = 'new' where hash = '${hash('a')}'`)
    expect(await run(database, 'select from atp.files')).toEqual([])
    expect(await legacy(database, 'hash')).toEqual([hash('a'), hash('b'), hash('c')])
    await copyIn(database)
    await expectInStep(database)
  })

  test('a family that a write reaches by a unique value alone is not taken for written', async ({ database }) => {
    await prepared(
      database,
      [media('d', 3, { tmdb_id: 7 }), media('e', 4, { tmdb_id: 8 }), training(4)],
      `truncate atp.training;
       update atp.media set tmdb_id = 8 where hash = '${hash('d')}';
       update atp.media set season = 40000 where hash = '${hash('e')}'`,
    )
    await triedAgain(database, `update atp.downloads set uploader = 'new' where hash = '${hash('d')}'`)
    expect(await run(database, 'select from atp.training')).toEqual([])
    await copyIn(database)
    expect(await run(database, 'select from atp.training')).toEqual([])
    await expectInStep(database)
  })

  test('what Sluice brought over is not taken for the target’s own', async ({ database }) => {
    await prepared(database, [], `update atp.media set original_path = original_path || ', and legacy'`)
    await triedAgain(database, `update atp.media_metadata set tagline = 'new' where imdb_id = '${title(1)}'`)
    expect(await run(database, 'select relation, key, kept from sluice.target_complement')).toEqual([])
    await copyIn(database)
    await expectInStep(database)
  })

  test('a snapshot from before the start carries nothing: what it does not see, no trigger tells', async ({
    database,
  }) => {
    for (const text of [media('a', 1), training(1)]) await run(database, text)
    const early = postgres(database.url, { max: 1, onnotice: () => {} })
    try {
      await early.unsafe('begin isolation level repeatable read')
      await early.unsafe('select from atp.media')
      await run(database, `update atp.training set overview = 'unheard'`)
      await start(database)
      expect(await codeOf(early.unsafe(`update atp.media set tagline = 'early'`))).toBe('40001')
      await early.unsafe('rollback')
    } finally {
      await early.end({ timeout: 1 })
    }
    await triedAgain(database, `update atp.media set tagline = 'later'`)
    await triedAgain(database, `update atp.media_metadata set label = 'would_not_watch'`)
    expect(await run(database, 'select overview from atp.training')).toEqual([{ overview: 'unheard' }])
    await copyIn(database)
    await expectInStep(database)
  })
})

describe('while both shapes are alive', () => {
  test('a title that becomes unfit alone takes nothing with it but what refers to it', async ({ database }) => {
    await run(database, media('a', 1))
    await start(database)
    await copyIn(database)
    await run(database, `update atp.media set season = 40000, original_path = 'new'`)
    expect(await run(database, 'select scope, constraint_name as by from sluice.quarantine order by 2')).toEqual([
      { scope: 'value', by: 'downloads_imdb_id_fkey' },
      { scope: 'row', by: 'media_metadata_season_type' },
    ])
    expect(await run(database, 'select original_path, imdb_id from atp.downloads')).toEqual([
      { original_path: 'new', imdb_id: null },
    ])
    await expectInStep(database)
  })

  test('of two titles that are given one number at once, both stay in the target', async ({ database }) => {
    for (const text of [media('a', 1, { tmdb_id: 6 }), media('b', 2, { tmdb_id: 7 })]) await run(database, text)
    await start(database)
    await copyIn(database)
    const [one, other] = [1, 2].map(() => postgres(database.url, { max: 1, onnotice: () => {} })) as [
      postgres.Sql,
      postgres.Sql,
    ]
    try {
      await one.unsafe('begin')
      await one.unsafe(`update atp.media set tmdb_id = 5 where hash = '${hash('b')}'`)
      const waiting = other.unsafe(`update atp.media set tmdb_id = 5 where hash = '${hash('a')}'`).then(
        () => 'done',
        (error) => error.code,
      )
      await eventually(
        async () =>
          (
            await run(
              database,
              `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
            )
          ).length > 0,
      )
      await one.unsafe('commit')
      expect(['done', '40001', '40P01']).toContain(await waiting)
    } finally {
      for (const each of [one, other]) await each.end({ timeout: 1 })
    }
    expect(await run(database, `select from sluice.quarantine where scope = 'family'`)).toEqual([])
    expect(await run(database, 'select from atp.downloads')).toHaveLength(2)
    await expectInStep(database)
  })

  test('a legacy write is never refused by the target: a title goes to which a file of the target alone refers', async ({
    database,
  }) => {
    await run(database, media('a', 1))
    await start(database)
    await copyIn(database)
    await run(
      database,
      `insert into atp.files (hash, target_path, imdb_id) values ('${hash('f')}', 'own', '${title(1)}')`,
    )
    await run(database, 'update atp.media set media_title = null')
    expect(await run(database, 'select target_path from atp.files')).toEqual([{ target_path: 'own' }])
    await expectInStep(database)
  })
})
