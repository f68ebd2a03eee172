import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { expect, inject } from 'vitest'
import { openTarget } from '../../scripts/database/target.ts'
import { parseUrl } from '../../scripts/database/url.ts'
import { typescript } from '../../scripts/process.ts'
import { test } from '../support/folder.ts'
import { eventually, processesOf } from '../support/processes.ts'

test('DATABASE_URL names the database, and no server is started', async ({ folder: home }) => {
  const target = await openTarget({ env: { DATABASE_URL: inject('serverUrl'), SLUICE_HOME: home }, max: 1 })
  expect(target).toMatchObject({ embedded: false, url: inject('serverUrl') })
  expect(await target.connection.db.execute(sql`select 1 as one`)).toEqual([{ one: 1 }])
  await target.close()
  expect(existsSync(path.join(home, '.sluice'))).toBe(false)
})

test('without it an embedded server keeps the data in .sluice', async ({ folder: home }) => {
  const env = { SLUICE_HOME: home }
  const first = await openTarget({ env })
  expect(first.embedded).toBe(true)
  await first.connection.db.execute(sql`create table public.kept as select 7 as value`)
  await first.close()
  expect(existsSync(path.join(home, '.sluice'))).toBe(true)
  const second = await openTarget({ env })
  expect(await second.connection.db.execute(sql`select value from public.kept`)).toEqual([{ value: 7 }])
  await second.close()
})

test('there each system has a database of its own, which is made once and found again', async ({ folder: home }) => {
  const value = async (SYSTEM?: string) => {
    const { url, connection, close } = await openTarget({ env: { SLUICE_HOME: home, SYSTEM }, max: 1 })
    const { db } = connection
    await db.execute(sql`create table if not exists public.kept as select ${SYSTEM ?? ''}::text as value`)
    const kept = await db.execute<{ value: string }>(sql`select value from public.kept`)
    await close()
    return [parseUrl(url).database, kept[0]?.value]
  }
  // the default system's is where it was before the others had theirs
  expect(await value()).toEqual(['postgres', ''])
  expect(await Promise.all([value('video'), value('astrid')])).toEqual([
    ['video', 'video'],
    ['astrid', 'astrid'],
  ])
  expect(await value('atp')).toEqual(['postgres', ''])
  expect(await value('video')).toEqual(['video', 'video'])
})

test('two that ask for a system at once get the same database', async ({ folder: home }) => {
  const env = { SLUICE_HOME: home, SYSTEM: 'video' }
  const targets = await Promise.all([1, 2, 3].map(() => openTarget({ env, max: 1 })))
  expect(new Set(targets.map(({ url }) => url)).size).toBe(1)
  await Promise.all(targets.map((target) => target.close()))
})

test('a process that never lets go leaves the data and no server', async ({ folder: home }) => {
  const module = fileURLToPath(new URL('../../scripts/database/target.ts', import.meta.url))
  const script = path.join(home, 'script.ts')
  writeFileSync(script, `import { databaseUrl } from '${module}'\nconsole.log((await databaseUrl()).url)\n`)
  const env = { ...process.env, SLUICE_HOME: home, DATABASE_URL: '' }
  const ran = spawnSync(process.execPath, typescript(script), { env, encoding: 'utf8' })
  expect(ran).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^postgres:\/\/postgres:\w+@127\.0\.0\.1:\d+\//),
  })
  await eventually(() => processesOf(home).length === 0)
  expect(existsSync(path.join(home, '.sluice'))).toBe(true)
})
