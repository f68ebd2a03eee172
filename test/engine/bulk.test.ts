import { describe, expect } from 'vitest'
import { statusText } from '../../scripts/commands/status.ts'
import { status } from '../../scripts/engine/status.ts'
import { run as runCli } from '../cli/run.ts'
import { eventually } from '../support/processes.ts'
import { type Scratch, test as scratch } from '../support/scratch.ts'
import { bulk, contextOf, copied, expanded, legacyOf, made, proven } from './copying.ts'
import { gateAt } from './gate.ts'
import { expectNothingLeft, inside, started, uninterrupted, until } from './killing.ts'
import { one, run } from './migration.ts'
import { catalog } from './rebuild.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) =>
    use(await expanded({ rows: 300, version: 23, dirt: 0.1, seed: 13 })),
})

/** Starts a bulk copy and lets it go no further than the rows of files: other tables are loaded, and no key is there. */
async function bulkAtFiles(database: Scratch) {
  const { isWaitedAt, open } = await gateAt(database, 'atp.files')
  const copying = started(database, ['copy', '--bulk'])
  await until(
    copying,
    async () => (await isWaitedAt()) && Number(await one(database, 'select count(*) from atp.downloads')) > 0,
  )
  expect(copying.child.exitCode).toBeNull()
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
  for (const args of [['copy', '--bulk'], ['migrate']]) {
    test(`is no proof, and is taken back by ${args.join(' ')}`, async ({ database, source }) => {
      const shape = await catalog(database)
      const before = await legacyOf(database)
      await killedAtFiles(database)
      expect((await catalog(database)).length).toBeLessThan(shape.length)
      expect(await detached(database)).toBe('sluice.atp_detached')
      await expect(proven(database)).rejects.toThrow('a bulk load was interrupted')
      expect(statusText(await status(contextOf(database)))).toContain('Bulk load: under way or interrupted')
      // nobody waits for the locks of the dead
      await run(database, 'do $$ begin lock table atp.media in access exclusive mode nowait; end $$')
      const again = await runCli(args, database.url)
      expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('is taken back') })
      expect(await detached(database)).toBeNull()
      expect(statusText(await status(contextOf(database)))).not.toContain('Bulk load')
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

  test('and cannot be taken back: it does not go on without keys', async ({ database, source }) => {
    await run(
      database,
      `create function public.refuse() returns trigger language plpgsql as $$
       begin
         raise check_violation using message = 'not ' || lower(tg_op);
       end $$;
       create trigger refuse before insert on atp.files execute function public.refuse();
       create trigger keep before truncate on atp.files execute function public.refuse()`,
    )
    await expect(copied(database, bulk)).rejects.toMatchObject({
      cause: expect.objectContaining({ message: 'not truncate' }),
    })
    expect(await detached(database)).toBe('sluice.atp_detached')
    await run(database, 'drop function public.refuse() cascade')
    await copied(database, bulk)
    expect(await made(database)).toEqual(await uninterrupted(source))
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
