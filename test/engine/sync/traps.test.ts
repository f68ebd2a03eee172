import { describe, expect } from 'vitest'
import { startSync } from '../../../scripts/engine/sync/index.ts'
import { type Scratch, test as scratch } from '../../support/scratch.ts'
import { expanded, legacyTables } from '../copying.ts'
import { contextOf, copyIn, one, run, syncIn } from '../migration.ts'
import {
  asApplication,
  codeOf,
  expectInStep,
  hash,
  living,
  media,
  prediction,
  title,
  training,
  values,
} from './alive.ts'

const test = living()

const fresh = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) =>
    use(await expanded({ rows: 0, version: 27, dirt: 0, seed: 1 })),
})

const found = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) =>
    use(await expanded({ rows: 60, version: 24, dirt: 0.3, seed: 5 })),
})

/** A copy that meets a transaction which has written `text` and not yet committed. */
async function copyMeets(database: Scratch, text: string): Promise<void> {
  await asApplication(database, async (session) => {
    await session.unsafe('begin')
    await session.unsafe(text)
    const copying = copyIn(database)
    await new Promise((resolve) => setTimeout(resolve, 300))
    await session.unsafe('commit')
    await copying
  })
}

describe('the backfill', () => {
  fresh('the triggers are there before the first batch: what is written between is not lost', async ({ database }) => {
    await run(database, media('a', 1))
    await startSync(contextOf(database))
    await run(database, media('b', 1))
    await run(database, `update atp.media set uploader = 'between' where hash = '${hash('a')}'`)
    await copyIn(database)
    expect(await values(database, 'select uploader from atp.downloads order by hash')).toEqual(['between', null])
    await expectInStep(database)
  })

  fresh('a batch does not overwrite a newer row', async ({ database }) => {
    for (const text of [media('a', 1), media('b', 2)]) await run(database, text)
    await syncIn(database)
    await copyMeets(database, `update atp.media set uploader = 'newer'`)
    expect(await values(database, 'select uploader from atp.downloads')).toEqual(['newer', 'newer'])
    await copyMeets(database, `update atp.downloads set uploader = 'newest'`)
    expect(await values(database, 'select uploader from atp.media')).toEqual(['newest', 'newest'])
    await expectInStep(database)
  })

  fresh('DO NOTHING would resurrect deleted rows: what is gone stays gone, on both sides', async ({ database }) => {
    for (const text of [media('a', 1), media('b', 2), media('c', null), prediction(1)]) await run(database, text)
    await syncIn(database)
    await copyMeets(database, `delete from atp.media where hash = '${hash('a')}'`)
    expect(await values(database, 'select hash from atp.downloads order by 1')).toEqual([hash('b'), hash('c')])
    await copyMeets(database, `delete from atp.downloads where hash = '${hash('b')}'`)
    await copyIn(database)
    for (const table of ['media', 'downloads'])
      expect(await values(database, `select hash from atp.${table}`)).toEqual([hash('c')])
    await expectInStep(database)
  })

  found('legacy rows are never updated by a backfill, and their own triggers do not fire', async ({ database }) => {
    await run(
      database,
      `create function atp.refuse() returns trigger language plpgsql as $$ begin raise 'fired'; end $$;
       ${legacyTables
         .map(
           (table) =>
             `create trigger a_refuse before insert or update or delete on atp.${table} for each row execute function atp.refuse();`,
         )
         .join('\n')}`,
    )
    const rows = () =>
      Promise.all(
        legacyTables.map((table) =>
          values(database, `select row(ctid, xmin, t)::text from atp.${table} as t order by 1`),
        ),
      )
    const untouched = await rows()
    await syncIn(database)
    await copyIn(database)
    await copyIn(database)
    expect(await rows()).toEqual(untouched)
    await expectInStep(database)
  })
})

describe('the loop guard', () => {
  test('is reset after each propagation: the next write of the transaction goes over too', async ({ database }) => {
    for (const text of [media('a', 1), media('b', 2)]) await run(database, text)
    await asApplication(database, async (session) => {
      const guard = async () => (await session`select current_setting('sluice.writing', true) as value`)[0]?.value
      await session`begin`
      await session`update media set uploader = 'one' where hash = ${hash('a')}`
      expect(await guard()).not.toBe('on')
      await session`update downloads set uploader = 'two' where hash = ${hash('b')}`
      expect(await guard()).not.toBe('on')
      await session`savepoint here`
      expect(
        await codeOf(session`insert into downloads (hash, original_title, imdb_id) values (${hash('c')}, 'c', 'tt9')`),
      ).toBe('23503')
      await session`rollback to here`
      expect(await guard()).not.toBe('on')
      await session`update media set original_path = 'three'`
      await session`update downloads set original_link = 'four'`
      await session`commit`
    })
    const shown = 'uploader, original_path, original_link from atp'
    for (const table of ['media', 'downloads'])
      expect(await run(database, `select ${shown}.${table} order by hash`)).toEqual([
        { uploader: 'one', original_path: 'three', original_link: 'four' },
        { uploader: 'two', original_path: 'three', original_link: 'four' },
      ])
    await expectInStep(database)
  })

  test("is local to the transaction: a copy's sessions propagate what they write later", async ({ database }) => {
    await run(database, media('a', 1))
    await copyIn(database, { workers: 2 })
    await Promise.all(
      ['uploader', 'original_path', 'original_link', 'error_condition'].map((column) =>
        run(database, `select pg_sleep(0.05); update atp.media set error_status = true, ${column} = 'later'`),
      ),
    )
    expect(
      await run(database, 'select uploader, original_path, original_link, error_condition from atp.downloads'),
    ).toEqual([{ uploader: 'later', original_path: 'later', original_link: 'later', error_condition: 'later' }])
    await expectInStep(database)
  })

  test('pg_trigger_depth would drop what applications write through triggers of their own', async ({ database }) => {
    await run(
      database,
      `create table atp.inbox (hash char(40));
       create function atp.take_in() returns trigger language plpgsql as $$
       begin
         insert into atp.media (hash, media_type, original_title, imdb_id, media_title, release_year)
         values (new.hash, 'movie', 'taken in', '${title(1)}', 'A title', 2000);
         return new;
       end $$;
       create trigger take_in after insert on atp.inbox for each row execute function atp.take_in();
       create function atp.predict() returns trigger language plpgsql as $$
       begin
         insert into atp.prediction (imdb_id, prediction, probability, cm_value) values (new.imdb_id, 1, 0.5, 'tp');
         update atp.training set human_labeled = true where imdb_id = new.imdb_id;
         return new;
       end $$;
       create trigger predict after insert on atp.media for each row execute function atp.predict();`,
    )
    await run(database, training(1))
    await run(database, `insert into atp.inbox values ('${hash('a')}')`)
    expect(await values(database, 'select original_title from atp.downloads')).toEqual(['taken in'])
    expect(await values(database, 'select human_labeled from atp.media_metadata')).toEqual([true])
    expect(await values(database, 'select cm_value from atp.media_metrics')).toEqual(['tp'])
    await expectInStep(database)
  })

  test('session_replication_role would switch off foreign keys: they stay on, on both sides', async ({ database }) => {
    await run(database, media('a', 1))
    await run(
      database,
      `create table atp.notes (hash char(40) references atp.media (hash));
       insert into atp.notes values ('${hash('a')}')`,
    )
    await asApplication(database, async (session) => {
      expect(await codeOf(session`insert into files (hash, imdb_id) values (${hash('b')}, 'tt0000009')`)).toBe('23503')
      expect(await codeOf(session`delete from media_metadata`)).toBe('23503')
      // a backward write that the legacy's own foreign keys refuse is refused
      expect(await codeOf(session`delete from downloads`)).toBe('23503')
      expect((await session`show session_replication_role`)[0]).toEqual({ session_replication_role: 'origin' })
    })
    expect(await one(database, 'select count(*)::int from atp.downloads')).toBe(1)
    await expectInStep(database)
  })
})
