import { describe, expect } from 'vitest'
import { startSync, stopSync } from '../../../scripts/engine/sync/index.ts'
import type { Scratch } from '../../support/scratch.ts'
import { test as scratch } from '../../support/scratch.ts'
import { contextOf, copied, expanded, inBatches, made, proven, targetTables } from '../copying.ts'
import { run } from '../migration.ts'
import { asApplication, hash, media, title, training } from './alive.ts'
import { collisions } from './collisions.ts'

const of = (name: () => Promise<string>) =>
  scratch.extend({ source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await name()) })

const ledger = ['complement', 'quarantine', 'target_complement', 'family', 'shard'].map((name) => `sluice.${name}`)
const target = targetTables.map((name) => `atp.${name}`)

/** As if nothing had been copied, and nobody kept the shapes in step. */
async function forget(database: Scratch): Promise<void> {
  await stopSync(contextOf(database))
  await run(database, `select set_config('sluice.writing', 'on', true); truncate ${[...target, ...ledger]} cascade`)
}

/** What a first copy makes while both shapes are kept in step. */
async function madeAlive(database: Scratch, batchSize: number, before = ''): Promise<Record<string, string[]>> {
  await startSync(contextOf(database))
  if (before) await run(database, before)
  await copied(database, inBatches(batchSize))
  expect(await proven(database)).toMatchObject({ shown: [], identical: true })
  return made(database)
}

/** The same but for the words. */
const withoutReasons = ({ quarantine = [], ...rest }: Record<string, string[]>) => ({
  ...rest,
  quarantine: quarantine
    .map((row) => row.replace(/,"?[^,"]*(refers to no row|violates|is null|fit|taken)[^{]*/, ','))
    .sort(),
})

describe('a first copy while both shapes are kept in step makes what a copy without that makes', () => {
  const dirty = of(() => expanded({ rows: 60, version: 23, dirt: 0.6, seed: 11 }))
  for (const size of [1, 7, 2000])
    dirty(`of a dirty legacy, in batches of ${size}`, async ({ database }) => {
      await copied(database, inBatches(size))
      const expected = withoutReasons(await made(database))
      expect(expected.quarantine.length).toBeGreaterThan(10)
      await forget(database)
      expect(withoutReasons(await madeAlive(database, size))).toEqual(expected)
    })

  const empty = of(() => expanded({ rows: 0, version: 23, dirt: 0, seed: 1 }))
  empty('of rows that collide in everything, again and again', async ({ database }) => {
    let state = 7
    const random = () => {
      state = (state * 48_271) % 2_147_483_647
      return state / 2_147_483_647
    }
    const pools = { hashes: [...'abcdefghij'].map(hash), titles: [1, 2, 3, 4, 5, 6, 7].map(title) }
    const next = collisions(pools, random)
    for (let round = 0; round < 4; round++) {
      await asApplication(database, async (session) => {
        for (let i = 0; i < 60; i++) {
          const { side, text } = next()
          if (side === 'legacy') await session.unsafe(text).catch(() => {})
        }
      })
      const size = [1, 2000][round % 2] as number
      await copied(database, inBatches(size))
      const expected = withoutReasons(await made(database))
      await forget(database)
      expect(withoutReasons(await madeAlive(database, size)), `round ${round}`).toEqual(expected)
      await forget(database)
    }
  })

  empty(
    'where a value that must be unique is claimed in one batch, and by whom it goes to in another',
    async ({ database }) => {
      const claim = (letter: string, number: number) => [
        media(letter, number),
        `update atp.media set tmdb_id = 42 where hash = '${hash(letter)}'`,
      ]
      await run(database, [...claim('a', 2), ...claim('b', 1), ...claim('c', 3), media('d', 4)].join(';'))
      for (const size of [1, 2000]) {
        await madeAlive(database, size)
        expect(await run(database, 'select imdb_id from atp.media_metadata where tmdb_id = 42')).toEqual([
          { imdb_id: title(1) },
        ])
        expect(await run(database, 'select key from sluice.quarantine order by 1')).toEqual([
          { key: title(2) },
          { key: title(3) },
        ])
        await forget(database)
      }
    },
  )

  empty('but for a family that is refused in a way nobody declared, which is set aside alone', async ({ database }) => {
    await run(
      database,
      [...'abcdef'].map((letter, i) => media(letter, i + 1, { media_title: letter })).join(';') +
        `; alter table atp.media_metadata add constraint by_hand check (media_title <> 'c')`,
    )
    await madeAlive(database, 2000)
    expect(await run(database, 'select family, scope, constraint_name from sluice.quarantine')).toEqual([
      { family: title(3), scope: 'family', constraint_name: 'by_hand' },
    ])
    expect(await run(database, 'select media_title from atp.media_metadata order by 1')).toEqual(
      [...'abdef'].map((letter) => ({ media_title: letter })),
    )
  })
})

describe('what applications have written between the start of sync and the copy stays', () => {
  const empty = of(() => expanded({ rows: 0, version: 23, dirt: 0, seed: 1 }))
  const rows = [...'abcdef'].map((letter, i) => media(letter, i + 1)).join(';')

  empty('on either side, in one batch with families that nobody has touched', async ({ database }) => {
    await run(database, `${rows}; ${training(1)}; ${training(2)}`)
    await madeAlive(
      database,
      2000,
      `update atp.media set uploader = 'legacy' where hash = '${hash('b')}';
       insert into atp.media_metadata (imdb_id, media_type, media_title, release_year)
       values ('${title(77)}', 'movie', 'of its own', 2001)`,
    )
    expect(await run(database, `select uploader from atp.downloads where hash = '${hash('b')}'`)).toEqual([
      { uploader: 'legacy' },
    ])
    expect(await run(database, `select media_title from atp.media_metadata where imdb_id = '${title(77)}'`)).toEqual([
      { media_title: 'of its own' },
    ])
    for (const letter of 'acdef') {
      expect(await run(database, `select 1 as one from atp.downloads where hash = '${hash(letter)}'`)).toEqual([
        { one: 1 },
      ])
    }
  })

  empty('and a value that only the target has is not taken from it', async ({ database }) => {
    await run(database, `${rows}; update atp.media set tmdb_id = 42 where hash = '${hash('c')}'`)
    await madeAlive(
      database,
      2000,
      `insert into atp.media_metadata (imdb_id, tmdb_id, media_type, media_title, release_year)
       values ('${title(77)}', 42, 'movie', 'of its own', 2001)`,
    )
    expect(await run(database, 'select imdb_id from atp.media_metadata where tmdb_id = 42')).toEqual([
      { imdb_id: title(77) },
    ])
  })
})
