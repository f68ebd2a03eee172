import { describe, expect } from 'vitest'
import { startSync, stopSync } from '../../../scripts/engine/sync/index.ts'
import type { Scratch } from '../../support/scratch.ts'
import { contextOf, copyIn, run, verifyIn } from '../migration.ts'
import { expectInStep, living, media, title, training } from './alive.ts'

const test = living()

/*
 * A unique value of the target goes to the smallest key of those that the legacy gives it to; the others wait for it. Where
 * the target's own applications deleted a row, or gave it another value or none, it neither has what the legacy gives it nor
 * waits for it.
 */

type Given = number | null | 'nothing'

const give = (number: number, value: Given) =>
  value === 'nothing'
    ? `delete from atp.media_metadata where imdb_id = '${title(number)}'`
    : `update atp.media_metadata set tmdb_id = ${value} where imdb_id = '${title(number)}'`

const given = (number: number, value: Given) => (value === 'nothing' ? {} : { [title(number)]: value })

const values = async (database: Scratch) =>
  Object.fromEntries(
    (await run(database, 'select imdb_id, tmdb_id from atp.media_metadata')).map((row) => [row.imdb_id, row.tmdb_id]),
  )

const waiting = async (database: Scratch) =>
  (await run(database, `select key from sluice.quarantine where constraint_name = 'media_metadata_tmdb_id_key'`)).map(
    ({ key }) => key,
  )

/** Without a label the target cannot give a training row back: the legacy keeps it whole, and a write does not reach it. */
const unreached = (number: number) => training(number, { tmdb_id: 37, label: null })

for (const [other, which] of [
  [1, 'smaller'],
  [20, 'larger'],
] as const)
  for (const [own, how] of [
    [null, 'gave no number'],
    [50, 'gave another number'],
    ['nothing', 'deleted'],
  ] as const)
    describe(`a title that its own applications ${how}, beside one of a ${which} key`, () => {
      test('leaves its number to the one that comes', async ({ database }) => {
        await run(database, unreached(9))
        await run(database, give(9, own))
        await expectInStep(database)
        await run(database, media('a', other, { tmdb_id: 37 }))
        expect(await values(database)).toEqual({ ...given(9, own), [title(other)]: 37 })
        expect(await waiting(database)).toEqual([])
        await expectInStep(database)
        await run(database, `update atp.media set tmdb_id = 38 where imdb_id = '${title(other)}'`)
        expect(await values(database)).toEqual({ ...given(9, own), [title(other)]: 38 })
        await expectInStep(database)
        await run(database, 'delete from sluice.target_complement')
        expect(await verifyIn(database)).toMatchObject({ identical: false })
      })

      test('leaves its number to the one that was there', async ({ database }) => {
        await run(database, unreached(9))
        await run(database, media('a', other, { tmdb_id: 37 }))
        await run(database, give(9, own))
        await expectInStep(database)
        expect(await values(database)).toEqual({ ...given(9, own), [title(other)]: 37 })
        // who has nothing and waits is given nothing by being told so
        expect(await waiting(database)).toEqual(own === null && other === 1 ? [title(9)] : [])
        await stopSync(contextOf(database))
        await run(database, `update atp.media set tagline = 'meanwhile'`)
        await startSync(contextOf(database))
        await copyIn(database)
        await expectInStep(database)
        await run(database, `delete from atp.media where imdb_id = '${title(other)}'`)
        await expectInStep(database)
      })
    })

test('a title that waits for its number, and is written otherwise, goes on waiting', async ({ database }) => {
  await run(database, unreached(9))
  await run(database, media('a', 1, { tmdb_id: 37 }))
  await run(database, `update atp.media_metadata set tagline = 'written', tmdb_id = null where imdb_id = '${title(9)}'`)
  expect(await waiting(database)).toEqual([title(9)])
  await expectInStep(database)
  const added = `kept || '{"tmdb_id": null}', derived = derived || '{"tmdb_id": "37"}'`
  const entry = `update sluice.target_complement set kept = ${added} where key = '${title(9)}'`
  await run(database, entry)
  expect(await verifyIn(database)).toMatchObject({ shown: [{ kind: 'quarantine' }] })
  await run(database, `update sluice.target_complement set kept = kept - 'tmdb_id', derived = derived - 'tmdb_id'`)
  await run(database, `update atp.media set tmdb_id = 38`)
  expect(await values(database)).toEqual({ [title(9)]: 37, [title(1)]: 38 })
  await expectInStep(database)
})
