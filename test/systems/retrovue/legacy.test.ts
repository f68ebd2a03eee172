import { expect } from 'vitest'
import { Refusal } from '../../../scripts/errors.ts'
import { one, run } from '../../engine/migration.ts'
import { test } from '../../support/scratch.ts'
import { legacyIn, rowsOf } from './migration.ts'

test('the same options give the same bytes, and another seed others', async ({ database }) => {
  const made = await legacyIn(database)
  expect(made.tables).toMatchObject({ assets: 1000, titles: 100, sources: 100, source_collections: 300 })
  const first = await rowsOf(database)
  for (const [seed, same] of [
    [3, true],
    [4, false],
  ] as const) {
    await run(database, 'drop schema public cascade; create schema public')
    await legacyIn(database, { seed })
    expect(JSON.stringify(await rowsOf(database)) === JSON.stringify(first)).toBe(same)
  }
})

test('a thousand assets have every trap, however little dirt is asked for', async ({ database }) => {
  await legacyIn(database, { dirt: 0.001 })
  const json = (of: string) =>
    ['titles.external_ids', 'episodes.external_ids', 'provider_refs.raw', 'markers.payload', 'sources.config']
      .map((each) => each.split('.') as [string, string])
      .map(([table, column]) => `select from public.${table} where ${column}::text ${of}`)
      .join(' intersect all ')
  const traps: Record<string, string> = {
    'keys twice': json(`like '%"a": 1, "a": 2%'`),
    'keys in another order': json(`like '{"tmdb"%'`),
    'blanks and lines': json(`like E' { %\\n%'`),
    'numbers as they were written': json(`like '%100.00%'`),
    'null as a value': json(`= 'null'`),
    'two escapes that are one character': json(`like '%ud83d\\\\ude00%'`),
    'a character that no text has': json(`like '%u0000"%'`),
    'half a character': json(`like '%ud800 %'`),
    'a number beyond all bounds': json(`like '%1e400000%'`),
    'a season twice': 'select from public.seasons group by title_id, number having count(*) > 1',
    'an episode twice':
      'select from public.episodes group by season_id, number having season_id is not null and count(*) > 1',
    'an episode of another title than its season':
      'select from public.episodes as e join public.seasons as s on s.id = e.season_id where s.title_id <> e.title_id',
    'an episode of a show without a season': `select from public.episodes as e join public.titles as t on t.id = e.title_id where t.kind = 'SHOW' and e.season_id is null`,
    'the largest size': 'select from public.assets where size = 2147483647',
    'an unknown size': 'select from public.assets where size = 0',
    'times without end': `select from public.assets where discovered_at = 'infinity'`,
    'times before the era': 'select from public.titles where extract(year from created_at) < 0',
    'one file under two paths':
      'select from public.assets where hash_sha256 is not null group by hash_sha256 having count(*) > 1',
    'no reference at all': 'select from public.provider_refs where num_nonnulls(title_id, episode_id, asset_id) = 0',
    'two references': 'select from public.provider_refs where num_nonnulls(title_id, episode_id, asset_id) = 2',
    'an entity that is none of the references':
      'select from public.provider_refs where num_nonnulls(title_id, episode_id, asset_id) = 1 and entity_id <> coalesce(title_id, episode_id, asset_id)',
    'a reference of another type': `select from public.provider_refs where entity_type = 'ASSET' and asset_id is null and title_id = entity_id`,
    'a name twice': 'select from public.provider_refs group by provider, provider_key, entity_type having count(*) > 1',
    'an end before the start': 'select from public.markers where end_ms < start_ms',
    'an end at the start': 'select from public.markers where end_ms = start_ms',
    'a confidence above one': 'select from public.review_queue where confidence > 1 and confidence < 2',
    'a confidence that is no number': `select from public.review_queue where confidence = 'NaN'`,
    'a confidence below zero': 'select from public.review_queue where confidence < 0',
    'resolved without a time': `select from public.review_queue where status = 'RESOLVED' and resolved_at is null`,
    'a kind of source in capitals': `select from public.sources where kind = 'Plex'`,
    'a mapping twice': 'select from public.path_mappings group by plex_path, local_path having count(*) > 1',
    'every kind of marker': 'select from public.markers having count(distinct kind) = 5',
    'every provider': 'select from public.provider_refs having count(distinct provider) = 4',
  }
  for (const [trap, query] of Object.entries(traps))
    expect((await run(database, query)).length, trap).toBeGreaterThan(0)
})

test('without dirt every row fits, to the last byte of its json', async ({ database }) => {
  await legacyIn(database, { dirt: 0 })
  const odd = `select from public.titles where external_ids::text <> external_ids::jsonb::text
    union all select from public.provider_refs where raw::text <> raw::jsonb::text and entity_type is null
    union all select from public.markers where end_ms <= start_ms
    union all select from public.review_queue where confidence not between 0 and 1`
  expect(await run(database, odd)).toEqual([])
})

test('it is at the revision that its own tool would say, and a database that has one is refused', async ({
  database,
}) => {
  await expect(legacyIn(database, { withoutTrainingConstraints: true })).rejects.toThrow(Refusal)
  await legacyIn(database, { rows: 10 })
  expect(await one(database, 'select version_num from public.alembic_version')).toBe('a0f57a8b7188')
  await expect(legacyIn(database)).rejects.toThrow('titles already exists')
})
