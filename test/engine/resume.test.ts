import { describe, expect } from 'vitest'
import { run as runCli } from '../cli/run.ts'
import { type Scratch, test as scratch, scratchDatabase } from '../support/scratch.ts'
import { expanded, legacyOf, made, proven, seeded } from './copying.ts'
import { expectNothingLeft, inside, started, uninterrupted, until } from './killing.ts'
import { one } from './migration.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) =>
    use(await expanded({ rows: 300, version: 23, dirt: 0.1, seed: 13 })),
})

const families = async (database: Scratch) =>
  Number(await one(database, 'select coalesce(sum(families), 0) from sluice.shard'))

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
