import { type ChildProcess, spawn } from 'node:child_process'
import { describe, expect } from 'vitest'
import { cli, run as runCli } from '../cli/run.ts'
import { eventually } from '../support/processes.ts'
import { type Scratch, test as scratch, scratchDatabase } from '../support/scratch.ts'
import { bulk, copied, expanded, legacyOf, made, proven, seeded } from './copying.ts'
import { one, run } from './migration.ts'
import { catalog } from './rebuild.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) =>
    use(await expanded({ rows: 300, version: 23, dirt: 0.1, seed: 13 })),
})

const inside = `datname = current_database() and application_name = 'killed'`

interface Started {
  child: ChildProcess
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>
}

/** A command in a process of its own, whose sessions are known by their name. */
function started(database: Scratch, args: string[]): Started {
  const child = spawn(process.execPath, ['--import', 'tsx', cli, ...args], {
    env: { ...process.env, DATABASE_URL: `${database.url}?application_name=killed` },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr?.on('data', (data) => {
    stderr += data
  })
  const ended = new Promise<Awaited<Started['ended']>>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stderr })),
  )
  return { child, ended }
}

/** Waits until something holds, or the process has ended. */
async function until({ child }: Started, check: () => Promise<boolean>) {
  await eventually(async () => child.exitCode !== null || child.signalCode !== null || (await check()), 50)
}

const families = async (database: Scratch) =>
  Number(await one(database, 'select coalesce(sum(families), 0) from sluice.shard'))

/** No session of the killed process is left, with its locks and temporary tables. */
async function expectNothingLeft(database: Scratch) {
  await eventually(
    async () => Number(await one(database, `select count(*) from pg_stat_activity where ${inside}`)) === 0,
  )
  expect(
    await run(
      database,
      `select locktype, mode from pg_locks where database = (select oid from pg_database where datname = current_database()) and locktype = 'advisory'`,
    ),
  ).toEqual([])
  // the session's own schema of temporary tables is emptied as it ends
  expect(await run(database, `select relname from pg_class where relpersistence = 't'`)).toEqual([])
}

/** What a copy that nobody interrupts makes of the same legacy. */
async function uninterrupted(source: string | undefined) {
  const other = await scratchDatabase(source)
  try {
    await copied(other, bulk)
    return await made(other)
  } finally {
    await other.drop()
  }
}

const small = ['--batch-size', '4', '--workers', '2']

describe('killed with SIGKILL', () => {
  test('at any moment, several times, the same command finishes: each row exactly once', async ({
    database,
    source,
  }) => {
    const before = await legacyOf(database)
    const random = seeded(5)
    let reached = 0
    for (let kill = 0; kill < 3; kill++) {
      const copying = started(database, ['copy', ...small])
      const wanted = reached + Math.floor(random() * 25)
      await until(copying, async () => (await families(database)) > wanted)
      copying.child.kill('SIGKILL')
      expect((await copying.ended).signal).toBe('SIGKILL')
      await expectNothingLeft(database)
      expect(await families(database), 'what is done stays done').toBeGreaterThanOrEqual(reached)
      reached = await families(database)
    }
    expect(await one(database, 'select count(*) from sluice.shard where not finished')).not.toBe('0')
    expect((await runCli(['copy'], database.url)).code).toBe(0)
    expect(await proven(database)).toMatchObject({ identical: true })
    expect(await made(database)).toEqual(await uninterrupted(source))
    expect(await legacyOf(database)).toEqual(before)
    const total = await one(
      database,
      'select count(*) from (select imdb_id from atp.training union select imdb_id from atp.prediction union select coalesce(imdb_id, hash) from atp.media) as t',
    )
    expect(await families(database)).toBe(Number(total))
  })

  test('a whole migration, also before its first batch', async ({ source }) => {
    const database = await scratchDatabase(source)
    try {
      for (const phase of [/Plan:/, /Expand:/, /Backfill:/]) {
        const migrating = started(database, ['migrate', ...small])
        let heard = ''
        migrating.child.stderr?.on('data', (data) => {
          heard += data
        })
        await until(migrating, async () => phase.test(heard))
        migrating.child.kill('SIGKILL')
        await migrating.ended
        await expectNothingLeft(database)
      }
      expect((await runCli(['migrate', '--batch-size', '1000'], database.url)).code).toBe(0)
      expect(await made(database)).toEqual(await uninterrupted(source))
    } finally {
      await database.drop()
    }
  })
})

/** Starts a bulk copy and lets it go no further than the rows of files: other tables are loaded, and no key is there. */
async function bulkAtFiles(database: Scratch) {
  await run(
    database,
    `create function public.wait() returns trigger language plpgsql as $$
     begin
       perform pg_advisory_xact_lock_shared(42);
       return null;
     end $$;
     create trigger wait before insert on atp.files execute function public.wait()`,
  )
  const gate = await database.connection.db.$client.reserve()
  await gate`select pg_advisory_lock(42)`
  const copying = started(database, ['copy', '--bulk'])
  await until(
    copying,
    async () =>
      (await run(database, `select from pg_locks where locktype = 'advisory' and objid = 42 and not granted`)).length >
        0 && Number(await one(database, 'select count(*) from atp.downloads')) > 0,
  )
  expect(copying.child.exitCode).toBeNull()
  const open = async () => {
    await gate`select pg_advisory_unlock(42)`
    gate.release()
    await run(database, 'drop trigger wait on atp.files; drop function public.wait()')
  }
  return { ...copying, open }
}

async function killedAtFiles(database: Scratch) {
  const { child, ended, open } = await bulkAtFiles(database)
  child.kill('SIGKILL')
  await ended
  await eventually(
    async () => Number(await one(database, `select count(*) from pg_stat_activity where ${inside}`)) === 0,
  )
  await open()
  await expectNothingLeft(database)
}

const detached = (database: Scratch) => one(database, `select to_regproc('sluice.atp_detached')::text`)

describe('a bulk copy that is killed while it loads', () => {
  for (const args of [['copy', '--bulk'], ['copy'], ['migrate']]) {
    test(`is no proof, and is taken back by ${args.join(' ')}`, async ({ database, source }) => {
      const shape = await catalog(database)
      const before = await legacyOf(database)
      await killedAtFiles(database)
      expect((await catalog(database)).length).toBeLessThan(shape.length)
      expect(await detached(database)).toBe('sluice.atp_detached')
      expect(await runCli(['verify'], database.url)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/a bulk load was interrupted.*Next: npm run copy takes back/),
      })
      // nobody waits for the locks of the dead
      await run(database, 'do $$ begin lock table atp.media in access exclusive mode nowait; end $$')
      const again = await runCli(args, database.url)
      expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('is taken back') })
      expect(await detached(database)).toBeNull()
      expect(await legacyOf(database)).toEqual(before)
      expect(await made(database)).toEqual(await uninterrupted(source))
      expect(await proven(database)).toMatchObject({ identical: true })
      if (args[0] === 'copy') expect(await catalog(database)).toEqual(shape)
    })
  }

  test('is rolled back like any other', async ({ database }) => {
    await killedAtFiles(database)
    expect((await runCli(['rollback', '--yes'], database.url)).code).toBe(0)
    expect(await one(database, `select to_regclass('atp.downloads')::text`)).toBeNull()
    expect(await detached(database)).toBeNull()
  })
})

describe('stopped with SIGINT', () => {
  test('a copy ends between two batches, says what is done and how to go on, and goes on', async ({
    database,
    source,
  }) => {
    const copying = started(database, ['copy', ...small])
    await until(copying, async () => (await families(database)) > 20)
    copying.child.kill('SIGINT')
    const { code, stderr } = await copying.ended
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: expect.stringMatching(
        /stopped as asked; every finished batch is kept \(.*families copied = \d+.*Next: npm run copy goes on where it stopped/,
      ),
    })
    await expectNothingLeft(database)
    const done = await families(database)
    expect(stderr).toContain(`families copied = ${done}`)
    expect((await runCli(['copy'], database.url)).code).toBe(0)
    expect(await made(database)).toEqual(await uninterrupted(source))
  })
})

describe('a bulk copy that is stopped or fails while it loads', () => {
  test('with SIGINT: the target is empty again, and has its keys', async ({ database, source }) => {
    const shape = await catalog(database)
    const { child, ended, open } = await bulkAtFiles(database)
    child.kill('SIGINT')
    await open()
    expect((await ended).code).toBe(130)
    await expectNothingLeft(database)
    expect(await detached(database)).toBeNull()
    expect(await catalog(database)).toEqual(shape)
    for (const rows of Object.values(await made(database))) expect(rows).toEqual([])
    expect((await runCli(['copy', '--bulk'], database.url)).code).toBe(0)
    expect(await made(database)).toEqual(await uninterrupted(source))
  })

  test('by a table that may not be written: one clear line, and the target is empty again', async ({ database }) => {
    await run(
      database,
      `create function public.refuse() returns trigger language plpgsql as $$
       begin
         raise insufficient_privilege using message = 'not now';
       end $$;
       create trigger refuse before insert on atp.files execute function public.refuse()`,
    )
    const shape = await catalog(database)
    expect(await runCli(['copy', '--bulk'], database.url)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not now'),
    })
    expect(await detached(database)).toBeNull()
    expect(await catalog(database)).toEqual(shape)
    for (const rows of Object.values(await made(database))) expect(rows).toEqual([])
  })

  test('by the end of one of its sessions: exit 1, and the same command finishes', async ({ database, source }) => {
    const { ended, open } = await bulkAtFiles(database)
    await run(
      database,
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 42 and not granted`,
    )
    expect((await ended).code).toBe(1)
    await open()
    expect((await runCli(['copy', '--bulk'], database.url)).code).toBe(0)
    expect(await made(database)).toEqual(await uninterrupted(source))
  })
})

describe('when the server ends sessions', () => {
  const which: Record<string, string> = {
    'all of them': 'true',
    'the one that holds the lock': `pid in (select pid from pg_locks where locktype = 'advisory' and granted)`,
    'one that carries': `pid = (select min(pid) from pg_locks join pg_class on pg_class.oid = relation where relpersistence = 't' and pid <> pg_backend_pid())`,
  }
  for (const [name, condition] of Object.entries(which)) {
    test(`${name}: one clear line, exit 1, and the same command goes on`, async ({ database, source }) => {
      const copying = started(database, ['copy', ...small])
      await until(copying, async () => (await families(database)) > 10)
      await until(
        copying,
        async () =>
          Number(
            await one(
              database,
              `select count(pg_terminate_backend(pid)) from pg_stat_activity where ${inside} and ${condition}`,
            ),
          ) > 0,
      )
      const { code, stderr } = await copying.ended
      expect({ code, stderr }).toMatchObject({ code: 1 })
      const said = stderr
        .trim()
        .split('\n')
        .filter((line) => !/^(copy|Copying|copying)\b/i.test(line))
      expect(said).toEqual([
        expect.stringMatching(
          /^(the server (ended the session|closed the connection)|the session with the server was lost|the connection has ended).*Next: .*(same command|command again)/,
        ),
      ])
      await expectNothingLeft(database)
      expect((await runCli(['copy'], database.url)).code).toBe(0)
      expect(await proven(database)).toMatchObject({ identical: true })
      expect(await made(database)).toEqual(await uninterrupted(source))
    })
  }
})
