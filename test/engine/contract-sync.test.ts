import { migrate } from 'drizzle-orm/postgres-js/migrator'
import { describe, expect } from 'vitest'
import { contract } from '../../scripts/engine/contract/index.ts'
import { stepsFolder } from '../../scripts/engine/preflight/steps.ts'
import { status } from '../../scripts/engine/status.ts'
import { stopSync } from '../../scripts/engine/sync/index.ts'
import { atp } from '../../scripts/systems/atp/index.ts'
import { eventually } from '../support/processes.ts'
import { type Scratch, test as scratch } from '../support/scratch.ts'
import { contractIn, legacyRows, phaseIn, rollbackIn, verifiedLegacy } from './going-back.ts'
import { contextOf, copyIn, one, run, syncIn, verifyIn } from './migration.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await verifiedLegacy()),
})

const refusal = (words: RegExp) => ({ exitCode: 2, line: expect.stringMatching(words) })

/** The steps of the contract by themselves, without what the command asks before. */
const steps = (database: Scratch) => migrate(database.connection.db, { migrationsFolder: stepsFolder(atp, 'contract') })

/** How the guard among them refuses. */
const guarded = (words: RegExp) => ({ cause: { code: 'SLUIC', message: expect.stringMatching(words) } })

/** What Sluice has left behind that runs when somebody writes. */
const leftovers = (database: Scratch) =>
  run(
    database,
    `select tgname::text as name from pg_trigger where tgname like 'sluice%'
     union all
     select proname::text from pg_proc where pronamespace = to_regnamespace('sluice') and proname <> all (array['atp_differences', 'atp_dependents', 'atp_definitions'])`,
  )

const download = 'd'.repeat(40)

describe('while both shapes are alive', () => {
  test('writes to either go on and stay proven, and the contract keeps them all', async ({ database }) => {
    await run(
      database,
      `update atp.media set uploader = 'the old way' where hash = (select min(hash) from atp.media);
       update atp.downloads set uploader = 'the new way' where hash = (select max(hash) from atp.downloads);
       insert into atp.media (hash, media_type, original_title) values ('${download}', 'movie', 'Late.2026.mkv')`,
    )
    expect(await phaseIn(database)).toBe('verified')
    const before = await legacyRows(database)
    expect(await contractIn(database, true)).toMatchObject({ views: ['atp.media', 'atp.training', 'atp.prediction'] })
    expect(await legacyRows(database)).toEqual(before)
    expect(await one(database, `select original_title from atp.downloads where hash = '${download}'`)).toBe(
      'Late.2026.mkv',
    )
  })

  test('nothing of the sync is left after the contract, and the target is written as ever', async ({ database }) => {
    const rows = await legacyRows(database)
    await contractIn(database)
    expect(await leftovers(database)).toEqual([])
    expect(await run(database, `select statement from sluice.definition where statement ~ 'sluice_'`)).toEqual([])
    await run(
      database,
      `insert into atp.downloads (hash, original_title) values ('${download}', 'after');
       update atp.downloads set original_title = 'changed' where hash = '${download}';
       delete from atp.downloads where hash = '${download}'`,
    )
    expect(await one(database, `select count(*)::int from sluice.family where family = '${download}'`)).toBe(0)
    await rollbackIn(database)
    expect(await legacyRows(database)).toEqual(rows)
    expect(await leftovers(database)).toEqual([])
  })

  test('a transaction that has read and waits to write is let through, and is in the proof', async ({ database }) => {
    const both = await database.connection.db.$client.reserve()
    await both.unsafe('begin; select count(*) from atp.media')
    const contracting = contractIn(database, true)
    await eventually(async () => {
      const granted = await one(
        database,
        `select count(*)::int from pg_locks where relation = 'atp.media'::regclass and mode = 'ShareLock' and granted`,
      )
      return granted === 1
    })
    const [row] = await both.unsafe(
      `update atp.media set uploader = 'between' where hash = (select min(hash) from atp.media) returning hash`,
    )
    await both.unsafe('commit')
    both.release()
    await contracting
    expect(await one(database, `select uploader from atp.downloads where hash = '${row?.hash}'`)).toBe('between')
  })
})

/** Writes to a table, row after row, until it is told to end or meets an error; what it wrote last and was told to be safe. */
function writer(database: Scratch, table: string, key: string) {
  let ended = false
  let last = ''
  let failed: Error | undefined
  const writing = (async () => {
    for (let n = 0; !ended; n++) {
      await run(database, `update ${table} set uploader = 'write ${n}' where hash = '${key}'`)
      last = `write ${n}`
    }
  })().catch((error: Error) => {
    failed = error
  })
  const end = async () => {
    ended = true
    await writing
    return { last, error: failed?.message }
  }
  const wrote = () => {
    if (failed) throw failed
    return last
  }
  return { end, wrote }
}

describe('while applications go on writing', () => {
  test('the contract drops nothing that was acknowledged, and who writes the target goes on', async ({ database }) => {
    const [a, b] = (await run(database, 'select hash from atp.media order by hash limit 2')).map(({ hash }) =>
      String(hash),
    )
    const [old, fresh] = [writer(database, 'atp.media', a ?? ''), writer(database, 'atp.downloads', b ?? '')]
    await eventually(() => old.wrote() !== '' && fresh.wrote() !== '')
    await contractIn(database)
    const before = fresh.wrote()
    await eventually(() => fresh.wrote() !== before)
    const [oldest, freshest] = [await old.end(), await fresh.end()]
    expect(oldest.error).toMatch(/relation .* does not exist/)
    expect(freshest.error).toBeUndefined()
    const uploader = (key = '') => one(database, `select uploader from atp.downloads where hash = '${key}'`)
    expect([await uploader(a), await uploader(b)]).toEqual([oldest.last, freshest.last])
  })

  test('a rollback loses nothing that was acknowledged, and who writes the legacy goes on', async ({ database }) => {
    const [a, b] = (await run(database, 'select hash from atp.media order by hash limit 2')).map(({ hash }) =>
      String(hash),
    )
    const [old, fresh] = [writer(database, 'atp.media', a ?? ''), writer(database, 'atp.downloads', b ?? '')]
    await eventually(() => old.wrote() !== '' && fresh.wrote() !== '')
    await rollbackIn(database)
    const before = old.wrote()
    await eventually(() => old.wrote() !== before)
    const [oldest, freshest] = [await old.end(), await fresh.end()]
    expect(oldest.error).toBeUndefined()
    expect(freshest.error).toMatch(/relation .* does not exist/)
    const uploader = (key = '') => one(database, `select uploader from atp.media where hash = '${key}'`)
    expect([await uploader(a), await uploader(b)]).toEqual([oldest.last, freshest.last])
  })
})

describe('the contract refuses, and drops nothing', () => {
  test('with sync off', async ({ database }) => {
    await stopSync(contextOf(database))
    await expect(contractIn(database)).rejects.toMatchObject(refusal(/expanded.*npm run sync, npm run copy and/))
    await expect(steps(database)).rejects.toMatchObject(guarded(/phase expanded.*npm run sync, npm run copy and/))
    await run(database, `update sluice.migration set phase = 'verified'`)
    await expect(contractIn(database)).rejects.toMatchObject(refusal(/not kept in step \(.*sync = off/))
    await expect(steps(database)).rejects.toMatchObject(guarded(/not kept in step: atp.media, .*npm run sync/))
    expect(await one(database, `select count(*)::int from atp.media`)).toBeGreaterThan(0)
  })

  test('after a bulk copy, which nothing has kept in step since', async ({ database }) => {
    await stopSync(contextOf(database))
    await copyIn(database, { bulk: true })
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    expect(await phaseIn(database)).toBe('verified')
    await expect(contractIn(database)).rejects.toMatchObject(refusal(/not kept in step.*npm run sync/))
    await syncIn(database)
    await expect(contractIn(database)).rejects.toMatchObject(refusal(/syncing.*npm run copy/))
    await copyIn(database)
    await verifyIn(database)
    await contractIn(database)
  })

  test('with a trigger disabled or gone', async ({ database }) => {
    await run(database, 'alter table atp.training disable trigger sluice_sync_update')
    expect(await status(contextOf(database))).toMatchObject({ sync: 'partly', phase: 'verified' })
    await expect(contractIn(database)).rejects.toMatchObject(refusal(/not kept in step \(.*sync = partly/))
    await expect(steps(database)).rejects.toMatchObject(guarded(/not kept in step: atp.training lacks/))
    await run(
      database,
      'alter table atp.training enable trigger sluice_sync_update; drop trigger sluice_sync_delete on atp.files',
    )
    await expect(steps(database)).rejects.toMatchObject(guarded(/not kept in step: atp.files lacks/))
    await syncIn(database)
    expect(await status(contextOf(database))).toMatchObject({ sync: 'on' })
  })

  test('while a session uses the tables for longer, by name and after the time that was asked for', async ({
    database,
  }) => {
    const long = await database.connection.db.$client.reserve()
    await long.unsafe(`begin; update atp.media set uploader = 'long'`)
    const [{ pid } = { pid: 0 }] = await long.unsafe('select pg_backend_pid() as pid')
    const refused = contract({ ...contextOf(database), lockTimeout: 20 }, { keepViews: false })
    await expect(refused).rejects.toMatchObject(refusal(new RegExp(`other sessions write the tables.*session ${pid}`)))
    await long.unsafe('rollback')
    await long.unsafe('begin; select count(*) from atp.movies')
    const again = contract({ ...contextOf(database), lockTimeout: 20 }, { keepViews: false })
    await expect(again).rejects.toMatchObject(refusal(new RegExp(`other sessions use the tables.*session ${pid}`)))
    await long.unsafe('rollback')
    long.release()
    expect(await phaseIn(database)).toBe('verified')
  })
})
