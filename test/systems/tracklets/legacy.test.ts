import { expect } from 'vitest'
import { Refusal } from '../../../scripts/errors.ts'
import { run } from '../../engine/migration.ts'
import { test } from '../../support/scratch.ts'
import { legacyIn, rowsOf } from './migration.ts'

test('the same options give the same bytes, and another seed others', async ({ database }) => {
  const made = await legacyIn(database)
  expect(made.tables).toMatchObject({ tracklets: 1000, associations: 500, videos: 250 })
  const first = await rowsOf(database)
  for (const [seed, same] of [
    [3, true],
    [4, false],
  ] as const) {
    await run(database, 'drop schema public cascade; create schema public')
    await legacyIn(database, { seed })
    expect(JSON.stringify(await rowsOf(database)) === JSON.stringify(first)).toBe(same)
  }
  await expect(legacyIn(database)).rejects.toThrow(Refusal)
})

test('a thousand tracklets have every trap, however little dirt is asked for', async ({ database }) => {
  await legacyIn(database, { dirt: 0.001 })
  const ends = (which: string) =>
    `select from public.associations as a join public.tracklets as f on f.id = from_tracklet_id join public.tracklets as t on t.id = to_tracklet_id where ${which}`
  const traps: Record<string, string> = {
    'an end before the beginning': 'select from public.tracklets where t_out < t_in',
    'times without end': `select from public.tracklets where t_in = '-infinity' or t_out = 'infinity'`,
    'times before the era': `select from public.tracklets where isfinite(t_in) and extract(year from t_in) < 0`,
    'a quality above one': 'select from public.tracklets where quality > 1 and quality < 2',
    'a quality below zero': 'select from public.tracklets where quality < 0',
    'a quality that is no number': `select from public.tracklets where quality = 'NaN'`,
    'a quality of more digits than four': `select from public.tracklets where quality::text ~ '\\.\\d{5}'`,
    'a number of a way below zero': 'select from public.tracklets where track_id < 0',
    'a way twice': 'select from public.tracklets group by video_id, track_id having count(*) > 1',
    'no numbers at all': `select from public.tracklets where outfit_vec = '{}'`,
    'a number that is none': `select from public.tracklets where 'NaN' = any (outfit_vec) and 'Infinity' = any (outfit_vec)`,
    'a null among the numbers':
      'select from public.tracklets where exists (select from unnest(outfit_vec) as e where e is null)',
    'two dimensions': 'select from public.tracklets where array_ndims(outfit_vec) = 2',
    'another first subscript': 'select from public.tracklets where array_lower(outfit_vec, 1) = 5',
    'a long vector': 'select from public.tracklets where cardinality(outfit_vec) = 512',
    'an association with itself': ends('f.id = t.id'),
    'an association of two that are both set aside': ends('f.id <> t.id and f.quality > 1 and t.quality < 0'),
    'a pair twice': 'select from public.associations group by from_tracklet_id, to_tracklet_id having count(*) > 1',
  }
  for (const [trap, query] of Object.entries(traps))
    expect((await run(database, query)).length, trap).toBeGreaterThan(0)
})

test('without dirt every row fits', async ({ database }) => {
  await legacyIn(database, { dirt: 0 })
  const odd = `select from public.tracklets
    where not (t_in <= t_out and isfinite(t_in) and isfinite(t_out) and track_id > 0 and quality between 0 and 1)
      or quality <> round(quality::numeric, 4)
      or array_dims(outfit_vec) <> '[1:3]'`
  expect(await run(database, odd)).toEqual([])
})
