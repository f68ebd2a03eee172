import { expect } from 'vitest'
import { run } from '../migration.ts'
import { expectInStep, hash, living, media, title, values } from './alive.ts'

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
