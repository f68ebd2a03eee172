import { describe, expect } from 'vitest'
import type { Connection } from '../../scripts/database/connect.ts'
import { test as scratch } from '../support/scratch.ts'
import { bounds, bulk, copied, divide, expanded, inBatches, legacyOf, made, proven } from './copying.ts'
import { run } from './migration.ts'
import { catalog, legacyNames, lost, rebuild } from './rebuild.ts'

const clonesOf = (options: Parameters<typeof expanded>[0]) =>
  scratch.extend({
    source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await expanded(options)),
  })

const emptied = `
  truncate atp.media_metrics, atp.files, atp.downloads, atp.media_metadata;
  truncate sluice.complement, sluice.quarantine, sluice.shard`

const small = clonesOf({ rows: 40, version: 24, dirt: 1, seed: 7, withoutTrainingConstraints: true })

describe('batches of any size, by any number of sessions, make what a bulk copy makes', () => {
  small('40 dirty media rows', async ({ database }) => {
    const before = await legacyOf(database)
    await copied(database, bulk)
    const expected = await made(database)
    expect(expected.quarantine?.length).toBeGreaterThan(5)
    expect(await proven(database)).toMatchObject({ identical: true })
    const ranges = await bounds(database, 4)
    for (const batchSize of [1, 7, 1000]) {
      for (const workers of [1, 2, 4]) {
        await run(database, emptied)
        await divide(database, ranges)
        await copied(database, inBatches(batchSize, workers))
        expect(await made(database), `batches of ${batchSize}, ${workers} workers`).toEqual(expected)
      }
    }
    expect(await proven(database)).toMatchObject({ identical: true })
    expect(await legacyOf(database)).toEqual(before)
    const shards = await run(
      database,
      'select count(*)::int as all, count(*) filter (where finished)::int as done from sluice.shard',
    )
    expect(shards).toEqual([{ all: 4, done: 4 }])
  })
})

const test = clonesOf({ rows: 50, version: 23, dirt: 0, seed: 9 })

/** Titles of which something is refused, or torrents that have none, as the ledger names their families. */
const chosen = `(select family from (select distinct coalesce(imdb_id, hash) as family from atp.media) as t order by md5(family) limit 3)`

interface Refused {
  make: string
  /** Undefined where the server does not say it. */
  relation?: string
  sqlstate: string
  constraint?: string
  reason: RegExp
}

const byHand: Record<string, Refused> = {
  'a check': {
    make: `alter table atp.downloads add constraint by_hand check (uploader is distinct from 'nobody')`,
    relation: 'downloads',
    sqlstate: '23514',
    constraint: 'by_hand',
    reason: /violates check constraint "by_hand"/,
  },
  'a trigger': {
    make: `
      create function public.refuse() returns trigger language plpgsql as $$
      begin
        raise exception 'not this one' using errcode = 'P0001';
      end $$;
      create trigger refuse before insert or update on atp.downloads
      for each row when (new.uploader = 'nobody') execute function public.refuse()`,
    sqlstate: 'P0001',
    constraint: 'exec_stmt_raise',
    reason: /not this one/,
  },
  'a foreign key': {
    make: `
      create table public.uploaders (name varchar(25) primary key);
      insert into public.uploaders select distinct uploader from atp.media where uploader <> 'nobody';
      alter table atp.downloads add constraint by_hand foreign key (uploader) references public.uploaders`,
    relation: 'downloads',
    sqlstate: '23503',
    constraint: 'by_hand',
    reason: /violates foreign key constraint "by_hand"/,
  },
  'a not null': {
    make: `
      update atp.media set original_link = coalesce(original_link, 'link');
      update atp.media set original_link = null where uploader = 'nobody';
      alter table atp.downloads alter original_link set not null`,
    relation: 'downloads',
    sqlstate: '23502',
    reason: /null value in column "original_link"/,
  },
}

describe('what was added to a target table by hand sets aside the families that it refuses, and no others', () => {
  for (const [name, { make, relation, sqlstate, constraint, reason }] of Object.entries(byHand)) {
    test(name, async ({ database }) => {
      await copied(database, bulk)
      const all = await made(database)
      await run(
        database,
        `${emptied};
         update atp.media set uploader = 'nobody' where coalesce(imdb_id, hash) = any (array${chosen}) and hash in
           (select min(hash) from atp.media group by coalesce(imdb_id, hash));
         ${make}`,
      )
      const families = (
        await run(
          database,
          `select distinct coalesce(imdb_id, hash) as family from atp.media where uploader = 'nobody' order by 1`,
        )
      ).map((row) => String(row.family))
      expect(families).toHaveLength(3)
      const shape = await catalog(database)
      const outcomes = []
      for (const options of [inBatches(16, 2), bulk]) {
        await run(database, emptied)
        await copied(database, options)
        expect(await proven(database)).toMatchObject({ identical: true, shown: [] })
        outcomes.push(await made(database))
        const aside = await run(database, `select * from sluice.quarantine where scope = 'family' order by family`)
        expect(aside.map((row) => row.family)).toEqual(families)
        for (const row of aside) {
          expect(row).toMatchObject({ sqlstate, key: row.family, ...(relation ? { relation } : {}) })
          expect(row.reason).toMatch(reason)
          if (constraint) expect(row.constraint_name).toBe(constraint)
        }
        expect(await catalog(database), 'keys and indexes are as they were').toEqual(shape)
        await run(database, 'drop schema if exists rebuilt cascade')
        await rebuild(database)
        for (const table of legacyNames) expect(await lost(database, table), table).toEqual([])
      }
      expect(outcomes[1]).toEqual(outcomes[0])
      const [left] = await run(
        database,
        `select count(*)::int as n from atp.media where coalesce(imdb_id, hash) in (${families.map((family) => `'${family}'`)})`,
      )
      expect(outcomes[0]?.downloads?.length).toBe((all.downloads?.length ?? 0) - Number(left?.n))
      for (const family of families) expect(outcomes[0]?.media_metadata?.join('\n')).not.toContain(family)
    })
  }
})

/** The same connection, with its transactions counted. */
function counting(connection: Connection): { connection: Connection; count: () => number } {
  let transactions = 0
  const db = new Proxy(connection.db, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (name !== 'transaction') return value
      return (...args: Parameters<typeof target.transaction>) => {
        transactions++
        return target.transaction(...args)
      }
    },
  })
  return { connection: { ...connection, db }, count: () => transactions }
}

const large = clonesOf({ rows: 1500, version: 23, dirt: 0, seed: 4 })

large(
  'one percent of dirty families costs no batch more, and what nobody declared a few for each',
  async ({ database }) => {
    const transactions = async () => {
      const { connection, count } = counting(database.connection)
      const { families } = await copied({ connection }, inBatches(150))
      await run(database, emptied)
      return { families, transactions: count() }
    }
    const clean = await transactions()
    expect(clean.families).toBeGreaterThan(600)
    const hundredth = `imdb_id in (select imdb_id from atp.media where imdb_id is not null group by imdb_id order by md5(imdb_id) limit 6)`

    await run(
      database,
      `update atp.media set release_year = null where ${hundredth}; delete from atp.training where ${hundredth}`,
    )
    expect(await transactions()).toEqual(clean)

    await run(
      database,
      `update atp.media set release_year = 2000 where release_year is null; update atp.media set uploader = 'nobody' where ${hundredth}`,
    )
    await run(database, `alter table atp.downloads add constraint by_hand check (uploader is distinct from 'nobody')`)
    const narrowed = await transactions()
    // each of the six is found by halving 150 families eight times, each half carried once
    expect(narrowed.transactions).toBeLessThanOrEqual(clean.transactions + 6 * 2 * 8 + 6)
  },
)

test('a batch that meets other sessions time and again is halved until it meets none', async ({ database }) => {
  await copied(database, bulk)
  const expected = await made(database)
  await run(
    database,
    `${emptied};
     create function public.meet() returns trigger language plpgsql as $$
     begin
       if (select count(*) from new_rows) > 20 then raise deadlock_detected; end if;
       return null;
     end $$;
     create trigger meet after insert on atp.downloads referencing new table as new_rows
     for each statement execute function public.meet()`,
  )
  await copied(database, inBatches(1000))
  expect(await made(database)).toEqual(expected)
})

test('rows without a key, where nobody demands one, are kept and set aside', async ({ database }) => {
  await run(
    database,
    `alter table atp.training drop constraint training_pkey, drop constraint training_imdb_id_check, alter imdb_id drop not null;
     insert into atp.training select (jsonb_populate_record(t, '{"imdb_id": null, "tmdb_id": null}')).* from atp.training as t order by imdb_id limit 2;
     insert into atp.training select (jsonb_populate_record(t, '{"imdb_id": "", "tmdb_id": null}')).* from atp.training as t order by imdb_id limit 1`,
  )
  const outcomes = []
  for (const options of [bulk, inBatches(1000), inBatches(50, 2)]) {
    await run(database, emptied)
    await copied(database, options)
    expect(await proven(database)).toMatchObject({ identical: true, shown: [] })
    outcomes.push(await made(database))
  }
  expect(outcomes[1]).toEqual(outcomes[0])
  expect(outcomes[2]).toEqual(outcomes[0])
})

test('what the ledger kept of a row under another family is replaced, though the target is empty', async ({
  database,
}) => {
  await copied(database, inBatches(1000))
  const expected = await made(database)
  expect(expected.complement?.length).toBeGreaterThan(5)
  for (const options of [inBatches(5), bulk]) {
    await run(
      database,
      `truncate atp.media_metrics, atp.files, atp.downloads, atp.media_metadata, sluice.shard;
       update sluice.complement set family = 'zz'`,
    )
    await copied(database, options)
    expect(await made(database)).toEqual(expected)
  }
  expect(await proven(database)).toMatchObject({ identical: true })
})
