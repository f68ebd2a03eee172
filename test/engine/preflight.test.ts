import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { connect } from '../../scripts/database/connect.ts'
import type { Context } from '../../scripts/engine/context.ts'
import { plan } from '../../scripts/engine/preflight/index.ts'
import type { Finding } from '../../scripts/engine/results.ts'
import { silent } from '../../scripts/report.ts'
import { systems } from '../../scripts/systems/index.ts'
import { smallLegacy } from '../commands/legacy-template.ts'
import { type Scratch, test as scratch } from '../support/scratch.ts'
import { expandIn, syncIn } from './migration.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await smallLegacy()),
})

const look = async ({ connection }: Pick<Scratch, 'connection'>) => {
  const system = await systems.atp?.()
  if (!system) throw new Error('no system atp')
  const context: Context = { system, connection, report: silent, signal: new AbortController().signal }
  return plan(context)
}

const execute = ({ connection }: Pick<Scratch, 'connection'>, text: string) =>
  connection.db.$client.unsafe(text).then((rows) => [...rows])

/** Roles belong to the whole server: each test has its own. */
const roleName = () => `sluice_test_${randomBytes(6).toString('hex')}`

const of = (findings: Finding[], code: string, table?: string) =>
  findings.filter((finding) => finding.code === code && (table === undefined || finding.table === table))

test('an ordinary legacy: its version, what depends on it, what it costs, and what stays untouched', async ({
  database,
}) => {
  const { system, phase, legacyVersion, findings } = await look(database)
  expect({ system, phase, legacyVersion }).toEqual({ system: 'atp', phase: 'legacy', legacyVersion: 23 })
  expect(of(findings, 'rights')).toEqual([])
  expect(of(findings, 'missing-constraint')).toEqual([])
  expect(of(findings, 'type-differs')).toEqual([])
  expect(of(findings, 'missing-column').map(({ column }) => column)).toEqual(['confirmed'])
  expect(of(findings, 'dependent-view').flatMap(({ samples }) => samples)).toEqual(['atp.movies', 'atp.movies'])
  expect(of(findings, 'trigger', 'atp.media')).toHaveLength(4)
  expect(of(findings, 'untouched').map(({ table }) => table)).toContain('public.flyway_schema_history')
  expect(of(findings, 'untouched').map(({ table }) => table)).toContain('atp.engineered')
  for (const code of ['disk', 'time']) expect(of(findings, code)).toHaveLength(1)
  expect(of(findings, 'quarantine').length).toBeGreaterThan(0)
  for (const { message } of findings) expect(message).toMatch(/^\S.*[^\s]$/)
})

test('each thing that a live database may have is found', async ({ database }) => {
  const role = roleName()
  await execute(
    database,
    `alter table atp.media add column mood text;
     update atp.media set mood = 'glum' where hash in (select hash from atp.media order by hash limit 5);
     alter table atp.media alter column uploader type text;
     alter table atp.training drop constraint training_pkey;
     create view public.titles as select media_title from atp.media;
     create view public.titles_of_titles as select * from public.titles;
     create materialized view public.counted as select count(*) from public.titles;
     create function public.how_many() returns bigint language sql set search_path = '' as 'select count(*) from atp.training';
     create function public.one(atp.prediction) returns text language sql as 'select null::text';
     create table public.notes (hash char(40) references atp.media);
     create publication changes for table atp.media;
     create role ${role};
     grant select, delete on atp.prediction to ${role};
     grant update (label) on atp.training to public;
     alter table atp.training enable row level security;
     create table atp.media_old () inherits (atp.media);
     do $$ begin execute format('alter database %I set timezone = %L', current_database(), 'America/New_York'); end $$;
     alter role ${role} set timezone = 'Asia/Tokyo';`,
  )
  try {
    const { findings } = await look(database)
    expect(of(findings, 'unknown-column')).toEqual([
      {
        code: 'unknown-column',
        table: 'atp.media',
        column: 'mood',
        rows: 5,
        samples: expect.arrayContaining([expect.stringMatching(/^[0-9a-f]{40}$/)]),
        message: expect.stringContaining('complement'),
      },
    ])
    expect(of(findings, 'type-differs')).toMatchObject([{ table: 'atp.media', column: 'uploader' }])
    expect(of(findings, 'missing-constraint')).toMatchObject([{ table: 'atp.training', column: 'imdb_id' }])
    const names = (code: string) => of(findings, code).flatMap(({ samples }) => samples ?? [])
    expect(names('dependent-view')).toEqual(
      expect.arrayContaining(['public.titles', 'public.titles_of_titles', 'public.counted', 'atp.movies']),
    )
    expect(names('dependent-function').map((name) => name.replace(/\(.*/, ''))).toEqual(
      expect.arrayContaining(['public.how_many', 'public.one']),
    )
    expect(names('foreign-key')).toEqual(['public.notes.notes_hash_fkey'])
    expect(names('publication')).toEqual(['changes'])
    expect(of(findings, 'grant').map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        expect.stringContaining(`${role} has DELETE, SELECT on atp.prediction`),
        expect.stringContaining('everyone has UPDATE on atp.training.label'),
      ]),
    )
    expect(of(findings, 'row-level-security')).toMatchObject([{ table: 'atp.training' }])
    expect(of(findings, 'inheritance')).toMatchObject([{ table: 'atp.media', samples: ['atp.media_old'] }])
    expect(names('time-zone')).toEqual(expect.arrayContaining(['America/New_York', 'Asia/Tokyo']))
    expect(of(findings, 'untouched').map(({ table }) => table)).toContain('public.notes')
  } finally {
    await execute(database, `drop owned by ${role}; drop role ${role}`)
  }
})

test('rows that share a key that is no longer enforced are counted and named', async ({ database }) => {
  await execute(
    database,
    `alter table atp.prediction drop constraint prediction_pkey;
     insert into atp.prediction select * from atp.prediction order by imdb_id limit 2;`,
  )
  const { findings } = await look(database)
  expect(of(findings, 'duplicate-key')).toMatchObject([{ table: 'atp.prediction', column: 'imdb_id', rows: 4 }])
  expect(of(findings, 'duplicate-key')[0]?.samples).toHaveLength(2)
})

test('a table of a target name that Sluice did not make is found, with how it differs', async ({ database }) => {
  await execute(database, 'create table atp.files (hash char(40) primary key, parent_path integer, extra text)')
  const { findings } = await look(database)
  expect(of(findings, 'target-exists')).toMatchObject([{ table: 'atp.files' }])
  expect(of(findings, 'target-exists')[0]?.message).toMatch(
    /parent_path is integer instead of text.*extra is not declared/,
  )
})

test('what keeps both shapes in step is neither foreign nor taken for more rights than there are', async ({
  database,
}) => {
  const role = roleName()
  await expandIn(database)
  const before = await look(database)
  await syncIn(database)
  const { findings } = await look(database)
  const named = (all: Finding[]) => all.filter(({ code }) => !['disk', 'time'].includes(code))
  expect(named(findings)).toEqual(named(before.findings))
  expect(of(findings, 'sync-rights')).toEqual([])
  await execute(
    database,
    `create role ${role};
     grant usage on schema atp, sluice, drizzle to ${role};
     grant select, update, trigger on atp.media to ${role};
     grant select, insert, update, delete on all tables in schema sluice, drizzle to ${role};
     grant select, insert, update, delete on atp.training, atp.prediction to ${role};
     grant select, insert, update, delete on atp.files, atp.downloads, atp.media_metadata, atp.media_metrics to ${role}`,
  )
  const limited = await connect(`${database.url}?role=${role}`, { max: 2 })
  try {
    const { findings } = await look({ connection: limited })
    const lacking = of(findings, 'sync-rights')
    expect(of(findings, 'rights')).toEqual([])
    expect(lacking.filter(({ table }) => table === 'atp.media').map(({ samples }) => samples?.[0])).toEqual([
      'DELETE, INSERT on table atp.media',
      'ownership of table atp.media',
    ])
    expect(of(lacking, 'sync-rights', 'atp.training')[0]?.message).toBe(
      `To keep both shapes in step the role ${role} lacks TRIGGER on table atp.training: grant trigger on table atp.training to ${role}`,
    )
    expect(of(lacking, 'sync-rights', 'atp.files')[0]?.message).toMatch(
      new RegExp(`ownership of table atp.files: grant \\w+ to ${role}$`),
    )
    for (const { message } of lacking) await execute(database, message.replace(/^.*: (?=grant)/, ''))
    const granted = await look({ connection: limited })
    expect(of(granted.findings, 'sync-rights')).toEqual([])
  } finally {
    await limited.close()
    await execute(database, `drop owned by ${role}; drop role ${role}`)
  }
})

test('it writes nothing, and a role that may only read can ask, and learns what it lacks', async ({ database }) => {
  const role = roleName()
  await execute(
    database,
    `create role ${role} login password 'reader';
     grant usage on schema atp to ${role};
     grant select on atp.media, atp.training, atp.prediction to ${role};`,
  )
  const state = () =>
    execute(
      database,
      `select (select md5(string_agg(c::text, ',' order by oid)) from pg_class c where relname !~ '^pg_') as classes,
         (select md5(string_agg(oid::text, ',' order by oid)) from pg_proc) as functions,
         (select md5(string_agg(m::text || m.xmin::text, ',' order by hash)) from atp.media m) as rows`,
    )
  const before = await state()
  const url = new URL(database.url)
  url.username = role
  url.password = 'reader'
  const reader = await connect(url.href, { max: 2 })
  try {
    const { findings, legacyVersion } = await look({ connection: reader })
    expect(of(findings, 'rights').flatMap(({ samples }) => samples)).toEqual(
      expect.arrayContaining(['CREATE on schema atp', expect.stringMatching(/^CREATE on database /)]),
    )
    expect(of(findings, 'quarantine').length).toBeGreaterThan(0)
    expect(legacyVersion).toBeUndefined()
    await look(database)
    expect(await state()).toEqual(before)
  } finally {
    await reader.close()
    await execute(database, `drop owned by ${role}; drop role ${role}`)
  }
})
