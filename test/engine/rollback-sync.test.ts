import { describe, expect } from 'vitest'
import { statusText } from '../../scripts/commands/status.ts'
import { rollback } from '../../scripts/engine/rollback/index.ts'
import { status } from '../../scripts/engine/status.ts'
import { stopSync } from '../../scripts/engine/sync/index.ts'
import { type Scratch, test as scratch } from '../support/scratch.ts'
import { catalogsOf } from './catalogs.ts'
import { contractIn, legacyRows, phaseIn, rollbackIn, verifiedLegacy } from './going-back.ts'
import { contextOf, copyIn, expandIn, legacyIn, one, run, syncIn, verifyIn } from './migration.ts'

const verified = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await verifiedLegacy()),
})

const [old, fresh] = ['a'.repeat(40), 'b'.repeat(40)]

/** What applications of both kinds write, all of which the legacy can hold. */
const written = (database: Scratch) =>
  run(
    database,
    `insert into atp.media (hash, media_type, original_title, uploader) values ('${old}', 'movie', 'Old.mkv', 'old');
     update atp.downloads set uploader = 'new', pipeline_status = 'paused' where hash = '${old}';
     insert into atp.media_metadata (imdb_id, media_type, media_title, release_year, label, human_labeled)
     values ('tt99999901', 'movie', 'New', 2026, 'would_watch', true);
     insert into atp.downloads (hash, original_title, imdb_id) values ('${fresh}', 'New.mkv', 'tt99999901');
     delete from atp.prediction where imdb_id = (select min(imdb_id) from atp.prediction);
     delete from atp.media_metrics where imdb_id = (select max(imdb_id) from atp.media_metrics)`,
  )

/** Rows that only the target can hold: a title without a label is no training, and no torrent has it. */
const unheld = (database: Scratch) =>
  run(
    database,
    `insert into atp.media_metadata (imdb_id, media_type, media_title, release_year, label)
     values ('tt99999902', 'movie', 'Without a label', 2026, null);
     update atp.media_metadata set confirmed = true where imdb_id = (
       select min(imdb_id) from atp.media_metadata where label is null and imdb_id < 'tt9999')`,
  )

describe('a rollback while both shapes are alive', () => {
  scratch('leaves catalogs and rows as the last write left them, and the way forward open', async ({ database }) => {
    await legacyIn(database, { rows: 200, version: 24, seed: 3 })
    const catalogs = await catalogsOf(database)
    const ways: Record<string, () => Promise<unknown>> = {
      syncing: async () => {},
      verified: () => verifyIn(database),
      contracted: async () => {
        expect(await verifyIn(database)).toMatchObject({ identical: true })
        await contractIn(database, true)
      },
    }
    for (const [phase, lead] of Object.entries(ways)) {
      await expandIn(database)
      await syncIn(database)
      await copyIn(database)
      await written(database)
      await lead()
      expect(await phaseIn(database)).toBe(phase)
      const rows = await legacyRows(database)
      const told = await rollbackIn(database, true)
      expect(await phaseIn(database)).toBe(phase)
      const done = await rollbackIn(database)
      expect(done).toMatchObject({ from: phase, tables: told.tables, archived: told.archived })
      expect(await legacyRows(database), phase).toEqual(rows)
      expect(await catalogsOf(database, ['sluice']), phase).toEqual(catalogs)
      expect(await one(database, `select uploader from atp.media where hash = '${old}'`)).toBe('new')
      expect(await one(database, `select media_title from atp.media where hash = '${fresh}'`)).toBe('New')
      await run(
        database,
        `delete from atp.media where hash in ('${old}', '${fresh}');
         delete from atp.training where imdb_id = 'tt99999901'; drop schema if exists sluice cascade`,
      )
      expect(await catalogsOf(database), phase).toEqual(catalogs)
    }
  })

  scratch('goes back from where it was stopped, and from the middle of a copy', async ({ database }) => {
    await legacyIn(database, { rows: 100, version: 24, seed: 4 })
    const before = { catalogs: await catalogsOf(database), rows: await legacyRows(database) }
    await expandIn(database)
    await syncIn(database)
    await rollbackIn(database)
    await expandIn(database)
    await syncIn(database)
    await copyIn(database)
    await stopSync(contextOf(database))
    await expect(run(database, 'delete from atp.files')).rejects.toThrow('not kept in step')
    expect(await rollbackIn(database)).toMatchObject({ from: 'expanded', archived: {} })
    expect({ catalogs: await catalogsOf(database), rows: await legacyRows(database) }).toEqual(before)
  })

  for (const from of ['verified', 'expanded', 'contracted'] as const) {
    verified(`archives and names what the legacy cannot hold, from ${from}`, async ({ database }) => {
      await unheld(database)
      const rows = await legacyRows(database)
      expect(await verifyIn(database)).toMatchObject({ identical: true })
      const found = await status(contextOf(database))
      expect(found).toMatchObject({ sync: 'on', unheld: { media_metadata: 2 } })
      expect(statusText(found)).toMatch(/Sync: on.*could not restore exactly: 2 rows of media_metadata/s)
      if (from === 'expanded') await stopSync(contextOf(database))
      if (from === 'contracted') await contractIn(database)
      expect((await status(contextOf(database))).unheld).toEqual(from === 'contracted' ? null : { media_metadata: 2 })
      expect(await rollbackIn(database, true)).toMatchObject({ archived: { media_metadata: 2 } })
      expect(await rollbackIn(database)).toMatchObject({ from, archived: { media_metadata: 2 } })
      expect(await legacyRows(database)).toEqual(rows)
      expect(
        await run(
          database,
          `select relation, reason, row ->> 'media_title' as title, row ->> 'confirmed' as confirmed
           from sluice.archive
           order by key desc`,
        ),
      ).toEqual([
        {
          relation: 'media_metadata',
          reason: 'no legacy row gives this row back',
          title: 'Without a label',
          confirmed: expect.anything(),
        },
        {
          relation: 'media_metadata',
          reason: expect.stringMatching(/^the legacy rows give back another confirmed/),
          title: expect.anything(),
          confirmed: 'true',
        },
      ])
      await expandIn(database)
      await syncIn(database)
      await copyIn(database)
      expect(await verifyIn(database)).toMatchObject({ identical: true })
    })
  }

  for (const from of ['verified', 'contracted'] as const) {
    verified(`archives what was deleted and the legacy gives back, from ${from}`, async ({ database }) => {
      await run(
        database,
        `insert into atp.media (hash, media_type, original_title, imdb_id, media_title, release_year)
         values ('${old}', 'movie', 'x', 'tt7777777', 'Deleted', 2020);
         update atp.downloads set imdb_id = null where imdb_id = 'tt7777777';
         delete from atp.media_metadata where imdb_id = 'tt7777777'`,
      )
      const rows = await legacyRows(database)
      expect((await status(contextOf(database))).unheld).toMatchObject({ media_metadata: 1 })
      expect(await verifyIn(database)).toMatchObject({ identical: true })
      if (from === 'contracted') await contractIn(database)
      await rollbackIn(database)
      expect(await legacyRows(database)).toEqual(rows)
      expect(
        await run(
          database,
          `select key, reason, row ->> 'media_title' as title from sluice.archive where relation = 'media_metadata'`,
        ),
      ).toEqual([
        { key: 'tt7777777', reason: 'the legacy rows give this row back, which was deleted', title: 'Deleted' },
      ])
    })
  }

  verified('takes only what is its own where another system is at work', async ({ database }) => {
    await run(
      database,
      `insert into sluice.migration (system, phase) values ('other', 'syncing');
       create function sluice.other_settle() returns void language sql as ''`,
    )
    const rows = await legacyRows(database)
    await rollbackIn(database)
    expect(await legacyRows(database)).toEqual(rows)
    expect(
      await run(
        database,
        `select proname::text as name from pg_proc where pronamespace = 'sluice'::regnamespace
         union all
         select tgname::text from pg_trigger where tgname like 'sluice%'
         union all
         select system from sluice.migration
         union all
         select system from sluice.family
         union all
         select system from sluice.target_complement`,
      ),
    ).toEqual([{ name: 'other_settle' }, { name: 'other' }])
  })

  verified('waits for writers in short attempts, says who they are, and gives up in the end', async ({ database }) => {
    const long = await database.connection.db.$client.reserve()
    await long.unsafe(`begin; update atp.downloads set uploader = 'long'`)
    const notes: string[] = []
    const note = (text: string) => {
      notes.push(text)
    }
    const context = { ...contextOf(database), lockTimeout: 10, report: { note, progress: () => {} } }
    const rolling = rollback(context, { dryRun: false })
    await expect(rolling).rejects.toMatchObject({
      exitCode: 1,
      line: expect.stringMatching(/other sessions hold locks.*session \d+ of \w+ \(idle in transaction\).*10 ms/),
    })
    expect(notes[0]).toMatch(/^Waiting for session \d+/)
    await long.unsafe('commit')
    long.release()
    expect(await one(database, `select distinct uploader from atp.media`)).toBe('long')
    await rollbackIn(database)
    expect(await one(database, `select distinct uploader from atp.media`)).toBe('long')
  })
})
