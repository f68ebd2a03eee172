import { spawn } from 'node:child_process'
import { once } from 'node:events'
import postgres from 'postgres'
import { expect } from 'vitest'
import { cli } from '../cli/run.ts'
import { eventually } from '../support/processes.ts'
import { type Scratch, test as scratch } from '../support/scratch.ts'
import { catalogsOf } from './catalogs.ts'
import { contractedLegacy, contractIn, legacyRows, phaseIn, rollbackIn, verifiedLegacy } from './going-back.ts'
import { one } from './migration.ts'

const verified = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await verifiedLegacy()),
})

const contracted = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await contractedLegacy()),
})

/**
 * Kills a command in the midst of its work: a reader holds a table, so that the command has done everything but what
 * needs that table for itself alone.
 */
async function killed(database: Scratch, command: string, table: string): Promise<void> {
  const reader = postgres(database.url, { max: 1, connection: { application_name: 'reader' } })
  const held = await reader.reserve()
  await held.unsafe(`begin; lock table ${table} in access share mode`)
  const child = spawn(process.execPath, cli(command, '--yes'), {
    env: { ...process.env, DATABASE_URL: database.url },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  const others = `from pg_locks as l
    join pg_stat_activity as a using (pid)
    where a.datname = current_database() and a.application_name = 'sluice'`
  await eventually(
    async () =>
      Number(
        await one(
          database,
          `
    select count(*)::int ${others} and l.mode = 'AccessExclusiveLock' and not l.granted`,
        ),
      ) > 0,
  )
  child.kill('SIGKILL')
  await ended
  await eventually(
    async () =>
      Number(
        await one(
          database,
          `
    select count(*)::int ${others} and l.mode in ('ShareLock', 'AccessExclusiveLock') and l.locktype = 'relation'`,
        ),
      ) === 0,
  )
  await held.unsafe('rollback')
  held.release()
  await reader.end()
}

verified('a contract that is killed has not happened, and can be done again', async ({ database }) => {
  const before = { catalogs: await catalogsOf(database), rows: await legacyRows(database) }
  await killed(database, 'contract', 'atp.training')
  expect(await phaseIn(database)).toBe('verified')
  expect({ catalogs: await catalogsOf(database), rows: await legacyRows(database) }).toEqual(before)
  await contractIn(database)
  expect(await phaseIn(database)).toBe('contracted')
})

contracted('a rollback that is killed has not happened, and can be done again', async ({ database }) => {
  const before = await catalogsOf(database)
  await killed(database, 'rollback', 'atp.files')
  expect(await phaseIn(database)).toBe('contracted')
  expect(await catalogsOf(database)).toEqual(before)
  expect(await rollbackIn(database)).toMatchObject({ from: 'contracted', archived: {} })
  expect(await phaseIn(database)).toBe('legacy')
})
