import { describe, expect } from 'vitest'
import { expand } from '../../../scripts/engine/expand.ts'
import { plan } from '../../../scripts/engine/preflight/index.ts'
import { status } from '../../../scripts/engine/status.ts'
import { Refusal } from '../../../scripts/errors.ts'
import { catalogsOf } from '../../engine/catalogs.ts'
import { one, run } from '../../engine/migration.ts'
import { test } from '../../support/scratch.ts'
import {
  asDesigned,
  contextOf,
  contractIn,
  copyIn,
  expandIn,
  gatesIn,
  id,
  legacyIn,
  legacyRows,
  newVideo,
  oldVideo,
  rollbackIn,
  stopIn,
  syncIn,
  verifiedIn,
  verifyIn,
  videoOf,
} from './migration.ts'

describe.concurrent('the new columns are filled', () => {
  test.for([
    { bulk: false, batchSize: 37 },
    { bulk: false, batchSize: 5000 },
    { bulk: true },
  ])('as the design has it, and no old one is touched: %o', async (options, { database }) => {
    await legacyIn(database, { rows: 1500, dirt: 0.2 })
    const rows = await legacyRows(database)
    await expandIn(database)
    expect(await copyIn(database, options)).toMatchObject({ rows: 1500 })
    const proof = await verifyIn(database)
    expect(proof).toMatchObject({ identical: true, differences: 0 })
    const { carried = 0, complemented = 0, quarantined } = proof.accounts.videos ?? {}
    expect({ sum: carried + complemented, quarantined }).toEqual({ sum: 1500, quarantined: 0 })
    expect(complemented).toBe(
      await one(
        database,
        `select count(*)::int from public.videos where processed <> (processing_status = 'completed')`,
      ),
    )
    expect(complemented).toBeGreaterThan(0)
    expect(await run(database, asDesigned)).toEqual([])
    expect(await legacyRows(database)).toEqual(rows)
  })

  test('once: what a new application has written stays, what the old one writes while nothing is in step comes over', async ({
    database,
  }) => {
    await legacyIn(database, { rows: 60, dirt: 0 })
    await expandIn(database)
    await run(database, oldVideo(1))
    await run(database, oldVideo(2))
    await run(database, `update public.videos set filename = 'mine', checksum_sha256 = 'abc' where id = '${id(1)}'`)
    await syncIn(database)
    await copyIn(database)
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    expect(await videoOf(database, 1)).toMatchObject({
      filename: 'mine',
      original_filename: '1.mp4',
      checksum_sha256: 'abc',
      original_path: '/data/1.mp4',
    })

    await run(database, `update public.videos set upload_status = 'failed', original_path = null where id = '${id(2)}'`)
    await stopIn(database)
    await expect(run(database, `update public.videos set filename = 'lost' where id = '${id(2)}'`)).rejects.toThrow(
      /not kept in step/,
    )
    await expect(run(database, newVideo(3))).rejects.toThrow(/not kept in step/)
    await run(database, oldVideo(3))
    await run(
      database,
      `update public.videos set original_filename = 'later', processed = true where id in ('${id(1)}', '${id(2)}')`,
    )
    expect(await verifyIn(database)).toMatchObject({ identical: false })
    await syncIn(database)
    // a row that is written before the copy comes by is carried first
    await run(database, `update public.videos set operator_notes = 'x' where id = '${id(2)}'`)
    expect(await videoOf(database, 2)).toMatchObject({
      filename: 'later',
      upload_status: 'failed',
      original_path: null,
    })
    await copyIn(database)
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    expect(await videoOf(database, 1)).toMatchObject({ filename: 'later', checksum_sha256: 'abc' })
    expect(await videoOf(database, 3)).toMatchObject({ filename: '3.mp4', upload_status: 'uploaded' })
  })

  test('not at all where a trigger of the table would change old columns with it: the row is named', async ({
    database,
  }) => {
    await legacyIn(database, { rows: 60, dirt: 0 })
    await run(
      database,
      `create function public.stamp() returns trigger language plpgsql as $$ begin new.created_at := now(); return new; end $$;
       create trigger stamp before update on public.videos for each row execute function public.stamp()`,
    )
    const rows = await legacyRows(database)
    const { findings } = await plan(contextOf(database))
    expect(findings).toContainEqual(expect.objectContaining({ code: 'own-trigger', samples: ['stamp'] }))
    await expandIn(database)
    await expect(copyIn(database)).rejects.toThrow(/changes old columns/)
    expect(await legacyRows(database)).toEqual(rows)
    expect(await one(database, 'select count(*)::int from public.videos where upload_status is not null')).toBe(0)
  })
})

describe.concurrent('the whole life', () => {
  for (const phase of ['expanded', 'syncing', 'verified', 'contracted', 'stopped'] as const)
    test(`and back from ${phase}: catalogs and rows are as before, and forward again everything is there`, async ({
      database,
    }) => {
      await legacyIn(database, { rows: 1000, dirt: 0.2 })
      const before = { rows: await legacyRows(database), catalogs: await catalogsOf(database, ['sluice', 'drizzle']) }
      const forward = async () => {
        await expandIn(database)
        if (phase === 'expanded') return
        await syncIn(database)
        if (phase === 'syncing') return
        await copyIn(database)
        await verifyIn(database)
        if (phase === 'stopped') await stopIn(database)
        if (phase === 'contracted') await contractIn(database)
      }
      await forward()
      expect(await status(contextOf(database))).toMatchObject({ phase: phase === 'stopped' ? 'expanded' : phase })
      const found = await rollbackIn(database, true)
      expect(found).toMatchObject({ dryRun: true, archived: {} })
      expect(await rollbackIn(database)).toMatchObject({ tables: { videos: 1000 }, archived: {}, lost: {} })
      expect({
        rows: await legacyRows(database),
        catalogs: await catalogsOf(database, ['sluice', 'drizzle']),
      }).toEqual(before)
      expect(await run(database, `select nspname from pg_namespace where nspname in ('sluice', 'drizzle')`)).toEqual([])
      await forward()
      if (phase === 'verified' || phase === 'contracted') expect(await run(database, asDesigned)).toEqual([])
    })

  test('a rollback says what goes, keeps it, and forward again it is back where its row still is', async ({
    database,
  }) => {
    await verifiedIn(database)
    await contractIn(database)
    await run(database, oldVideo(1))
    await run(database, oldVideo(2))
    await run(database, newVideo(3, { checksum_sha256: `'three'` }))
    await run(
      database,
      `update public.videos set checksum_sha256 = 'abc', upload_status = 'failed', fps = 29.97, operator_notes = '', filename = 'a'
       where id = '${id(1)}';
       update public.videos set checksum_sha256 = 'def', upload_status = 'aborted' where id = '${id(2)}';
       insert into public.processing_jobs (id, video_id, job_type, result_data) values
         ('${id(11)}', '${id(1)}', 'cv_analysis', '{"a": [1.0, "b"]}'), ('${id(12)}', '${id(3)}', 'cv_analysis', null)`,
    )
    const before = await videoOf(database, 1)
    const job = await run(database, `select j::text from public.processing_jobs as j where id = '${id(11)}'`)
    expect(await status(contextOf(database))).toMatchObject({ phase: 'contracted', unheld: { videos: 3 } })
    const found = await rollbackIn(database, true)
    expect(found).toMatchObject({
      archived: { videos: 3, processing_jobs: 2 },
      lost: { 'videos.checksum_sha256': 3, 'videos.upload_status': 3, 'videos.fps': 1, 'videos.operator_notes': 1 },
    })
    expect(await videoOf(database, 1)).toEqual(before)
    expect(await rollbackIn(database)).toMatchObject({ archived: found.archived, lost: found.lost })
    expect(await status(contextOf(database))).toMatchObject({
      phase: 'legacy',
      archived: { videos: 3, processing_jobs: 2 },
    })
    // what was written meanwhile counts, and what is gone is gone
    await run(
      database,
      `update public.videos set original_filename = 'meanwhile' where id = '${id(2)}'; delete from public.videos where id = '${id(3)}'`,
    )
    await expandIn(database)
    await syncIn(database)
    await copyIn(database)
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    expect(await videoOf(database, 1)).toEqual(before)
    expect(await videoOf(database, 2)).toMatchObject({
      filename: 'meanwhile',
      checksum_sha256: 'def',
      upload_status: 'aborted',
    })
    expect(await run(database, `select j::text from public.processing_jobs as j`)).toEqual(job)
    expect(await status(contextOf(database))).toMatchObject({ archived: { videos: 1, processing_jobs: 1 } })
    await contractIn(database)
  })

  test('in the end everything is as declared, and the checklist holds', async ({ database }) => {
    await legacyIn(database, { rows: 300, dirt: 0.3 })
    expect(await gatesIn(database)).toMatchObject([{ applied: false }])
    await expandIn(database)
    await syncIn(database)
    await copyIn(database)
    await verifyIn(database)
    expect(await contractIn(database)).toMatchObject({ applied: { length: 3 }, dropped: [] })
    expect(await contractIn(database)).toMatchObject({ applied: [] })
    const [passed] = await gatesIn(database)
    expect(passed?.checks.filter(({ held }) => !held)).toEqual([])
    expect(passed).toMatchObject({ applied: true, held: true })
    await expect(stopIn(database)).rejects.toThrow(Refusal)
    await run(database, 'drop index public.ix_videos_recorded_at')
    expect(await gatesIn(database)).toMatchObject([{ held: false }])
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    // what is put in order in the end needs no way back
    await run(
      database,
      `set session_replication_role = replica; update public.videos set pin_id = mall_id where id = (select min(id::text)::uuid from public.videos); set session_replication_role = origin`,
    )
    expect(await verifyIn(database)).toMatchObject({ identical: false })
  })

  test('beside what others have built: a view on a new column is named, one on old columns stays', async ({
    database,
  }) => {
    await legacyIn(database, { rows: 30, dirt: 0 })
    await run(
      database,
      'create view public.seen as select id, file_path from public.videos; grant select on public.videos to public',
    )
    const before = await catalogsOf(database)
    await expandIn(database)
    await syncIn(database)
    await run(database, 'create view public.sums as select checksum_sha256 from public.videos')
    await expect(rollbackIn(database)).rejects.toThrow(/something depends on the new columns/)
    await run(database, 'drop view public.sums')
    await rollbackIn(database)
    expect(await catalogsOf(database)).toEqual(before)
  })
})

describe.concurrent('the contract refuses', () => {
  test('rows that are in the way, by name, and nothing is changed', async ({ database }) => {
    await verifiedIn(database)
    await run(database, newVideo(1, { checksum_sha256: `'abc'` }))
    await run(database, newVideo(2, { checksum_sha256: `'abc'` }))
    const refused = async () => {
      const error = await contractIn(database).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(Refusal)
      return (error as Refusal).line
    }
    const shared = await refused()
    expect(shared).toContain('ix_videos_unique_checksum_pin')
    expect(shared).toContain(`${id(1)}, ${id(2)}`)
    await run(database, `update public.videos set checksum_sha256 = '' where id = '${id(2)}'`)
    await run(
      database,
      `update public.videos set mall_id = '${id(9)}', uploaded_by_user_id = '${id(9)}' where id = '${id(1)}'`,
    )
    const orphan = await refused()
    expect(orphan).toContain(`fk_videos_mall_id cannot be made`)
    expect(orphan).toContain(`${id(1)}: ${id(9)}`)
    expect(orphan).toContain('fk_videos_uploaded_by')
    await run(
      database,
      `update public.videos set uploaded_by_user_id = null, mall_id = (select mall_id from public.camera_pins where id = pin_id), updated_at = null`,
    )
    expect(await refused()).toContain('updated_at cannot be made: rows without a value')
    expect(await one(database, `select count(*)::int from pg_index where indrelid = 'public.videos'::regclass`)).toBe(3)
    await run(database, `update public.videos set updated_at = uploaded_at`)
    await verifyIn(database)
    await contractIn(database)
  })

  test('where it is not proven, not kept in step, or was damaged behind the back of the triggers', async ({
    database,
  }) => {
    await legacyIn(database, { rows: 60, dirt: 0 })
    await expect(contractIn(database)).rejects.toThrow(/only what is verified/)
    await expandIn(database)
    await copyIn(database, { bulk: true })
    await verifyIn(database)
    await expect(contractIn(database)).rejects.toThrow(/not kept in step/)
    await syncIn(database)
    await copyIn(database)
    await verifyIn(database)
    await run(
      database,
      `set session_replication_role = replica; update public.videos set file_path = '/damaged' where id = (select min(id::text)::uuid from public.videos); set session_replication_role = origin`,
    )
    await expect(contractIn(database)).rejects.toThrow(/has changed since the last proof/)
    expect(await status(contextOf(database))).toMatchObject({ phase: 'verified' })
  })

  test('not for long while somebody reads: it waits in short attempts, and goes on where it was', async ({
    database,
  }) => {
    await verifiedIn(database)
    const reader = await database.connection.db.$client.reserve()
    await reader`begin`
    await reader`select count(*) from public.videos`
    const done = contractIn(database)
    await new Promise((resolve) => setTimeout(resolve, 1200))
    const started = performance.now()
    await run(database, oldVideo(1))
    expect(performance.now() - started).toBeLessThan(1000)
    await reader`commit`
    reader.release()
    expect(await done).toMatchObject({ applied: { length: 3 } })
  })
})

describe.concurrent('the proof notices', () => {
  const damages: Record<string, [sql: string, kind: string, column: string]> = {
    'an old column': [
      `update public.videos set original_filename = 'x' where id = '${id(1)}'`,
      'differing',
      'original_filename',
    ],
    'a new column that is derived': [
      `update public.videos set uploaded_at = now() where id = '${id(1)}'`,
      'differing',
      'uploaded_at',
    ],
    'a new column that is not': [
      `update public.videos set checksum_sha256 = 'x' where id = '${id(1)}'`,
      'differing',
      'checksum_sha256',
    ],
    'a value of its own': [
      `update public.videos set operator_notes = null where id = '${id(2)}'`,
      'differing',
      'operator_notes',
    ],
    'a pin that moved': [
      `update public.camera_pins set mall_id = (select id from public.malls where id <> camera_pins.mall_id limit 1) where id = (select pin_id from public.videos where id = '${id(1)}')`,
      'differing',
      'mall_id',
    ],
    'what is kept of the old columns': [
      `update sluice.complement set kept = kept || '{"file_path": "x"}'`,
      'differing',
      'file_path',
    ],
    'what is kept and need not be': [
      `update sluice.target_complement set kept = kept || '{"codec": null}', derived = derived || '{"codec": null}' where key = '${id(2)}'`,
      'complement',
      'codec',
    ],
    'what derive gave then': [
      `update sluice.target_complement set derived = '{}' where key = '${id(2)}'`,
      'differing',
      '',
    ],
    'what is kept of nothing': [
      `insert into sluice.complement (system, relation, key, family, kind, kept) values ('video', 'videos', '${id(99)}', '', 'part', '{}')`,
      'extra',
      '',
    ],
    'a row that was not filled': [oldVideo(5), 'differing', 'pin_id'],
  }
  for (const [what, [sql, kind, column]] of Object.entries(damages))
    test(what, async ({ database }) => {
      await verifiedIn(database)
      await run(database, oldVideo(1))
      await run(database, newVideo(2, { operator_notes: `'mine'` }))
      await run(database, oldVideo(3, { processed: 'true' }))
      expect(await verifyIn(database)).toMatchObject({ identical: true })
      await run(database, `set session_replication_role = replica; ${sql}; set session_replication_role = origin`)
      const proof = await verifyIn(database, 100)
      expect(proof.identical).toBe(false)
      if (what === 'what derive gave then') return
      expect(proof.shown.map((each) => each.kind)).toContain(kind)
      if (column) expect(proof.shown.flatMap(({ columns }) => Object.keys(columns))).toContain(column)
      expect(await status(contextOf(database))).toMatchObject({ phase: 'syncing', lastProof: { identical: false } })
    })
})

describe.concurrent('before anything is touched', () => {
  test('the plan says what it finds', async ({ database }) => {
    await legacyIn(database, { rows: 1000, dirt: 0.1 })
    await run(
      database,
      `alter table public.tracklets drop constraint tracklets_video_id_fkey;
       alter table public.videos drop constraint videos_camera_pin_id_fkey;
       update public.videos set camera_pin_id = '${id(1)}' where id = (select min(id::text)::uuid from public.videos)`,
    )
    const { phase, findings } = await plan(contextOf(database))
    expect(phase).toBe('legacy')
    const complement = findings.find(({ code }) => code === 'complement')
    expect(complement?.rows).toBe(
      await one(
        database,
        `select count(*)::int from public.videos where processed <> (processing_status = 'completed')`,
      ),
    )
    expect(findings).toContainEqual(expect.objectContaining({ code: 'unfilled', rows: 1 }))
    expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['disk', 'time']))
    // an orphan is carried but for its mall, and is named in the end
    await expandIn(database)
    await syncIn(database)
    await copyIn(database)
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    await expect(contractIn(database)).rejects.toThrow(/mall_id cannot be made: rows without a value/)
    // and is whole once its pin is there
    await run(
      database,
      `insert into public.camera_pins (id, mall_id, name, label, location_lat, location_lng, pin_type, camera_fps, created_at, updated_at)
       select '${id(1)}', mall_id, name, label, 0, 0, pin_type, 15, now(), now() from public.camera_pins limit 1`,
    )
    expect(await run(database, asDesigned)).toEqual([])
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    await run(database, `delete from public.camera_pins where id = '${id(1)}'`)
    expect(await verifyIn(database)).toMatchObject({ identical: true })
  })

  test('what another tool has added is taken over when that is asked for, and where it is as declared', async ({
    database,
  }) => {
    await legacyIn(database, { rows: 60, dirt: 0 })
    const before = await catalogsOf(database)
    await expandIn(database)
    await syncIn(database)
    await copyIn(database)
    await verifyIn(database)
    await contractIn(database)
    await run(database, newVideo(1, { checksum_sha256: `'abc'` }))
    await run(database, `update public.videos set uploaded_at = uploaded_at + interval '7 hours' where id = '${id(1)}'`)
    // as if Sluice had never been there
    await run(database, 'drop schema sluice cascade; drop schema drizzle cascade')
    const row = await videoOf(database, 1)
    const stamped = () => expand(contextOf(database), database.url, { stamp: true })
    await expect(expandIn(database)).rejects.toThrow(/already exist/)
    await run(database, 'alter table public.videos alter codec type text')
    await expect(stamped()).rejects.toThrow(/with another shape/)
    await run(database, 'alter table public.videos alter codec type varchar(50)')
    expect(await stamped()).toMatchObject({ applied: { length: 3 } })
    await syncIn(database)
    await copyIn(database)
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    expect(await videoOf(database, 1)).toEqual(row)
    expect(await contractIn(database)).toMatchObject({ applied: { length: 3 } })
    expect(await rollbackIn(database)).toMatchObject({ archived: { videos: 1 } })
    expect(await catalogsOf(database, ['sluice'])).toEqual(before)
  })

  test('columns that are there already stop it', async ({ database }) => {
    await legacyIn(database, { rows: 30, dirt: 0 })
    await run(database, 'alter table public.videos add checksum_sha256 text')
    await expect(expandIn(database)).rejects.toThrow(/already exist with another shape/)
    const { findings } = await plan(contextOf(database))
    expect(findings).toContainEqual(expect.objectContaining({ code: 'target-exists', table: 'public.videos' }))
  })
})
