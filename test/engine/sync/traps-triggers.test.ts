import { describe, expect } from 'vitest'
import { run } from '../migration.ts'
import { expectInStep, hash, living, media, prediction, title, training, values } from './alive.ts'

const test = living()

describe('statement-level triggers with transition tables', () => {
  test('primary keys change, many at once and round about', async ({ database }) => {
    for (const text of [media('a', 1), media('b', 2), media('c', null), training(1), prediction(1)])
      await run(database, text)
    await run(database, 'update atp.media set hash = translate(hash, $$abc$$, $$def$$)')
    expect(await values(database, 'select hash from atp.downloads order by 1')).toEqual([
      hash('d'),
      hash('e'),
      hash('f'),
    ])
    await run(database, `update atp.training set imdb_id = '${title(3)}'`)
    await run(database, `update atp.prediction set imdb_id = '${title(3)}'`)
    expect(await values(database, 'select imdb_id from atp.media_metrics')).toEqual([title(3)])
    await expectInStep(database)
    await run(database, 'update atp.downloads set hash = translate(hash, $$de$$, $$ab$$) where imdb_id is not null')
    expect(await values(database, 'select hash from atp.media order by 1')).toEqual([hash('a'), hash('b'), hash('f')])
    await run(database, `update atp.media_metrics set imdb_id = '${title(2)}'`)
    expect(await values(database, 'select imdb_id from atp.prediction')).toEqual([title(2)])
    await expectInStep(database)
  })

  test('a column list would miss what a BEFORE trigger changes', async ({ database }) => {
    await run(
      database,
      `create function atp.shout() returns trigger language plpgsql as $$
       begin
         new.original_path := upper(new.uploader);
         return new;
       end $$;
       create trigger shout before update on atp.media for each row execute function atp.shout();
       ${media('a', 1)};
       update atp.media set uploader = 'low'`,
    )
    expect(await values(database, 'select original_path from atp.downloads')).toEqual(['LOW'])
    await expectInStep(database)
  })

  test('TRUNCATE exists', async ({ database }) => {
    for (const text of [media('a', 1), training(1), prediction(1)]) await run(database, text)
    await run(database, 'truncate atp.media')
    expect(await values(database, 'select hash from atp.downloads')).toEqual([])
    expect(await values(database, 'select imdb_id from atp.media_metadata')).toEqual([title(1)])
    await run(database, 'truncate atp.media_metadata cascade')
    expect(await values(database, 'select imdb_id from atp.training')).toEqual([])
    await expectInStep(database)
  })
})

describe('triggers that were there', () => {
  test("the target's own stay quiet while Sluice writes: updated_at is the legacy's", async ({ database }) => {
    await run(database, media('a', 1, { updated_at: '2001-02-03' }))
    await run(database, training(1))
    const time = `updated_at = timestamptz '2001-02-03 00:00+00'`
    expect(await values(database, `select ${time} from atp.media_metadata`)).toEqual([true])
    await run(database, `update atp.training set label = 'would_not_watch'`)
    expect(await values(database, `select ${time} from atp.media_metadata where label = 'would_not_watch'`)).toEqual([
      true,
    ])
    await run(database, `update atp.media_metadata set tagline = 'by an application'`)
    expect(await values(database, `select ${time} from atp.media_metadata`)).toEqual([false])
    await expectInStep(database)
  })

  test("the legacy's own may change what is written back: that is in the complement, or goes over", async ({
    database,
  }) => {
    await run(
      database,
      `${media('a', 1)};
       ${media('b', 1)};
       create function atp.shout() returns trigger language plpgsql as $$
       begin
         new.uploader := upper(new.uploader);
         new.overview := 'by the trigger';
         return new;
       end $$;
       create trigger shout before update on atp.media for each row execute function atp.shout()`,
    )
    await run(database, `update atp.downloads set uploader = 'low' where hash = '${hash('b')}'`)
    expect(await values(database, 'select uploader from atp.media order by hash')).toEqual([null, 'LOW'])
    await expectInStep(database)
    await run(database, `update atp.downloads set rejection_status = 'accepted', rejection_reason = 'gone'`)
    await run(database, `update atp.media_metadata set media_title = 'New'`)
    expect(await values(database, 'select media_title from atp.media')).toEqual(['New', 'New'])
    await expectInStep(database)
  })

  test('one statement does not write both shapes: it is refused, and nothing is lost', async ({ database }) => {
    await run(database, training(1))
    const both = [
      `with made as (${media('a', 1)} returning imdb_id)
       update atp.media_metadata set tagline = 'by the other half' where imdb_id = '${title(1)}'`,
      `with changed as (update atp.media_metadata set tagline = 'x' where imdb_id = '${title(1)}' returning imdb_id)
       ${media('a', 1)}`,
    ]
    for (const text of both) await expect(run(database, text)).rejects.toMatchObject({ code: '0A000' })
    expect(await values(database, 'select hash from atp.media')).toEqual([])
    await run(database, `${media('a', 1)}; update atp.media_metadata set tagline = 'x' where imdb_id = '${title(1)}'`)
    expect(await values(database, 'select tagline from atp.media')).toEqual(['x'])
    await expectInStep(database)
  })

  test("the legacy's own may write to another table while something is written back", async ({ database }) => {
    await run(
      database,
      `${media('a', 1)};
       ${training(1)};
       create function atp.count_on() returns trigger language plpgsql as $$
       begin
         insert into atp.prediction (imdb_id, prediction, probability, cm_value) values (new.imdb_id, 1, 0.5, 'tp')
         on conflict (imdb_id) do update set probability = 0.75;
         return null;
       end $$;
       create trigger count_on after update on atp.media for each row execute function atp.count_on()`,
    )
    await run(database, `update atp.downloads set uploader = 'one'`)
    await expectInStep(database)
    await run(database, `update atp.downloads set uploader = 'two'`)
    expect(await values(database, 'select probability from atp.media_metrics')).toEqual(['0.75'])
    await expectInStep(database)
  })
})
