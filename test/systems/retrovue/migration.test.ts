import { describe, expect } from 'vitest'
import { contract } from '../../../scripts/engine/contract/index.ts'
import { plan } from '../../../scripts/engine/preflight/index.ts'
import { status } from '../../../scripts/engine/status.ts'
import { stopSync } from '../../../scripts/engine/sync/index.ts'
import { catalogsOf } from '../../engine/catalogs.ts'
import { one, run } from '../../engine/migration.ts'
import { type Scratch, test } from '../../support/scratch.ts'
import {
  contextOf,
  contractIn,
  copyIn,
  expandIn,
  legacyIn,
  names,
  rollbackIn,
  rowsOf,
  stateOf,
  syncIn,
  verified,
  verifyIn,
} from './migration.ts'

/** A legacy that is kept in step, copied and proven. */
const proven = test.extend({ source: await verified() })

/** The target's rows as SQL by hand says that they must be. */
const expected: Record<string, string> = {
  titles: `select id, lower(kind::text), name, year, case when external_ids::text !~ '1e400000|"s": ".u0000"|ud800 ' then external_ids::jsonb end, created_at from public.titles`,
  seasons: 'select * from public.seasons',
  episodes: `select id, title_id, season_id, number, name, case when external_ids::text !~ '1e400000|"s": ".u0000"|ud800 ' then external_ids::jsonb end, created_at from public.episodes`,
  assets:
    'select id, uri, size::bigint, duration_ms, video_codec, audio_codec, container, hash_sha256, discovered_at, canonical from public.assets',
  episode_assets: 'select * from public.episode_assets',
  provider_refs: `select id, lower(entity_type::text), entity_id, lower(provider::text), provider_key, case when raw::text !~ '1e400000|"s": ".u0000"|ud800 ' then raw::jsonb end, title_id, episode_id, asset_id
    from public.provider_refs
    where (entity_type = 'TITLE' and title_id = entity_id and episode_id is null and asset_id is null)
      or (entity_type = 'EPISODE' and episode_id = entity_id and title_id is null and asset_id is null)
      or (entity_type = 'ASSET' and asset_id = entity_id and title_id is null and episode_id is null)`,
  markers: `select id, asset_id, lower(kind::text), start_ms, end_ms, case when payload::text !~ '1e400000|"s": ".u0000"|ud800 ' then payload::jsonb end from public.markers where start_ms < end_ms`,
  review_queue:
    'select id, asset_id, reason, confidence, lower(status::text), created_at, resolved_at from public.review_queue where confidence between 0 and 1',
  sources: `select id, external_id, name, kind, case when config::text !~ '1e400000|"s": ".u0000"|ud800 ' then config::jsonb end, created_at, updated_at from public.sources`,
  source_collections: `select id, source_id, external_id, name, enabled, case when config::text !~ '1e400000|"s": ".u0000"|ud800 ' then config::jsonb end, created_at, updated_at from public.source_collections`,
  path_mappings: 'select * from public.path_mappings',
}

const expectedRows = async (database: Scratch) =>
  Object.fromEntries(
    await Promise.all(
      names.map(async (name) => {
        const rows = await run(
          database,
          `select t::text as row from (${expected[name]}) as t order by t::text collate "C"`,
        )
        return [name, rows.map(({ row }) => row)] as const
      }),
    ),
  )

describe.concurrent('every row takes its new types', () => {
  test.for([
    { sync: true, options: { batchSize: 37 } },
    { sync: true, options: { batchSize: 5000 } },
    { sync: false, options: { batchSize: 100 } },
    { sync: false, options: { bulk: true } },
  ])('and comes back to the byte: %o', { timeout: 120_000 }, async ({ sync, options }, { database }) => {
    await legacyIn(database, { rows: 400, dirt: 0.3 })
    const rows = await rowsOf(database)
    await expandIn(database)
    if (sync) await syncIn(database)
    await copyIn(database, options)
    const proof = await verifyIn(database)
    expect(proof).toMatchObject({ identical: true, differences: 0, shown: [] })
    for (const { rows: all, carried, complemented, quarantined } of Object.values(proof.accounts))
      expect(carried + complemented + quarantined).toBe(all)
    expect(await rowsOf(database, 'retrovue')).toEqual(await expectedRows(database))
    expect(await rowsOf(database)).toEqual(rows)
    // what others refer to comes first: nobody was set aside for want of it
    const aside = await run(database, 'select distinct constraint_name as name from sluice.quarantine order by 1')
    expect(aside.map(({ name }) => name)).toEqual([
      'markers_end_ms_check',
      'provider_refs_entity_check',
      'review_queue_confidence_check',
    ])
  })
})

describe.concurrent('there is a way back', () => {
  for (const phase of ['expanded', 'syncing', 'copied', 'verified', 'stopped', 'contracted'])
    test(`from ${phase}: catalogs and rows, types included, and forward again`, async ({ database }) => {
      await legacyIn(database, { rows: 200, dirt: 0.3 })
      const before = await stateOf(database)
      const steps: [string, () => Promise<unknown>][] = [
        ['expanded', () => expandIn(database)],
        ['syncing', () => syncIn(database)],
        ['copied', () => copyIn(database)],
        ['verified', () => verifyIn(database)],
        phase === 'stopped'
          ? ['stopped', () => stopSync(contextOf(database))]
          : ['contracted', () => contractIn(database)],
      ]
      const far = steps.findIndex(([name]) => name === phase)
      for (const [, step] of steps.slice(0, far + 1)) await step()
      if (phase === 'contracted') {
        expect(await one(database, `select count(*)::int from pg_type where typtype = 'e'`)).toBe(0)
        expect(await one(database, `select to_regnamespace('retrovue')`)).toBe(null)
        expect(Object.keys((await status(contextOf(database))).tables)).toEqual(names)
        const dry = await rollbackIn(database, true)
        expect(dry).toMatchObject({ dryRun: true, archived: {} })
        expect(
          await one(
            database,
            `select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'public.assets'::regclass and attname = 'size'`,
          ),
        ).toBe('bigint')
      }
      expect(await rollbackIn(database)).toMatchObject({ archived: {} })
      expect(await stateOf(database)).toEqual(before)
      await expandIn(database)
      await syncIn(database)
      await copyIn(database)
      expect(await verifyIn(database)).toMatchObject({ identical: true })
    }, 180_000)
})

describe.concurrent('the contract', () => {
  proven('leaves the old names to the new tables, so that no views can stand there', async ({ database }) => {
    await expect(contract(contextOf(database), { keepViews: true })).rejects.toThrow('take the names of the old ones')
    await contractIn(database)
    await expect(plan(contextOf(database))).rejects.toThrow('dropped by the contract')
    expect(await contractIn(database)).toMatchObject({ applied: [], dropped: [] })
  })

  proven('stops where others use a type that would go, or the schema that would', async ({ database }) => {
    const before = await rowsOf(database)
    await run(database, 'create table public.others (kind public.titlekind)')
    await expect(contractIn(database)).rejects.toMatchObject({
      line: expect.stringMatching(/something depends on the legacy tables.*others/),
    })
    await run(database, 'drop table public.others; create table retrovue.others ()')
    await expect(contractIn(database)).rejects.toThrow(/has something else in it: retrovue\.others/)
    expect(await rowsOf(database)).toEqual(before)
  })

  proven('is not misled by a search_path that puts the new tables first', async ({ database }) => {
    const [row] = await run(database, 'select current_database() as name')
    await run(database, `alter database "${row?.name}" set search_path to retrovue, public`)
    const before = await rowsOf(database)
    const target = await rowsOf(database, 'retrovue')
    await contractIn(database)
    expect(await rowsOf(database)).toEqual(target)
    await rollbackIn(database)
    expect(await rowsOf(database)).toEqual(before)
  })

  proven('gives back what a type was: its owner, its comment, who may use it', async ({ database }) => {
    await run(
      database,
      `comment on type public.titlekind is 'what a title is'; revoke all on type public.titlekind from public; grant usage on type public.titlekind to pg_monitor with grant option`,
    )
    await rollbackIn(database)
    const before = await run(
      database,
      `select obj_description(oid) as said, typacl::text as acl, typowner from pg_type where typname = 'titlekind'`,
    )
    await expandIn(database)
    await syncIn(database)
    await copyIn(database)
    await verifyIn(database)
    await contractIn(database)
    await rollbackIn(database)
    expect(
      await run(
        database,
        `select obj_description(oid) as said, typacl::text as acl, typowner from pg_type where typname = 'titlekind'`,
      ),
    ).toEqual(before)
  })
})

describe.concurrent('what is done behind the back of both is found', () => {
  const behind: Record<string, string> = {
    'a key of json in another place': `update public.provider_refs set raw = '{"b": 1, "a":  2}' where id = (select id from public.provider_refs order by id limit 1)`,
    'a label': `update public.markers set kind = case kind when 'INTRO' then 'OUTRO' else 'INTRO' end::public.markerkind where id = (select id from public.markers order by id limit 1)`,
    'an old row more': `insert into public.seasons (id, title_id, number) select gen_random_uuid(), id, 77 from public.titles limit 1`,
    'an old row less': `delete from public.path_mappings where id = (select id from public.path_mappings order by id limit 1)`,
    'a value of jsonb': `update retrovue.titles set external_ids = '{"tampered": true}' where id = (select id from retrovue.titles order by id limit 1)`,
    'a size': `update retrovue.assets set size = size + 1 where id = (select id from retrovue.assets order by id limit 1)`,
    'a new row more': `insert into retrovue.sources (external_id, name, kind) values ('tampered', '', '')`,
    'a new row less': `delete from retrovue.episode_assets where (episode_id, asset_id) = (select episode_id, asset_id from retrovue.episode_assets order by 1, 2 limit 1)`,
    'what is kept of json': `update sluice.complement set kept = jsonb_set(kept, '{config}', '"{}"') where relation = 'public.sources' and kept ? 'config'`,
    'what is kept of another table of the name': `update sluice.complement set relation = 'public.titles' where relation = 'public.episodes'`,
    'what was set aside': `delete from sluice.quarantine where id = (select min(id) from sluice.quarantine)`,
  }
  for (const [what, statement] of Object.entries(behind))
    proven(what, async ({ database }) => {
      await run(database, `set session_replication_role = replica; ${statement}; set session_replication_role = origin`)
      const { identical, differences } = await verifyIn(database)
      expect({ identical, found: differences > 0 }).toEqual({ identical: false, found: true })
    })
})

test('a schema of the name that somebody else has made is named before anything is changed', async ({ database }) => {
  await legacyIn(database, { rows: 10 })
  await run(database, 'create schema retrovue')
  const { findings } = await plan(contextOf(database))
  expect(findings.map(({ code }) => code)).toContain('schema-exists')
  await expect(expandIn(database)).rejects.toMatchObject({ line: expect.stringContaining('schema = retrovue') })
  expect(await one(database, `select to_regnamespace('sluice')`)).toBe(null)
})

test('a live shape that is a little another: a label more, jsonb and bigint already, no unique uri, one column more', async ({
  database,
}) => {
  await legacyIn(database, { rows: 200, dirt: 0.2 })
  await run(
    database,
    `alter type public.reviewstatus add value 'REJECTED';
     alter table public.assets alter size type bigint, drop constraint uq_assets_uri, add is_deleted boolean not null default false;
     alter table public.titles alter external_ids type text using external_ids::text;
     alter table public.seasons alter created_at drop not null`,
  )
  await run(
    database,
    `update public.assets set size = 3000000000, is_deleted = true where id in (select id from public.assets order by id limit 3);
     update public.assets set uri = 'file:///twice' where id in (select id from public.assets order by id limit 5);
     update public.review_queue set status = 'REJECTED' where id in (select id from public.review_queue order by id limit 3);
     update public.seasons set created_at = null where id in (select id from public.seasons order by id limit 2)`,
  )
  const before = { rows: await rowsOf(database), catalogs: await catalogsOf(database) }
  await expandIn(database)
  await syncIn(database)
  await copyIn(database)
  expect(await verifyIn(database)).toMatchObject({ identical: true })
  expect(
    await one(database, `select count(*)::int from retrovue.review_queue where status = 'rejected'`),
  ).toBeGreaterThan(0)
  expect(await one(database, 'select count(*)::int from retrovue.assets where size > 2147483647')).toBeGreaterThan(0)
  await contractIn(database)
  await rollbackIn(database)
  expect({ rows: await rowsOf(database), catalogs: await catalogsOf(database) }).toEqual(before)
}, 120_000)
