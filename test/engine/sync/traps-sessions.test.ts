import { setTimeout as sleep } from 'node:timers/promises'
import type postgres from 'postgres'
import { describe, expect } from 'vitest'
import { startSync, stopSync } from '../../../scripts/engine/sync/index.ts'
import { eventually } from '../../support/processes.ts'
import type { Scratch } from '../../support/scratch.ts'
import { contextOf, copyIn, run, syncIn } from '../migration.ts'
import {
  asApplication,
  asTwo,
  codeOf,
  expectInStep,
  hash,
  living,
  media,
  prediction,
  someoneWaits,
  title,
  training,
  values,
  writeOwn,
} from './alive.ts'

const test = living()

const titles = [1, 2, 3, 4, 5, 6]
const seed = async (database: Scratch) => {
  for (const [i, letter] of [...'abcdef'].entries()) await run(database, media(letter, titles[i] ?? 0))
  for (const number of titles) await run(database, training(number))
}

describe('two sessions on one family', () => {
  test('serialise, though they write different tables: who waits sees what the other wrote', async ({ database }) => {
    await seed(database)
    await asTwo(database, async (one, other) => {
      await one`begin`
      await one`update media set tagline = 'one' where hash = ${hash('a')}`
      const waiting = codeOf(other`update training set label = 'would_not_watch' where imdb_id = ${title(1)}`)
      await someoneWaits(database)
      await one`commit`
      expect(await waiting).toBe('done')
    })
    const shown = `select tagline, label::text from atp.media_metadata where imdb_id = '${title(1)}'`
    expect(await run(database, shown)).toEqual([{ tagline: 'one', label: 'would_not_watch' }])
    await expectInStep(database)
  })

  for (const isolation of ['repeatable read', 'serializable'])
    test(`${isolation}: a stale snapshot ends in 40001, and not in a lost write`, async ({ database }) => {
      await seed(database)
      const correct = `update training set label = 'would_not_watch' where imdb_id = '${title(1)}'`
      await asTwo(database, async (one, other) => {
        await other.unsafe(`begin isolation level ${isolation}`)
        await other`select count(*) from training`
        await one`update media set tagline = 'one' where hash = ${hash('a')}`
        expect(await codeOf(other.unsafe(correct))).toBe('40001')
        await other`rollback`
        await other.unsafe(correct)
      })
      const shown = `select tagline, label::text from atp.media_metadata where imdb_id = '${title(1)}'`
      expect(await run(database, shown)).toEqual([{ tagline: 'one', label: 'would_not_watch' }])
      await expectInStep(database)
    })

  test('families are locked in their order: statements over all of them do not deadlock', async ({ database }) => {
    await seed(database)
    await asTwo(database, async (one, other) => {
      const rounds = Array.from({ length: 15 }, (_, i) => `n${i}`)
      const told = await Promise.all([
        ...rounds.map((mark) => codeOf(one`update media set tagline = ${mark}`)),
        ...rounds.map((mark) => codeOf(other`update training set overview = ${mark}`)),
      ])
      expect(new Set(told)).toEqual(new Set(['done']))
    })
    await expectInStep(database)
  })

  for (const [how, giveUp] of [
    ['changed', `update media_metadata set tmdb_id = null where imdb_id = '${title(7)}'`],
    ['deleted', `delete from media_metadata where imdb_id = '${title(7)}'`],
  ] as const)
    test(`a value of the target's own that is ${how} goes to who has come to wait for it meanwhile`, async ({
      database,
    }) => {
      await seed(database)
      await writeOwn(database)
      await run(database, `update atp.media_metadata set tmdb_id = 104 where imdb_id = '${title(7)}'`)
      await asTwo(database, async (one, other) => {
        await one`begin`
        await one`update media set tmdb_id = 104 where hash = ${hash('b')}`
        const waiting = codeOf(other.unsafe(giveUp))
        await someoneWaits(database)
        await one`commit`
        expect(await waiting).toBe('done')
      })
      expect(await values(database, 'select imdb_id from atp.media_metadata where tmdb_id = 104')).toEqual([title(2)])
      await expectInStep(database)
    })

  test('who changes no row that an application holds does not wait for it: a copy, and a write to the legacy', async ({
    database,
  }) => {
    await seed(database)
    const holding = async (one: postgres.Sql) => {
      const [before] = await one`select pg_backend_pid()`
      await one`begin`
      for (const table of ['downloads', 'files', 'media_metadata', 'media_metrics'])
        await one.unsafe(`select from ${table} for no key update`)
      await copyIn(database)
      await run(database, media('0', 1, { created_at: '2000-01-01' }))
      // its families are nobody's now, and it does not wait for whom waits for it
      await one`update downloads set pipeline_status = 'paused'`
      await one`commit`
      expect(await one`select pg_backend_pid()`).toEqual([before])
    }
    // a session that is waited for comes to an end
    await asApplication(database, holding, { idle_in_transaction_session_timeout: '20s' })
    expect(await values(database, 'select distinct pipeline_status::text from atp.media')).toEqual(['paused'])
    await expectInStep(database)
  })

  test('a deadlock across statements ends in 40P01, never in divergence', async ({ database }) => {
    await seed(database)
    await asTwo(database, async (one, other) => {
      for (const each of [one, other]) await each`begin`
      await one`update media set tagline = 'one' where imdb_id = ${title(1)}`
      await other`update training set tagline = 'other' where imdb_id = ${title(2)}`
      const waiting = codeOf(one`update media set tagline = 'one' where imdb_id = ${title(2)}`)
      await someoneWaits(database)
      const told = [
        await codeOf(other`update training set tagline = 'other' where imdb_id = ${title(1)}`),
        await waiting,
      ]
      expect(told.sort()).toEqual(['40P01', 'done'])
      for (const each of [one, other]) await each`commit`
    })
    const written = await values(
      database,
      `select distinct tagline from atp.media where tagline is not null
       union
       select distinct tagline from atp.training where tagline is not null`,
    )
    expect(written).toHaveLength(1)
    await expectInStep(database)
  })
})

describe('DDL under load', () => {
  const lockTimeout = 300

  /** Reads media, each time in a transaction of its own, until two seconds after somebody has asked for a lock in vain. */
  const reading = `
    do $$
    declare
      start timestamptz := clock_timestamp();
      began timestamptz;
      asked timestamptz;
      longest interval := '0';
    begin
      loop
        began := clock_timestamp();
        perform from atp.media limit 1;
        longest := greatest(longest, clock_timestamp() - began);
        commit;
        if asked is null and (longest > '100 ms' or exists (
          select from pg_locks where relation = 'atp.media'::regclass and not granted)) then
          asked := clock_timestamp();
        end if;
        exit when clock_timestamp() > coalesce(asked + '2 s', start + '20 s');
        perform pg_sleep(0.005);
      end loop;
      perform set_config('test.longest', (extract(epoch from longest) * 1000)::text, false);
    end $$`

  /** How many milliseconds a reader of media waited at most while `ddl` tried, and what was said; `blocker` ends meanwhile. */
  async function under(
    database: Scratch,
    blocker: string,
    ddl: (context: ReturnType<typeof contextOf>) => Promise<unknown>,
  ) {
    const notes: string[] = []
    const report = { note: (text: string) => notes.push(text), progress: () => {} }
    let longest = 0
    let pid = 0
    await asTwo(database, async (holder, reader) => {
      await holder`begin`
      await holder.unsafe(blocker)
      pid = (await holder`select pg_backend_pid() as pid`)[0]?.pid
      await reader`select`
      let ended = false
      const changing = ddl({ ...contextOf(database), report, lockTimeout }).finally(() => {
        ended = true
      })
      await reader.unsafe(reading)
      longest = Number((await reader`select current_setting('test.longest') as longest`)[0]?.longest)
      expect(ended).toBe(false)
      await holder`commit`
      await changing
    })
    return { longest, notes, pid }
  }

  test("a reader never queues behind sync's stop for longer than the lock timeout, and a line says who blocks", async ({
    database,
  }) => {
    await run(database, media('a', 1))
    const { longest, notes, pid } = await under(database, 'select from media', stopSync)
    expect(longest).toBeLessThan(lockTimeout + 700)
    expect(notes.join('\n')).toMatch(new RegExp(`Waiting for session ${pid}`))
  })

  test("a reader never queues behind sync's start for longer than the lock timeout, and a line says who blocks", async ({
    database,
  }) => {
    await run(database, media('a', 1))
    await stopSync(contextOf(database))
    const { longest, notes, pid } = await under(database, `update media set uploader = 'held'`, startSync)
    expect(longest).toBeLessThan(lockTimeout + 700)
    expect(notes.join('\n')).toMatch(new RegExp(`Waiting for session ${pid}`))
  })

  test('a stop that was given up goes on from there when it is asked for again', async ({ database }) => {
    await asApplication(database, async (session) => {
      await session`begin`
      await session`select from media`
      const stopping = stopSync({ ...contextOf(database), lockTimeout: 1, signal: AbortSignal.timeout(1500) })
      await expect(stopping).rejects.toThrow()
      await session`commit`
    })
    await stopSync(contextOf(database))
    await syncIn(database)
    await run(database, media('a', 1))
    await expectInStep(database)
  })
})

describe('while not all of the legacy tables tell of what is written to them, nobody settles a family', () => {
  const triggersOn = (database: Scratch, table: string) =>
    values(
      database,
      `select count(*)::integer from pg_trigger where tgrelid = '${table}'::regclass and tgname = 'sluice_sync_update'`,
    )
  const told = (database: Scratch, table: string, triggers: number) =>
    eventually(async () => (await triggersOn(database, table))[0] === triggers)

  test('as sync starts: who has written meanwhile is waited for, and the copy brings it over', async ({ database }) => {
    await seed(database)
    await run(database, prediction(1))
    await stopSync(contextOf(database))
    await asTwo(database, async (one, other) => {
      await one`begin`
      await one`update prediction set probability = 0.25`
      const starting = startSync(contextOf(database))
      await told(database, 'atp.training', 1)
      await other`begin`
      await other`update training set tagline = 'meanwhile'`
      expect(await other`select from sluice.family`).toHaveLength(0)
      expect(await other`select from media_metadata where tagline = 'meanwhile'`).toHaveLength(0)
      await one`commit`
      await told(database, 'atp.prediction', 1)
      // longer than an attempt at a lock, and some
      await sleep(700)
      expect(await triggersOn(database, 'atp.media_metadata')).toEqual([0])
      await other`commit`
      await starting
    })
    await copyIn(database)
    expect(await values(database, 'select distinct tagline from atp.media_metadata')).toEqual(['meanwhile'])
    expect(await values(database, 'select probability::float8 from atp.media_metrics')).toEqual([0.25])
    await expectInStep(database)
  })

  test('as sync stops', async ({ database }) => {
    await seed(database)
    await run(database, prediction(1))
    await asTwo(database, async (one, other) => {
      await one`begin`
      await one`select from prediction`
      const stopping = stopSync(contextOf(database))
      await told(database, 'atp.training', 0)
      await other`update prediction set probability = 0.25`
      expect(await values(database, 'select probability::float8 from atp.media_metrics')).toEqual([0.5])
      await one`commit`
      await stopping
    })
    await syncIn(database)
    await copyIn(database)
    expect(await values(database, 'select probability::float8 from atp.media_metrics')).toEqual([0.25])
    await expectInStep(database)
  })

  test('and a write to the target is told to try again', async ({ database }) => {
    await seed(database)
    await run(database, `alter table atp.media disable trigger sluice_sync_update`)
    await asTwo(database, async (one, other) => {
      await one`begin`
      await one`select from training`
      const starting = startSync(contextOf(database))
      const write = `update downloads set pipeline_status = 'paused'`
      await eventually(async () => (await codeOf(other.unsafe(write))) === '40001')
      expect(await codeOf(other.unsafe(write))).toBe('40001')
      await one`commit`
      await starting
      expect(await codeOf(other.unsafe(write))).toBe('done')
    })
    await copyIn(database)
    expect(await values(database, 'select distinct pipeline_status::text from atp.media')).toEqual(['paused'])
    await expectInStep(database)
  })
})
