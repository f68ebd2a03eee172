import { expect } from 'vitest'
import { statusText } from '../../scripts/commands/status.ts'
import { status } from '../../scripts/engine/status.ts'
import { stopSync } from '../../scripts/engine/sync/index.ts'
import { eventually } from '../support/processes.ts'
import { type Scratch, test as scratch } from '../support/scratch.ts'
import { contractIn, verifiedLegacy } from './going-back.ts'
import { contextOf, copyIn, run, syncIn, verifyIn } from './migration.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await verifiedLegacy()),
})

/** What the status says of the sync, and what it says comes next. */
async function said(database: Scratch) {
  const found = await status(contextOf(database))
  const lines = statusText(found).split('\n')
  const line = (start: string) => lines.find((each) => each.startsWith(start))?.slice(start.length)
  return {
    phase: found.phase,
    sync: line('Sync: '),
    unheld: line('A rollback could not restore exactly: '),
    next: line('Next: '),
  }
}

test('status says whether both shapes are kept in step, and what comes next', async ({ database }) => {
  expect(await said(database)).toEqual({
    phase: 'verified',
    sync: 'on',
    unheld: '0 rows',
    next: expect.stringContaining('npm run contract'),
  })
  await run(database, 'alter table atp.media disable trigger sluice_sync_insert')
  expect(await said(database)).toMatchObject({
    sync: 'partly',
    next: expect.stringMatching(/^npm run sync, npm run copy/),
  })
  await stopSync(contextOf(database))
  expect(await said(database)).toMatchObject({
    phase: 'expanded',
    sync: 'off',
    next: expect.stringContaining('npm run sync'),
  })
  await copyIn(database)
  await verifyIn(database)
  expect(await said(database)).toMatchObject({
    phase: 'verified',
    sync: 'off',
    next: expect.stringMatching(/^npm run sync/),
  })
  await syncIn(database)
  expect(await said(database)).toMatchObject({
    phase: 'syncing',
    sync: 'on',
    next: 'npm run copy, then npm run verify',
  })
  await copyIn(database)
  expect(await said(database)).toMatchObject({ phase: 'syncing', next: 'npm run verify' })
  await verifyIn(database)
  await contractIn(database)
  expect(await said(database)).toMatchObject({ phase: 'contracted', sync: undefined, unheld: undefined })
})

test('and what it costs, where the server counts it', async ({ database }) => {
  expect((await status(contextOf(database))).syncCost).toBeNull()
  const session = await database.connection.db.$client.reserve()
  await session.unsafe(`set track_functions = 'pl'; update atp.media set uploader = 'counted'`)
  await eventually(async () => {
    await session.unsafe('select')
    return (await status(contextOf(database))).syncCost !== null
  })
  session.release()
  const { syncCost } = await status(contextOf(database))
  expect(syncCost?.calls).toBe(1)
  expect(syncCost?.mean).toBeGreaterThan(0)
  expect((await said(database)).sync).toMatch(/^on; 1 statement followed, \d+\.\d\d ms each$/)
})
