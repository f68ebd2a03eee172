import { describe, expect } from 'vitest'
import { stopSync } from '../../../scripts/engine/sync/index.ts'
import type { Scratch } from '../../support/scratch.ts'
import { contextOf, copyIn, run, syncIn } from '../migration.ts'
import {
  asApplication,
  codeOf,
  expectInStep,
  hash,
  livingWith,
  media,
  prediction,
  title,
  training,
  values,
} from './alive.ts'

const test = livingWith('alive_with_rows', async (database) => {
  for (const text of [media('a', 1), media('b', 2), media('c', null), training(1), training(2), prediction(1)])
    await run(database, text)
})

let number = 0

/** An application's trigger; what it does may name `new`, `old` and `tg_op`. */
const trigger = (database: Scratch, when: string, table: string, does: string, each = 'for each row') => {
  number += 1
  return run(
    database,
    `create function atp.own_${number}() returns trigger language plpgsql as $$ begin ${does}; return null; end $$;
     create trigger own_${number} ${when} on atp.${table} ${each} execute function atp.own_${number}()`,
  )
}

describe("what a legacy application's trigger writes while Sluice writes back", () => {
  test('to a table that comes later, which the new tables know nothing of', async ({ database }) => {
    await trigger(
      database,
      'after insert',
      'media',
      `insert into atp.prediction (imdb_id, prediction, probability, cm_value) values (new.imdb_id, 1, 0.25, 'tp')`,
    )
    await run(
      database,
      `insert into atp.downloads (hash, original_title, imdb_id) values ('${hash('e')}', 'e', '${title(2)}')`,
    )
    const shown = `select probability::text from atp.media_metrics where imdb_id = '${title(2)}'`
    expect(await values(database, shown)).toEqual(['0.25'])
    expect(await values(database, shown.replace('media_metrics', 'prediction'))).toEqual(['0.25'])
    await expectInStep(database)
  })

  test('to a row that is written back after it', async ({ database }) => {
    await trigger(
      database,
      'after update',
      'media',
      `update atp.training set label = 'would_not_watch', human_labeled = true where imdb_id = new.imdb_id`,
    )
    await run(
      database,
      `update atp.media_metadata set media_title = 'New', label = 'would_watch', reviewed = true where imdb_id = '${title(1)}'`,
    )
    for (const table of ['training', 'media_metadata'])
      expect(
        await run(
          database,
          `select media_title, label::text, human_labeled, reviewed from atp.${table} where imdb_id = '${title(1)}'`,
        ),
        table,
      ).toEqual([{ media_title: 'New', label: 'would_not_watch', human_labeled: true, reviewed: true }])
    await expectInStep(database)
  })

  test('a row that it deletes', async ({ database }) => {
    await trigger(database, 'after update', 'media', 'delete from atp.prediction where imdb_id = new.imdb_id')
    await run(database, `update atp.media_metadata set media_title = 'New'`)
    expect(
      await values(database, 'select imdb_id from atp.media_metrics union all select imdb_id from atp.prediction'),
    ).toEqual([])
    await expectInStep(database)
  })

  test('a row of another family, and many at once', async ({ database }) => {
    await trigger(
      database,
      'after update',
      'media',
      `update atp.media set original_path = 'by the trigger' where imdb_id is null and original_path is null`,
    )
    await asApplication(database, async (session) => {
      await session`begin`
      await session`update downloads set uploader = 'one' where imdb_id is not null`
      await session`savepoint here`
      await session`update media_metadata set tagline = 'gone'`
      await session`rollback to here`
      await session`commit`
    })
    expect(await values(database, 'select original_path from atp.downloads order by hash')).toEqual([
      null,
      null,
      'by the trigger',
    ])
    await expectInStep(database)
  })

  test('what a foreign key of the old tables takes along, in another family', async ({ database }) => {
    await run(
      database,
      `alter table atp.media add column parent char(40) references atp.media on delete cascade;
       update atp.media set parent = '${hash('b')}' where hash = '${hash('c')}'`,
    )
    await syncIn(database)
    await copyIn(database)
    await run(database, `delete from atp.downloads where hash = '${hash('b')}'`)
    for (const table of ['media', 'downloads'])
      expect(await values(database, `select hash from atp.${table}`), table).toEqual([hash('a')])
    await expectInStep(database)
  })

  test('while it copies', async ({ database }) => {
    await trigger(
      database,
      'after insert or update',
      'downloads',
      `update atp.media set tagline = 'by the trigger' where hash = new.hash and tagline is null`,
    )
    await stopSync(contextOf(database))
    await run(database, `update atp.media set uploader = 'meanwhile'`)
    await syncIn(database)
    await copyIn(database)
    expect(await values(database, 'select distinct tagline from atp.media')).toEqual(['by the trigger'])
    await expectInStep(database)
  })
})

describe("what a target application's trigger writes while Sluice brings over", () => {
  test('to a row that is brought over after it', async ({ database }) => {
    await trigger(
      database,
      'after update',
      'media_metadata',
      `update atp.downloads set original_path = new.media_title where imdb_id = new.imdb_id`,
    )
    await run(
      database,
      `update atp.media set media_title = 'New', uploader = 'new', original_path = 'old' where hash = '${hash('a')}'`,
    )
    for (const table of ['media', 'downloads'])
      expect(
        await run(database, `select uploader, original_path from atp.${table} where hash = '${hash('a')}'`),
        table,
      ).toEqual([{ uploader: 'new', original_path: 'New' }])
    await expectInStep(database)
  })

  test('a row that it makes, and one that it deletes', async ({ database }) => {
    await trigger(
      database,
      'after insert or update',
      'downloads',
      `insert into atp.files (hash, parent_path, target_path, imdb_id) values (new.hash, '/p', 't', new.imdb_id) on conflict do nothing`,
    )
    await trigger(database, 'after update', 'downloads', 'delete from atp.media_metrics where imdb_id = new.imdb_id')
    await run(database, `update atp.media set uploader = 'new' where hash <> '${hash('b')}'`)
    expect(await values(database, 'select target_path from atp.media order by hash')).toEqual(['t', null, 't'])
    expect(await values(database, 'select imdb_id from atp.prediction')).toEqual([])
    await expectInStep(database)
    await run(database, media('e', 2))
    expect(await values(database, `select target_path from atp.media where hash = '${hash('e')}'`)).toEqual(['t'])
    await expectInStep(database)
  })

  test('while it copies', async ({ database }) => {
    await trigger(
      database,
      'after insert or update',
      'media_metadata',
      `update atp.downloads set original_path = 'by the trigger' where imdb_id = new.imdb_id`,
    )
    await stopSync(contextOf(database))
    await run(database, `update atp.media set media_title = 'Meanwhile'; ${media('f', 7)}`)
    await syncIn(database)
    await copyIn(database)
    expect(await values(database, 'select original_path from atp.media order by hash')).toEqual([
      'by the trigger',
      'by the trigger',
      null,
      null,
    ])
    await expectInStep(database)
  })

  test('while it copies for the first time', async ({ database }) => {
    await trigger(
      database,
      'after insert',
      'downloads',
      `insert into atp.files (hash, parent_path, target_path, imdb_id) values (new.hash, '/p', 't', new.imdb_id)`,
    )
    await stopSync(contextOf(database))
    for (const [i, letter] of [...'def0123456789'].entries())
      await run(database, media(letter, i % 2 ? i + 10 : null, { uploader: 'own', deleted_at: '2020-02-02' }))
    await syncIn(database)
    await copyIn(database)
    expect(
      await run(
        database,
        `select target_path, uploader, media_title, deleted_at is null as there, count(*)::int
         from atp.media where hash not in ('${hash('a')}', '${hash('b')}', '${hash('c')}') group by 1, 2, 3, 4`,
      ),
    ).toEqual([{ target_path: 't', uploader: 'own', media_title: 'A title', there: false, count: 13 }])
    // of a file's own: when it was made
    expect(
      await values(
        database,
        `select distinct kind || ' ' || name from sluice.target_complement, jsonb_object_keys(kept) as name order by 1`,
      ),
    ).toEqual(['part created_at'])
    await expectInStep(database)
  })

  test('what only the old tables know stays', async ({ database }) => {
    await run(
      database,
      `update atp.media set media_title = 'Its own', deleted_at = '2020-02-02' where hash = '${hash('c')}'`,
    )
    await trigger(
      database,
      'after update',
      'media_metadata',
      `update atp.downloads set original_path = 'by the trigger' where hash = '${hash('c')}'`,
    )
    await run(database, `update atp.training set label = 'would_not_watch'`)
    expect(
      await run(
        database,
        `select media_title, deleted_at is null as kept, original_path from atp.media where hash = '${hash('c')}'`,
      ),
    ).toEqual([{ media_title: 'Its own', kept: false, original_path: 'by the trigger' }])
    await expectInStep(database)
  })
})

describe('triggers of both sides', () => {
  test('feed each other until nothing changes', async ({ database }) => {
    await trigger(
      database,
      'after update',
      'downloads',
      `update atp.media_metrics set probability = least(probability + 0.125, 1) where imdb_id = new.imdb_id`,
    )
    await trigger(
      database,
      'after update',
      'prediction',
      `update atp.media set original_path = new.probability::text where imdb_id = new.imdb_id`,
    )
    for (const [text, probability] of [
      [`update atp.media set uploader = 'one' where hash = '${hash('a')}'`, 1],
      [`update atp.downloads set uploader = 'two' where hash = '${hash('a')}'`, 1],
      // the trigger of downloads still finds the old metrics, of which it changes nothing
      [`update atp.prediction set probability = 0.125`, 0.125],
      [`update atp.media_metrics set probability = 0.25`, 1],
    ] as const) {
      await run(database, text)
      for (const shown of [
        'probability from atp.prediction',
        'probability from atp.media_metrics',
        `original_path from atp.media where hash = '${hash('a')}'`,
        `original_path from atp.downloads where hash = '${hash('a')}'`,
      ])
        expect((await values(database, `select ${shown}`)).map(Number), shown).toEqual([probability])
      await expectInStep(database)
    }
  })

  test('that answer each other without end are an error that names the table, and nothing is changed', async ({
    database,
  }) => {
    await trigger(
      database,
      'after update',
      'downloads',
      `update atp.media_metrics set probability = 1 - probability * 0.5 where imdb_id = new.imdb_id`,
    )
    await trigger(
      database,
      'after update',
      'prediction',
      `update atp.media set original_path = new.probability::text where imdb_id = new.imdb_id`,
    )
    const work = run(database, `update atp.media set uploader = 'one' where hash = '${hash('a')}'`)
    await expect(work).rejects.toMatchObject({
      code: '27000',
      message: expect.stringMatching(/^atp\.\w+ is written by triggers that answer each other/),
    })
    expect(await values(database, 'select probability::text from atp.prediction')).toEqual(['0.5'])
    await expectInStep(database)
  })

  test('one that sets NEW alone, or changes nothing, notes nothing', async ({ database }) => {
    await run(
      database,
      `create function atp.touch() returns trigger language plpgsql as $$
       begin new.updated_at := clock_timestamp(); return new; end $$;
       create trigger touch before update on atp.media for each row execute function atp.touch();
       create function atp.refuse() returns trigger language plpgsql as $$ begin raise 'noted %', new.system; end $$;
       create trigger refuse before insert on sluice.target_complement for each row when (new.system <> 'atp') execute function atp.refuse()`,
    )
    await trigger(database, 'after update', 'media', `update atp.training set reviewed = reviewed`)
    await run(database, `update atp.downloads set uploader = 'one'`)
    await expectInStep(database)
  })

  test('one that raises: the legacy refuses the row to the legacy alone, the target sets the family aside', async ({
    database,
  }) => {
    await trigger(
      database,
      'after update',
      'media',
      `update atp.prediction set probability = 0.75 where imdb_id = new.imdb_id;
       if new.uploader = 'refused' then raise 'not this one'; end if`,
    )
    await run(
      database,
      `update atp.downloads set uploader = case hash when '${hash('a')}' then 'refused' else 'taken' end`,
    )
    expect(await values(database, 'select uploader from atp.media order by hash')).toEqual([null, 'taken', 'taken'])
    expect(await values(database, 'select probability::text from atp.prediction')).toEqual(['0.5'])
    await expectInStep(database)
    await trigger(
      database,
      'after update',
      'downloads',
      `update atp.files set target_path = 'noted' where hash = new.hash;
       if new.original_link = 'refused' then raise 'nor this one'; end if`,
    )
    await run(
      database,
      `update atp.media set original_link = 'refused', parent_path = '/p', target_path = 't' where hash = '${hash('b')}'`,
    )
    expect(await values(database, 'select reason from sluice.quarantine')).toEqual(['nor this one'])
    expect(await values(database, `select target_path from atp.media where hash = '${hash('b')}'`)).toEqual(['t'])
    await expectInStep(database)
  })

  test('one that truncates is refused', async ({ database }) => {
    await trigger(database, 'after update', 'media', 'truncate atp.prediction')
    await asApplication(database, async (session) => {
      expect(await codeOf(session`update downloads set uploader = 'one'`)).toBe('0A000')
      expect(await codeOf(session`update media set uploader = 'two' where hash = ${hash('a')}`)).toBe('done')
    })
    expect(await values(database, 'select imdb_id from atp.media_metrics')).toEqual([])
    await expectInStep(database)
  })

  test('one that changes a key of the new tables is refused', async ({ database }) => {
    await trigger(
      database,
      'after update',
      'media_metadata',
      `update atp.downloads set hash = '${hash('e')}' where imdb_id = new.imdb_id`,
    )
    await asApplication(database, async (session) => {
      expect(await codeOf(session`update media set media_title = 'New' where hash = ${hash('a')}`)).toBe('0A000')
      expect(await codeOf(session`update media_metadata set media_title = 'New' where imdb_id = ${title(1)}`)).toBe(
        'done',
      )
    })
    expect(await values(database, 'select hash from atp.media where imdb_id is not null order by 1')).toEqual([
      hash('b'),
      hash('e'),
    ])
    await expectInStep(database)
  })

  test('one that writes both shapes in one statement is refused', async ({ database }) => {
    await trigger(
      database,
      'after update',
      'media',
      `with one as (update atp.prediction set probability = 0.75 returning imdb_id)
       update atp.downloads set uploader = 'both' where hash = '${hash('c')}'`,
    )
    await asApplication(database, async (session) => {
      expect(await codeOf(session`update media_metadata set tagline = 'one'`)).toBe('0A000')
    })
    await expectInStep(database)
  })
})
