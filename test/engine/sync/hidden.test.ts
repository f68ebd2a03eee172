import { expect } from 'vitest'
import { run } from '../migration.ts'
import { expectInStep, hash, insert, living, media, title, training, values } from './alive.ts'

const test = living()

/*
 * The target shows one value where the legacy has one for each row of a title; the others are kept beside it. What is
 * kept gives way where the target's own applications would not find again what they wrote, and nowhere else.
 */

test('a title that contends with another for a value makes nothing of that other one give way', async ({
  database,
}) => {
  const shown = { created_at: '2024-01-01', overview: 'shown', media_title: 'Shown', tmdb_id: 11 }
  const hidden = { created_at: '2020-01-01', overview: 'hidden', media_title: 'Hidden', tagline: 'hidden' }
  for (const text of [media('a', 1, shown), media('b', 1, hidden)]) await run(database, text)
  // refused for want of a name, and waiting for the number
  await run(database, media('c', 2, { media_title: null, overview: 'of another', tmdb_id: 11 }))
  await run(
    database,
    `insert into atp.media_metadata (imdb_id, media_type, media_title, release_year, overview)
     values ('${title(2)}', 'movie', 'Written', 2001, 'written')`,
  )
  expect(await values(database, `select overview || media_title from atp.media where hash = '${hash('c')}'`)).toEqual([
    'writtenWritten',
  ])
  expect(
    await run(database, `select overview, media_title, tagline from atp.media where hash = '${hash('b')}'`),
  ).toEqual([{ overview: 'hidden', media_title: 'Hidden', tagline: 'hidden' }])
  await expectInStep(database)
})

const inserted = (more: Record<string, string>) => {
  const row = { imdb_id: title(2), media_type: 'movie', media_title: 'Written', release_year: 2001, ...more }
  return insert('media_metadata', row)
}

const ownOfTarget = `select kept::text from sluice.target_complement where kept ?| array['overview', 'tagline']`

test('of a title that was refused, only the rows that say what it would show give way to what is written', async ({
  database,
}) => {
  const shown = { created_at: '2024-01-01', media_title: null, overview: 'shown', tagline: 'shown' }
  const older = { created_at: '2020-01-01', media_title: null, overview: 'older', tagline: 'shown' }
  for (const text of [media('a', 2, shown), media('b', 2, older)]) await run(database, text)
  await run(database, inserted({ overview: 'written', tagline: 'written' }))
  expect(await run(database, 'select media_title, overview, tagline from atp.media order by hash')).toEqual([
    { media_title: 'Written', overview: 'written', tagline: 'written' },
    { media_title: 'Written', overview: 'older', tagline: 'written' },
  ])
  expect(await run(database, ownOfTarget)).toEqual([])
  await expectInStep(database)
})

test('what shows once something else has given way gives way too', async ({ database }) => {
  const newest = { created_at: '2024-01-01', media_title: null, overview: 'of a release' }
  await run(database, 'alter table atp.training alter media_title drop not null')
  for (const text of [media('a', 2, newest), training(2, { media_title: null, overview: 'of its label' })])
    await run(database, text)
  await run(database, inserted({ label: 'would_watch' }))
  expect(await values(database, 'select overview from atp.media union all select overview from atp.training')).toEqual([
    null,
    null,
  ])
  expect(await run(database, ownOfTarget)).toEqual([])
  await expectInStep(database)
})
