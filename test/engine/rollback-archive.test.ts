import { describe, expect } from 'vitest'
import { status } from '../../scripts/engine/status.ts'
import { test as scratch } from '../support/scratch.ts'
import { catalogsOf } from './catalogs.ts'
import {
  contractedLegacy,
  contractIn,
  legacyRows,
  phaseIn,
  relations,
  rollbackIn,
  verifiedLegacy,
} from './going-back.ts'
import { contextOf, copyIn, expandIn, one, run, verifyIn } from './migration.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await contractedLegacy()),
})

const proven = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await verifiedLegacy()),
})

const hash = 'f'.repeat(40)
const other = 'e'.repeat(40)

describe('what was written to the target since the contract', () => {
  test('comes back in the legacy tables where they can hold it', async ({ database }) => {
    await run(
      database,
      `insert into atp.media_metadata (imdb_id, media_type, media_title, release_year, label, human_labeled)
       values ('tt99999901', 'movie', 'New', 2026, 'would_watch', true);
       insert into atp.downloads (hash, original_title, imdb_id) values ('${hash}', 'New.2026.mkv', 'tt99999901');
       insert into atp.files (hash, parent_path, target_path, imdb_id) values ('${hash}', '/films', 'New', 'tt99999901');
       insert into atp.media_metrics (imdb_id, prediction, probability, cm_value) values ('tt99999901', 1, 0.900, 'tp')`,
    )
    const changed = await one(
      database,
      `update atp.downloads set pipeline_status = 'complete', error_status = true, error_condition = 'disk'
       where hash = (select min(hash) from atp.downloads where uploader is not null and pipeline_status <> 'complete')
       returning hash`,
    )
    const deleted = await one(
      database,
      `delete from atp.media_metrics where imdb_id = (select min(imdb_id) from atp.media_metrics) returning imdb_id`,
    )
    const done = await rollbackIn(database)
    expect(
      await run(
        database,
        `select imdb_id, media_title, media_type::text, target_path, original_title from atp.media where hash = '${hash}'`,
      ),
    ).toEqual([
      {
        imdb_id: 'tt99999901',
        media_title: 'New',
        media_type: 'movie',
        target_path: 'New',
        original_title: 'New.2026.mkv',
      },
    ])
    expect(
      await run(
        database,
        `select label::text, human_labeled, probability::text from atp.training join atp.prediction using (imdb_id) where imdb_id = 'tt99999901'`,
      ),
    ).toEqual([{ label: 'would_watch', human_labeled: true, probability: '0.900' }])
    expect(
      await run(database, `select pipeline_status::text, error_condition from atp.media where hash = '${changed}'`),
    ).toEqual([{ pipeline_status: 'complete', error_condition: 'disk' }])
    expect(await run(database, `select from atp.prediction where imdb_id = '${deleted}'`)).toEqual([])
    // a title's updated_at follows its rows in the legacy, and did not in the target
    expect(done.archived).toEqual({ media_metadata: 1 })
    expect(await one(database, 'select reason from sluice.archive')).toBe(
      'the legacy rows give back another updated_at',
    )
  })

  test('is kept in the archive, and named, where they cannot', async ({ database }) => {
    await run(
      database,
      `insert into atp.downloads (hash, original_title) values ('${other}', 'no title, so no media_type');
       insert into atp.media_metadata (imdb_id, media_type, media_title, release_year, label)
       values ('tt99999902', 'movie', 'Without a label', 2026, null)`,
    )
    const { key } =
      (
        await run(
          database,
          `update atp.media_metadata set confirmed = true where imdb_id = (
      select min(imdb_id) from atp.media_metadata where label is not null) returning imdb_id as key`,
        )
      )[0] ?? {}
    const done = await rollbackIn(database)
    expect(done.archived).toEqual({ downloads: 1, media: 1, media_metadata: 2 })
    const kept = await run(database, 'select relation, key, reason from sluice.archive order by relation, key')
    expect(kept).toEqual([
      { relation: 'downloads', key: other, reason: 'no legacy row gives this row back' },
      { relation: 'media', key: other, reason: expect.stringContaining('media_type') },
      { relation: 'media_metadata', key, reason: expect.stringContaining('confirmed') },
      { relation: 'media_metadata', key: 'tt99999902', reason: 'no legacy row gives this row back' },
    ])
    expect(await one(database, `select row ->> 'media_title' from sluice.archive where key = 'tt99999902'`)).toBe(
      'Without a label',
    )
    expect(await status(contextOf(database))).toMatchObject({ phase: 'legacy', archived: done.archived })
    expect(
      await one(
        database,
        `select count(*)::int from pg_class where relnamespace = 'sluice'::regnamespace and relkind = 'r'`,
      ),
    ).toBe(1)

    await expandIn(database)
    await copyIn(database)
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    expect(await rollbackIn(database)).toMatchObject({ archived: {} })
    expect(await one(database, 'select count(*)::int from sluice.archive')).toBe(4)
  })

  test('a row keeps its unique value where an older one has a right to it', async ({ database }) => {
    const older = await one(
      database,
      `select kept ->> 'tmdb_id' from sluice.complement
       where relation = 'training' and kept ->> 'tmdb_id' is not null
         and not exists (select from atp.media_metadata where tmdb_id::text = kept ->> 'tmdb_id') limit 1`,
    )
    expect(older).toMatch(/^\d+$/)
    await run(
      database,
      `insert into atp.media_metadata (imdb_id, tmdb_id, media_type, media_title, release_year, label)
       values ('tt0000001', ${older}, 'movie', 'A claim', 2026, 'would_watch')`,
    )
    const before = await one(
      database,
      `select key from sluice.complement where relation = 'training' and kept ->> 'tmdb_id' = '${older}'`,
    )
    const done = await rollbackIn(database)
    expect(await one(database, `select imdb_id from atp.training where tmdb_id = ${older}`)).toBe(before)
    expect(done.archived).toMatchObject({ training: 1 })
    expect(await one(database, `select reason from sluice.archive where relation = 'training'`)).toContain(
      'training_tmdb_id_key',
    )
  })
})

describe('the rebuilt tables are alive', () => {
  proven('triggers fire, grants hold, whole rows can be cast', async ({ database }) => {
    await contractIn(database)
    await rollbackIn(database)
    await run(
      database,
      `set role rear_diff;
       update atp.media set pipeline_status = 'paused';
       update atp.media set pipeline_status = 'ingested', rejection_status = 'rejected', rejection_reason = 'x', error_condition = 'x';
       reset role`,
    )
    expect(
      await run(database, 'select distinct pipeline_status::text, rejection_reason, error_condition from atp.media'),
    ).toEqual([{ pipeline_status: 'ingested', rejection_reason: null, error_condition: null }])
    await expect(run(database, 'set role rear_diff; delete from atp.media')).rejects.toThrow('permission denied')
    await run(database, 'reset role')
    expect(
      await one(
        database,
        `select bool_and((row(m.*)::atp.media)::text = m::text and jsonb_populate_record(m, '{}')::text = m::text)
         from atp.media as m`,
      ),
    ).toBe(true)
  })
})

describe('a rollback', () => {
  test('says what it would do, and changes nothing', async ({ database }) => {
    await run(database, `insert into atp.downloads (hash, original_title) values ('${other}', 'no title')`)
    const before = { catalogs: await catalogsOf(database), relations: await relations(database) }
    const told = await rollbackIn(database, true)
    expect(told).toMatchObject({ dryRun: true, from: 'contracted', archived: { downloads: 1, media: 1 } })
    expect(await catalogsOf(database)).toEqual(before.catalogs)
    expect(await phaseIn(database)).toBe('contracted')
    expect(await one(database, 'select count(*)::int from sluice.archive')).toBe(0)
    expect(await rollbackIn(database)).toMatchObject({ dryRun: false, tables: told.tables, archived: told.archived })
  })

  proven('from verified says so too, and changes nothing', async ({ database }) => {
    const before = { catalogs: await catalogsOf(database), rows: await legacyRows(database) }
    expect(await rollbackIn(database, true)).toMatchObject({ dryRun: true, from: 'verified', archived: {} })
    expect({ catalogs: await catalogsOf(database), rows: await legacyRows(database) }).toEqual(before)
  })

  test('refuses where others depend on the target, by name', async ({ database }) => {
    await run(
      database,
      'create view public.report as select hash from atp.downloads; create table public.notes (hash char(40) references atp.files)',
    )
    await expect(rollbackIn(database)).rejects.toMatchObject({
      exitCode: 2,
      line: expect.stringMatching(/notes.*report|report.*notes/),
    })
    expect(await phaseIn(database)).toBe('contracted')
  })

  scratch('refuses where there is nothing to go back from', async ({ database }) => {
    await expect(rollbackIn(database)).rejects.toMatchObject({
      exitCode: 2,
      line: expect.stringContaining('nothing to roll back'),
    })
  })

  proven("keeps what others have in Sluice's and drizzle's schemas", async ({ database }) => {
    await run(
      database,
      `create table sluice.mine (id integer);
       insert into drizzle.__drizzle_migrations (hash, created_at, name) values ('x', 1, 'mine')`,
    )
    await rollbackIn(database)
    expect(await run(database, 'select name from drizzle.__drizzle_migrations')).toEqual([{ name: 'mine' }])
    expect(await one(database, `select to_regclass('sluice.mine')::text`)).toBe('sluice.mine')
  })
})
