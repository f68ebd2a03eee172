import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { cli, run } from '../cli/run.ts'
import { test as scratch } from '../support/scratch.ts'
import { smallLegacy } from './legacy-template.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await smallLegacy()),
})

/** A migration in small batches, heard until it says `words`. */
async function startedMigration(url: string, words: RegExp, args: string[] = []) {
  const argv = cli('migrate', '--batch-size', '1', '--workers', '1', ...args)
  const child: ChildProcess = spawn(process.execPath, argv, { env: { ...process.env, DATABASE_URL: url } })
  const said = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk) => {
    said.stdout += chunk
  })
  child.stderr?.on('data', (chunk) => {
    said.stderr += chunk
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  while (!words.test(said.stderr) && child.exitCode === null) await setTimeout(20)
  return { child, said, ended }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends a copy between two batches, and the same command goes on`, async ({ database }) => {
    const { child, said, ended } = await startedMigration(database.url, /Backfill/, ['--json'])
    await setTimeout(300)
    child.kill(signal)
    // npm passes the terminal's signal on, so that it arrives twice: still one wish.
    child.kill(signal)
    expect(await ended).toBe(130)
    expect(said.stderr).toMatch(/stopped as asked.*Next: npm run migrate goes on where it stopped/)
    expect(JSON.parse(said.stdout)).toMatchObject({ error: { values: { phase: 'syncing' } } })
    const [copied] = await database.connection.db.execute<{ n: number }>(
      sql`select count(*)::int as n from atp.media_metadata`,
    )
    expect(copied?.n).toBeLessThan(400)
    if (signal === 'SIGINT') expect((await run(['migrate'], database.url)).code).toBe(0)
  })
}

test('a second Ctrl-C ends the process at once', async ({ database }) => {
  // A writer that the bulk copy waits for, so that nothing but the second signal ends it.
  await run(['migrate'], database.url)
  const { db } = database.connection
  await db.transaction(async (tx) => {
    await tx.execute(sql`lock table atp.media in exclusive mode`)
    const { child, ended } = await startedMigration(database.url, /Waiting for session/, ['--bulk'])
    child.kill('SIGINT')
    await setTimeout(700)
    const startedAt = Date.now()
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(Date.now() - startedAt).toBeLessThan(1000)
  })
})
