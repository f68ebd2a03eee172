import { describe, expect } from 'vitest'
import { status } from '../../../scripts/engine/status.ts'
import { one, run } from '../../engine/migration.ts'
import { type Scratch, test as scratch } from '../../support/scratch.ts'
import {
  contextOf,
  contractIn,
  provenAfterAll,
  provenAfterEach,
  rollbackIn,
  rowsOf,
  stateOf,
  verified,
  verifyIn,
} from './migration.ts'

const test = scratch.extend({ source: await verified() })

const uuid = (n: number) => `'e0000000-0000-4000-8000-${String(n).padStart(12, '0')}'`

const count = (database: Scratch, from: string) => one(database, `select count(*)::int from ${from}`)

/** Rows of the target that a rollback could not restore exactly, by table. */
const unheld = async (database: Scratch) => (await status(contextOf(database))).unheld

/** A title with a season, an episode, its asset, and what belongs to those, as either application would make them. */
const family = (schema: 'public' | 'retrovue', n: number) => {
  const isOld = schema === 'public'
  const label = (value: string) => (isOld ? `'${value.toUpperCase()}'` : `'${value}'`)
  return [
    `insert into ${schema}.titles (id, kind, name, external_ids) values (${uuid(n)}, ${label('show')}, 'Show ${n}', ' {"b" :1, "a": 2}')`,
    `insert into ${schema}.seasons (id, title_id, number) values (${uuid(n + 1)}, ${uuid(n)}, 1)`,
    `insert into ${schema}.episodes (id, title_id, season_id, number, name) values (${uuid(n + 2)}, ${uuid(n)}, ${uuid(n + 1)}, 1, 'One')`,
    `insert into ${schema}.assets (id, uri, size, canonical) values (${uuid(n + 3)}, 'file:///${n}', 0, false)`,
    `insert into ${schema}.episode_assets (episode_id, asset_id) values (${uuid(n + 2)}, ${uuid(n + 3)})`,
    `insert into ${schema}.markers (id, asset_id, kind, start_ms, end_ms) values (${uuid(n + 4)}, ${uuid(n + 3)}, ${label('chapter')}, 0, 10)`,
    `insert into ${schema}.review_queue (id, asset_id, reason, confidence, status) values (${uuid(n + 5)}, ${uuid(n + 3)}, 'why', 0.5, ${label('pending')})`,
    `insert into ${schema}.provider_refs (id, entity_type, entity_id, provider, provider_key, episode_id, raw)
     values (${uuid(n + 6)}, ${label('episode')}, ${uuid(n + 2)}, ${label('plex')}, 'key ${n}', ${uuid(n + 2)}, '{"index": 1, "a": 1.0}')`,
    `insert into ${schema}.sources (id, external_id, name, kind) values (${uuid(n + 7)}, 'external ${n}', 'Source', 'plex')`,
    `insert into ${schema}.source_collections (id, source_id, external_id, name, enabled) values (${uuid(n + 8)}, ${uuid(n + 7)}, '1', 'Library', true)`,
    `insert into ${schema}.path_mappings (id, collection_id, plex_path, local_path) values (${uuid(n + 9)}, ${uuid(n + 8)}, '/data', '/mnt')`,
  ]
}

describe.concurrent('what is written to one shape is in the other', () => {
  test('from the old tables', async ({ database }) => {
    await provenAfterEach(database, family('public', 100))
    expect(await run(database, `select kind, external_ids::text from retrovue.titles where id = ${uuid(100)}`)).toEqual(
      [{ kind: 'show', external_ids: '{"a": 2, "b": 1}' }],
    )
    await provenAfterEach(database, [
      `update public.titles set external_ids = '{"a": 1, "a": 2}', kind = 'MOVIE' where id = ${uuid(100)}`,
      `update public.titles set external_ids = '"\\u0000"' where id = ${uuid(100)}`,
      `update public.titles set external_ids = 'null', year = 2000 where id = ${uuid(100)}`,
      `update public.review_queue set status = 'RESOLVED', resolved_at = now() where id = ${uuid(105)}`,
      `update public.assets set size = 2147483647, discovered_at = 'infinity' where id = ${uuid(103)}`,
      // an import that runs again: the season comes twice, and an episode in it
      `insert into public.seasons (id, title_id, number) values (${uuid(1)}, ${uuid(100)}, 1), (${uuid(111)}, ${uuid(100)}, 2)`,
      `insert into public.episodes (id, title_id, season_id, number) values (${uuid(112)}, ${uuid(100)}, ${uuid(111)}, 1), (${uuid(113)}, ${uuid(100)}, ${uuid(111)}, 1)`,
      `update public.seasons set number = 1 where id = ${uuid(111)}`,
      `delete from public.seasons where id = ${uuid(1)}`,
      `update public.provider_refs set asset_id = ${uuid(103)} where id = ${uuid(106)}`,
      `update public.provider_refs set asset_id = null, provider = 'JELLYFIN' where id = ${uuid(106)}`,
      `update public.markers set end_ms = 0 where id = ${uuid(104)}`,
      `update public.markers set end_ms = 5, kind = 'OUTRO', payload = '[ 1,2]' where id = ${uuid(104)}`,
      `update public.sources set external_id = left(external_id, 200) || ' renamed', config = '{"z": 1, "a": 1}'`,
      `update public.episodes set title_id = (select id from public.titles order by id limit 1) where id = ${uuid(102)}`,
      `update public.assets set id = gen_random_uuid() where id not in (select asset_id from public.episode_assets union select asset_id from public.markers union select asset_id from public.review_queue union select asset_id from public.provider_refs where asset_id is not null)`,
    ])
    expect(await run(database, `select kind, payload::text from retrovue.markers where id = ${uuid(104)}`)).toEqual([
      { kind: 'outro', payload: '[1, 2]' },
    ])
    expect(await unheld(database)).toEqual({})
  }, 180_000)

  test('from the new tables', async ({ database }) => {
    await provenAfterEach(database, family('retrovue', 200))
    expect(
      await run(database, `select kind::text, external_ids::text from public.titles where id = ${uuid(200)}`),
    ).toEqual([{ kind: 'SHOW', external_ids: '{"a": 2, "b": 1}' }])
    await provenAfterEach(database, [
      `update retrovue.titles set external_ids = '{"b": 7}', kind = 'movie' where id = ${uuid(200)}`,
      `update retrovue.titles set external_ids = '{"written": "anew"}', year = 1984`,
      `update retrovue.review_queue set status = 'resolved', resolved_at = now() where id = ${uuid(205)}`,
      `update retrovue.assets set size = size + 1, canonical = true where id = ${uuid(203)}`,
      `update retrovue.provider_refs set raw = raw || '{"more": [1.50, null]}' where raw is not null and jsonb_typeof(raw) = 'object'`,
      `update retrovue.seasons set number = 9 where id = ${uuid(201)}`,
      `update retrovue.episodes set season_id = null, number = null where id = ${uuid(202)}`,
      `insert into retrovue.titles (kind, name) values ('movie', 'without an id')`,
    ])
    expect(await one(database, `select external_ids::text from public.titles where id = ${uuid(200)}`)).toBe(
      '{"written": "anew"}',
    )
    expect(await one(database, `select size from public.assets where id = ${uuid(203)}`)).toBe(1)
    expect(await count(database, `public.titles where name = 'without an id'`)).toBe(1)
    expect(await unheld(database)).toEqual({})
  }, 180_000)
})

describe.concurrent('a deletion takes along what belongs to it', () => {
  for (const schema of ['public', 'retrovue'] as const)
    test(`from ${schema}`, async ({ database }) => {
      await provenAfterAll(database, [...family(schema, 300), ...family(schema, 320)])
      await provenAfterEach(database, [
        `delete from ${schema}.titles where id = ${uuid(300)}`,
        `delete from ${schema}.assets where id = ${uuid(323)}`,
        `delete from ${schema}.sources where id = ${uuid(327)}`,
        `delete from ${schema}.seasons where number = 2`,
        `delete from ${schema}.titles where id in (select id from ${schema}.titles order by id limit 20)`,
        `delete from ${schema}.assets where canonical`,
        `truncate ${schema}.path_mappings`,
        `truncate ${schema}.titles cascade`,
      ])
      for (const table of ['titles', 'seasons', 'episodes', 'episode_assets', 'path_mappings'])
        expect([await count(database, `public.${table}`), await count(database, `retrovue.${table}`)]).toEqual([0, 0])
      // what was set aside only the old table has, and only who writes that can delete it
      expect(await count(database, 'retrovue.provider_refs')).toBe(0)
      expect((await count(database, 'public.provider_refs')) === 0).toBe(schema === 'public')
      expect(await count(database, 'public.assets where canonical')).toBe(0)
      expect(await unheld(database)).toEqual({})
    }, 180_000)
})

test('what the old tables cannot hold stays in the new ones, is counted, and comes over once it fits', async ({
  database,
}) => {
  await provenAfterAll(database, family('public', 400))
  await provenAfterEach(database, [
    `update retrovue.review_queue set status = 'rejected', reason = 'no' where id = ${uuid(405)}`,
    `insert into retrovue.markers (id, asset_id, kind, start_ms, end_ms) values (${uuid(414)}, ${uuid(403)}, 'ad_break', 0, 1)`,
    `insert into retrovue.provider_refs (id, entity_type, entity_id, provider, provider_key, asset_id) values (${uuid(416)}, 'asset', ${uuid(403)}, 'emby', 'k', ${uuid(403)})`,
    `insert into retrovue.assets (id, uri, size) values (${uuid(413)}, 'file:///large', 3000000000)`,
    `insert into retrovue.markers (id, asset_id, kind, start_ms, end_ms) values (${uuid(424)}, ${uuid(413)}, 'intro', 0, 1)`,
    `insert into retrovue.episode_assets values (${uuid(402)}, ${uuid(413)})`,
  ])
  expect(await unheld(database)).toEqual({
    assets: 1,
    episode_assets: 1,
    markers: 2,
    provider_refs: 1,
    review_queue: 1,
  })
  expect(await one(database, `select status::text from public.review_queue where id = ${uuid(405)}`)).toBe('PENDING')
  await provenAfterEach(database, [
    `update retrovue.assets set size = 2000000000 where id = ${uuid(413)}`,
    `update retrovue.markers set kind = 'avail' where id = ${uuid(414)}`,
    `update retrovue.provider_refs set provider = 'plex' where id = ${uuid(416)}`,
    // the last who writes a value has it
    `update public.review_queue set status = 'RESOLVED' where id = ${uuid(405)}`,
  ])
  expect(await one(database, `select status from retrovue.review_queue where id = ${uuid(405)}`)).toBe('resolved')
  expect(await count(database, `public.markers where asset_id = ${uuid(413)}`)).toBe(1)
  expect(await count(database, `public.episode_assets where asset_id = ${uuid(413)}`)).toBe(1)
  await provenAfterEach(database, [`update retrovue.review_queue set reason = 'no longer' where id = ${uuid(405)}`])
  expect(await unheld(database)).toEqual({})
}, 180_000)

test('what was written since to either shape is there after a contract and a rollback', async ({ database }) => {
  await provenAfterAll(database, [...family('public', 500).slice(0, 4), ...family('retrovue', 520).slice(0, 4)])
  await run(
    database,
    `update retrovue.review_queue set status = 'rejected' where id = (select id from retrovue.review_queue order by id limit 1)`,
  )
  expect(await verifyIn(database)).toMatchObject({ identical: true })
  const before = await rowsOf(database)
  await contractIn(database)
  await run(
    database,
    `insert into public.assets (id, uri, size) values (${uuid(540)}, 'file:///after', 1), (${uuid(541)}, 'file:///too large', 3000000000)`,
  )
  expect(await rollbackIn(database)).toMatchObject({ archived: { assets: 1, review_queue: 1 } })
  const { assets, ...others } = await rowsOf(database)
  const { assets: old, ...rest } = before
  expect(others).toEqual(rest)
  expect(assets?.filter((row) => !old?.includes(row))).toHaveLength(1)
  expect((await stateOf(database)).rows.assets).toEqual(assets)
}, 180_000)
