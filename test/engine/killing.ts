import { type ChildProcess, spawn } from 'node:child_process'
import { expect } from 'vitest'
import { cli } from '../cli/run.ts'
import { eventually } from '../support/processes.ts'
import { type Scratch, scratchDatabase } from '../support/scratch.ts'
import { bulk, copied, made } from './copying.ts'
import { one, run } from './migration.ts'

export const inside = `datname = current_database() and application_name = 'killed'`

export interface Started {
  child: ChildProcess
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>
}

/** A command in a process of its own, whose sessions are known by their name. */
export function started(database: Scratch, args: string[]): Started {
  const child = spawn(process.execPath, cli(...args), {
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
export async function until({ child }: Started, check: () => Promise<boolean>) {
  await eventually(async () => child.exitCode !== null || child.signalCode !== null || (await check()), 50)
}

/** No session of the killed process is left, with its locks and temporary tables. */
export async function expectNothingLeft(database: Scratch) {
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

const known = new Map<string | undefined, ReturnType<typeof made>>()

/** What a copy that nobody interrupts makes of the same legacy: it is made once. */
export function uninterrupted(source: string | undefined): ReturnType<typeof made> {
  const found = known.get(source) ?? makeUninterrupted(source)
  known.set(source, found)
  return found
}

async function makeUninterrupted(source: string | undefined) {
  const other = await scratchDatabase(source)
  try {
    await copied(other, bulk)
    return await made(other)
  } finally {
    await other.drop()
  }
}
