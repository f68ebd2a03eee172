import { randomBytes } from 'node:crypto'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import { describe, expect } from 'vitest'
import { connect } from '../../scripts/database/connect.ts'
import { readSteps, stepsFolder } from '../../scripts/engine/preflight/steps.ts'
import { atp } from '../../scripts/systems/atp/index.ts'
import { kit } from '../schema/kit.ts'
import { type Scratch, test as scratch } from '../support/scratch.ts'
import { contractIn, legacyRows, phaseIn, relations, rollbackIn, verifiedLegacy } from './going-back.ts'
import { copyIn, one, run, verifyIn } from './migration.ts'
import { behind } from './tampering.ts'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await verifiedLegacy()),
})

/** Expects the contract and its steps by themselves to be refused with `words`, and nothing to be changed by either. */
async function refuses(database: Scratch, words: RegExp, phase = 'verified') {
  const before = { rows: await legacyRows(database), relations: await relations(database) }
  await expect(contractIn(database)).rejects.toMatchObject({ exitCode: 2, line: expect.stringMatching(words) })
  const steps = migrate(database.connection.db, { migrationsFolder: stepsFolder(atp, 'contract') })
  await expect(steps).rejects.toMatchObject({ cause: { code: 'SLUIC', message: expect.stringMatching(words) } })
  expect({ rows: await legacyRows(database), relations: await relations(database) }).toEqual(before)
  expect(await phaseIn(database)).toBe(phase)
  expect(await one(database, 'select count(*)::int from sluice.definition where place > 0')).toBe(0)
}

describe('the contract refuses, and drops nothing', () => {
  test("where a legacy row was written behind the triggers' back after the proof", async ({ database }) => {
    await behind(
      database,
      `update atp.media set uploader = 'late' where hash = (select min(hash) from atp.media where uploader is distinct from 'late')`,
    )
    await refuses(database, /changed since the last proof.*media 1.*npm run verify/)
    const { code, stdout, stderr } = await kit(['migrate'], database.url, { STAGE: 'contract' })
    expect(code).toBe(1)
    expect(stdout + stderr).toMatch(/something has changed since the last proof of atp/)
    expect(await relations(database)).toMatchObject({ media: 'r', training: 'r', prediction: 'r' })
  })

  test('where the target or the complement was tampered with', async ({ database }) => {
    await run(
      database,
      `update sluice.complement set kept = kept || '{"uploader": "me"}' where key = (
      select min(key) from sluice.complement where relation = 'media' and kind = 'part')`,
    )
    await refuses(database, /changed since the last proof.*media 1/)
  })

  test('where the last proof found differences', async ({ database }) => {
    await behind(database, `delete from atp.media_metrics where imdb_id = (select min(imdb_id) from atp.media_metrics)`)
    expect(await verifyIn(database)).toMatchObject({ identical: false })
    await refuses(database, /syncing.*npm run copy, then npm run verify/s, 'syncing')
  })

  test('while a copy is not finished', async ({ database }) => {
    await run(database, `update sluice.shard set finished = false`)
    await refuses(database, /copy of atp is not finished/)
  })

  test('where the legacy tables have changed their shape since the proof', async ({ database }) => {
    await run(database, 'alter table atp.media add column later text')
    await refuses(database, /shape of the legacy tables/)
  })

  test('where a proof has left no functions behind', async ({ database }) => {
    await run(database, 'drop function sluice.atp_differences()')
    await refuses(database, /left nothing to prove it with/)
  })

  test('where others depend on the legacy tables, by name', async ({ database }) => {
    await run(
      database,
      `create view public.report as select hash from atp.media;
       create table public.notes (imdb_id varchar(10) references atp.training);
       create function public.guessed() returns setof atp.prediction language sql as 'select * from atp.prediction';
       create table public.child () inherits (atp.prediction);
       create policy careful on atp.media using (true);
       alter table atp.training enable row level security`,
    )
    const names = ['report', 'notes', 'guessed', 'child', 'policy careful', 'row-level security of atp.training']
    const all = names.map((name) => `(?=.*${name})`).join('')
    await refuses(database, new RegExp(`depends on the legacy tables, or cannot be rebuilt${all}`, 's'))
  })

  test('to a role that does not own the legacy tables', async ({ database }) => {
    const role = `sluice_guest_${randomBytes(4).toString('hex')}`
    await run(
      database,
      `create role ${role};
       grant usage on schema atp, sluice, drizzle to ${role};
       grant select on all tables in schema atp, sluice, drizzle to ${role};
       grant insert on drizzle.__drizzle_migrations to ${role};
       grant usage on all sequences in schema drizzle to ${role};
       grant create on database ${await one(database, 'select quote_ident(current_database())')} to ${role}`,
    )
    const url = `${database.url}?role=${role}`
    const connection = await connect(url)
    try {
      await refuses(
        { ...database, url, connection },
        /may not drop what others own.*start the same command as postgres/s,
      )
    } finally {
      await connection.close()
      await run(database, `drop owned by ${role}; drop role ${role}`)
    }
  })
})

describe('after the contract', () => {
  /** What the view answers, by title. */
  const movies = async (database: Scratch) => {
    const rows = await run(database, 'select imdb_id as key, to_jsonb(m) as row from atp.movies as m')
    return new Map(rows.map(({ key, row }) => [String(key), row as Record<string, unknown>]))
  }

  const columns = (database: Scratch) =>
    run(
      database,
      `select attname::text as name, format_type(atttypid, atttypmod) as type, c.relacl::text as acl
       from pg_attribute
       join pg_class as c on c.oid = attrelid
       where attrelid = 'atp.movies'::regclass and attnum > 0
       order by attnum`,
    )

  /**
   * The view has the columns that it had, for whom it had them, and answers every title of which the new tables have all
   * rows, with every value that they have: what only the old tables had is the complement's.
   */
  async function likeBefore(
    database: Scratch,
    before: { columns: unknown; movies: Awaited<ReturnType<typeof movies>> },
  ) {
    expect(await columns(database)).toEqual(before.columns)
    const kept = await run(
      database,
      `select key, kind, relation, array(select jsonb_object_keys(kept)) as names
       from sluice.complement
       where relation in ('training', 'prediction')`,
    )
    const after = await movies(database)
    for (const { key, kind, relation, names } of kept) {
      for (const [name = '', row] of [before.movies, after].map(
        (all) => [String(key), all.get(String(key))] as const,
      )) {
        if (kind !== 'part') for (const all of [before.movies, after]) all.delete(name)
        const gone = (names as string[]).map((each) =>
          /^(created|updated)_at$/.test(each) ? `${relation}_${each}` : each,
        )
        for (const each of gone) if (row) delete row[each]
      }
    }
    expect(before.movies.size).toBeGreaterThan(50)
    expect(after).toEqual(before.movies)
  }

  test('the legacy tables are gone and movies answers as before', async ({ database }) => {
    const before = { columns: await columns(database), movies: await movies(database) }
    expect(before.columns).toHaveLength(36)
    const done = await contractIn(database)
    expect(done).toMatchObject({ dropped: ['atp.media', 'atp.training', 'atp.prediction'], views: [] })
    expect(await phaseIn(database)).toBe('contracted')
    expect(Object.keys(await relations(database))).not.toEqual(expect.arrayContaining(['media']))
    await likeBefore(database, before)
    const steps = await readSteps(atp, database.connection.db, 'contract')
    const later = await kit(['migrate'], database.url, { STAGE: 'contract' })
    expect({ code: later.code, steps: done.applied.length }).toEqual({ code: 0, steps: steps.length })
    const all = (await readSteps(atp, database.connection.db)).length + steps.length
    expect(await one(database, 'select count(*)::int from drizzle.__drizzle_migrations')).toBe(all)
    await expect(copyIn(database)).rejects.toThrow('dropped by the contract')
    await expect(verifyIn(database)).rejects.toThrow('dropped by the contract')
  })

  test('it is the same through drizzle-kit, and Sluice finds nothing left to do', async ({ database }) => {
    const before = { columns: await columns(database), movies: await movies(database) }
    expect(await kit(['migrate'], database.url, { STAGE: 'contract' })).toMatchObject({ code: 0 })
    expect(await phaseIn(database)).toBe('contracted')
    await likeBefore(database, before)
    expect(await contractIn(database)).toMatchObject({ applied: [], dropped: [] })
    await expect(contractIn(database, true)).rejects.toThrow('gone already')
    const drift = await kit(['push', '--explain', '--output', 'json'], database.url, { STAGE: 'contract' })
    expect(JSON.parse(drift.stdout)).toMatchObject({ status: 'no_changes' })
  })

  test('views of the old rows stand in for the tables, for whoever could read them', async ({ database }) => {
    const before = await legacyRows(database)
    expect(await contractIn(database, true)).toMatchObject({ views: ['atp.media', 'atp.training', 'atp.prediction'] })
    expect(await relations(database)).toMatchObject({ media: 'v', training: 'v', prediction: 'v', movies: 'v' })
    expect(await legacyRows(database)).toEqual(before)
    await run(
      database,
      'set role rear_diff; select from atp.media; select from atp.training; select from atp.prediction; reset role',
    )
    await expect(run(database, 'delete from atp.media')).rejects.toThrow(/cannot delete from view/)
    await rollbackIn(database)
    expect(await relations(database)).toMatchObject({ media: 'r', training: 'r', prediction: 'r', movies: 'v' })
    expect(await legacyRows(database)).toEqual(before)
  })
})

scratch('there is nothing to generate at stage contract', async () => {
  const { code, stdout } = await kit(['generate', '--output', 'json'], undefined, { STAGE: 'contract' })
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, status: 'no_changes' })
})
