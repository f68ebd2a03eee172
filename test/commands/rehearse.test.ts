import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, inject } from 'vitest'
import { type Connection, connect } from '../../scripts/database/connect.ts'
import { formatUrl, parseUrl } from '../../scripts/database/url.ts'
import { differencesOf, likenessOf } from '../../scripts/rehearse/likeness.ts'
import type { Rehearsal } from '../../scripts/rehearse/results.ts'
import { canDump } from '../../scripts/rehearse/tools.ts'
import { silent } from '../../scripts/report.ts'
import { atp } from '../../scripts/systems/atp/index.ts'
import { createLegacy } from '../../scripts/systems/atp/legacy/index.ts'
import { cli, lines, run } from '../cli/run.ts'
import { catalogsOf } from '../engine/catalogs.ts'
import { run as query } from '../engine/migration.ts'
import { fingerprint, legacyNames } from '../engine/rebuild.ts'
import { eventually } from '../support/processes.ts'
import { type Scratch, test as scratch, template } from '../support/scratch.ts'

const small = () =>
  template('rehearsed_legacy', (connection) =>
    createLegacy(connection, { rows: 300, version: 24, dirt: 0.1, seed: 11 }, silent),
  )

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await small()),
})

/** All that is known of the original: its catalogs, and every row with its place and the transaction that wrote it. */
async function original({ url }: Scratch) {
  const connection: Connection = await connect(url, { max: 1 })
  try {
    const database = { url, connection, drop: async () => {} }
    return { catalogs: await catalogsOf(database), rows: await fingerprint(database, legacyNames) }
  } finally {
    await connection.close()
  }
}

/** Clones that are there now. */
async function clones(): Promise<string[]> {
  const connection = await connect(inject('serverUrl'), { max: 1 })
  try {
    const found = await query(
      { connection },
      `select datname::text as name from pg_database where datname like 'sluice\\_rehearsal\\_%'`,
    )
    return found.map(({ name }) => String(name))
  } finally {
    await connection.close()
  }
}

test('the whole life on a template clone, killed in every step, leaves the original as it was and no clone', async ({
  database,
}) => {
  await database.connection.close() // a template may have no sessions
  const before = await original(database)
  const { code, stdout, stderr } = await run(['rehearse', '--json'], database.url)
  const done: Rehearsal = JSON.parse(stdout)
  expect({ code, outcome: done.outcome, differences: done.comparisons.flatMap((each) => each.differences) }).toEqual({
    code: 0,
    outcome: 'identical',
    differences: [],
  })
  expect(done.clone).toMatchObject({ way: 'template', kept: null, differences: [] })
  expect(done.comparisons.map(({ after }) => after)).toEqual([
    'rollback from expanded',
    'rollback from syncing',
    'rollback from verified',
    'rollback from contracted',
    'a kill -9 in every step',
  ])
  expect(done.kills.map(({ step }) => step)).toEqual(['expand', 'sync', 'copy', 'verify', 'contract', 'rollback'])
  const phases = { expand: 'legacy', sync: 'expanded', copy: 'syncing', verify: 'syncing', contract: 'verified' }
  for (const { step, midway, left } of done.kills.filter((each) => each.midway))
    expect({ step, midway, left }).toEqual({ step, midway, left: { ...phases, rollback: 'contracted' }[step] })
  expect(done.kills.filter(({ midway }) => midway).length).toBeGreaterThan(2)
  const contract = done.steps.find(({ step }) => step === 'contract')
  expect(contract?.locks.find(({ table }) => table === 'atp.media')?.mode).toMatch(/^(Share|.*Exclusive)/)
  expect(
    done.steps.reduce((sum, { reader, writer }) => sum + reader.statements + writer.statements, 0),
  ).toBeGreaterThan(50)
  expect(await original(database)).toEqual(before)
  expect(await clones()).not.toContain(done.clone.database)
  expect(stderr).toContain('Round 4 of 4')
}, 180_000)

test('where others are connected none is ended: pg_dump clones into a server that comes with Sluice', async ({
  database,
}) => {
  const password = new URL(database.url).password || 'not-to-be-shown'
  const url = formatUrl({ ...parseUrl(database.url), password })
  await query(database, 'select')
  const refused = await run(['rehearse', '--into', 'template', '--json'], url)
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('a template may have none') })
  expect(lines(refused.stderr).at(-1)).toMatch(/first = session \d+.*Next: npm run rehearse -- --into embedded/)

  const before = await original(database)
  const { code, stdout, stderr } = await run(['rehearse', '--until', 'syncing', '--without-kills', '--json'], url)
  if (canDump(database.connection.serverVersion)) {
    const done: Rehearsal = JSON.parse(stdout)
    expect({ code, outcome: done.outcome, clone: done.clone, comparisons: done.comparisons }).toMatchObject({
      code: 0,
      outcome: 'identical',
      clone: { way: 'embedded', differences: [] },
      comparisons: { length: 2 },
    })
  } else {
    expect({ code, said: lines(stderr).at(-1) }).toEqual({
      code: 2,
      said: expect.stringMatching(
        /(there is no pg_dump on PATH|pg_dump is older than the server) .*Next: put the client/,
      ),
    })
  }
  for (const said of [refused.stdout, refused.stderr, stdout, stderr]) expect(said).not.toContain(password)
  expect(await original(database)).toEqual(before)
  expect(await query(database, 'select 1 as "alive"')).toEqual([{ alive: 1 }])
}, 180_000)

test('pg_dump that is not there is refused in one line', async ({ database }) => {
  const { code, stderr } = await run(['rehearse', '--into', 'embedded'], database.url, { PATH: '/nowhere' })
  expect({ code, said: lines(stderr).at(-1) }).toEqual({
    code: 2,
    said: expect.stringMatching(/^there is no pg_dump on PATH \(server = \d+\)\. Next: put the client tools/),
  })
})

test('what a rollback does not bring back is named, with exit code 2', async ({ database }) => {
  // an audit of the owner's own, which notes in a comment when a table was last made
  await query(
    database,
    `create function public.note() returns event_trigger language plpgsql
     as $$ begin execute format('comment on schema atp is %L', clock_timestamp()); end $$;
     create event trigger note on ddl_command_end when tag in ('CREATE TABLE') execute function public.note()`,
  )
  await database.connection.close()
  const { code, stdout } = await run(['rehearse', '--until', 'expanded', '--without-kills'], database.url)
  expect(code).toBe(2)
  expect(stdout).toMatch(/✗ rollback from expanded: \d+ differences?\n\s+(gone|new): comment schema atp/)
  expect(stdout).toContain('Different: a rollback did not bring everything back. The original was only read')
  expect(await clones()).toEqual([])
})

test('a value that is equal but not the same, and a row too many, are differences', async ({ database }) => {
  const { db } = database.connection
  const before = await likenessOf(atp, db)
  expect(differencesOf(before, await likenessOf(atp, db))).toEqual([])
  await query(database, `alter table atp.media add column added numeric not null default 7.0`)
  const added = await likenessOf(atp, db)
  await query(database, `update atp.media set added = 7.00 where hash = (select min(hash) from atp.media)`)
  await query(database, `delete from atp.prediction where imdb_id = (select min(imdb_id) from atp.prediction)`)
  expect(differencesOf(added, await likenessOf(atp, db))).toEqual([
    'rows of atp.media: 300 before and after, but not the same',
    expect.stringMatching(/^rows of atp\.prediction: \d+ before, \d+ after$/),
  ])
})

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  test(`the clone is gone after ${signal}, and the original is as it was`, async ({ database }) => {
    await database.connection.close()
    const before = await original(database)
    const child = spawn(process.execPath, cli('rehearse'), {
      env: { ...process.env, DATABASE_URL: database.url },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
    })
    await eventually(() => said.includes('Round 2'))
    expect(await clones()).toHaveLength(1)
    child.kill(signal)
    const [code] = await once(child, 'close')
    if (signal === 'SIGINT') {
      expect({ code, said }).toEqual({ code: 130, said: expect.stringContaining('the original was only read') })
      expect(await clones()).toEqual([])
    } else await eventually(async () => (await clones()).length === 0)
    expect(await original(database)).toEqual(before)
  }, 180_000)
}

test('an address is the same after it was written as a URL and read again', () => {
  for (const url of [
    'postgres://me:p%40ss%2F%3A@host:5433/db?lock_timeout=2s&sslmode=require',
    'postgres://me@[::1]:5432/a%20b?options=-c%20x%3D1',
    'postgres:///db?host=/run/postgresql&user=me',
    'postgres://a:5432,b:5433/db?target_session_attrs=read-write&connect_timeout=3',
  ])
    expect(parseUrl(formatUrl(parseUrl(url)))).toEqual(parseUrl(url))
})
