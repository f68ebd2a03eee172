import { sql } from 'drizzle-orm'
import { bigint, integer, pgSchema, QueryBuilder, text, uuid } from 'drizzle-orm/pg-core'
import { describe, expect } from 'vitest'
import { copy } from '../../scripts/engine/copy.ts'
import { type System, transforms } from '../../scripts/engine/system.ts'
import { verify } from '../../scripts/engine/verify.ts'
import { type Scratch, test } from '../support/scratch.ts'
import { contextOf, expandIn, legacyIn, one, run } from './migration.ts'

const keyed = pgSchema('keyed')
const builder = new QueryBuilder()

/** Keys that are found in whatever order; the least and the greatest of their type are among them. */
const types = {
  uuid: {
    column: uuid,
    key: `substr(encode(sha256(n::text::bytea), 'hex'), 1, 32)::uuid`,
    least: `'00000000-0000-0000-0000-000000000000'`,
  },
  integer: { column: integer, key: '(n::bigint * 7919 % 2000003)::integer - 1000', least: '-2147483648' },
  bigint: {
    column: () => bigint({ mode: 'bigint' }),
    key: 'n::bigint * n * n * 7 - 50000',
    least: '-9223372036854775808',
  },
}

/** A system of one table whose rows take their family from a column of that type. */
function systemOf(type: keyof typeof types): System {
  const { column } = types[type]
  const old = keyed.table('old', { id: column().primaryKey(), word: text(), extra: text() })
  const fresh = keyed.table('fresh', { id: column().primaryKey(), word: text().notNull() })
  const { derive, restore } = transforms({ old }, { fresh })
  return {
    name: `keyed_${type}`,
    legacy: { old },
    target: { fresh },
    family: { old: ['id'], fresh: ['id'] },
    derive: [
      derive(fresh, (legacy, keys) =>
        builder.select({ id: legacy.old.id, word: legacy.old.word }).from(legacy.old).where(keys.match(legacy.old)),
      ),
    ],
    restore: [
      restore(old, (target, keys) =>
        builder
          .select({ id: target.fresh.id, word: target.fresh.word, extra: sql`null::text` })
          .from(target.fresh)
          .where(keys.match(target.fresh)),
      ),
    ],
  }
}

async function filled(database: Scratch, type: keyof typeof types, rows: number): Promise<System> {
  const { key, least } = types[type]
  // the ledger comes with any system's steps
  await legacyIn(database, { rows: 0, dirt: 0 })
  await expandIn(database)
  await run(
    database,
    `create schema keyed;
     create table keyed.old (id ${type} primary key, word text, extra text);
     create table keyed.fresh (id ${type} primary key, word text not null);
     insert into keyed.old
     select ${key}, case when n % 97 > 0 then 'w' || n end, case when n % 5 = 0 then 'e' || n end
     from generate_series(1, ${rows}) as n
     on conflict do nothing;
     insert into keyed.old values (${least}, 'least');
     analyze keyed.old`,
  )
  return systemOf(type)
}

describe.concurrent('families that are no texts are carried each once, in the order of their texts', () => {
  for (const type of Object.keys(types) as (keyof typeof types)[]) {
    test(`by ranges of many shards and small batches: ${type}`, async ({ database }) => {
      const system = await filled(database, type, 52_000)
      const context = contextOf(database, system)
      const { families } = await copy(context, { bulk: false, batchSize: 1500, workers: 2 })
      const rows = await one(database, 'select count(*)::int from keyed.old')
      expect(families).toBe(rows)
      expect(
        await one(database, `select count(*)::int from sluice.shard where system = '${system.name}'`),
      ).toBeGreaterThan(4)
      expect(await verify(context, { show: 5 })).toMatchObject({ identical: true, shown: [] })
      expect(await one(database, 'select count(*)::int from keyed.fresh')).toBe(
        await one(database, 'select count(*)::int from keyed.old where word is not null'),
      )
    })

    test(`again after changes, and those that the target refuses one by one: ${type}`, async ({ database }) => {
      const system = await filled(database, type, 800)
      const context = contextOf(database, system)
      await copy(context, { bulk: false, batchSize: 60, workers: 2 })
      // what the declaration does not know is found by halving a batch until one family is left
      await run(
        database,
        `alter table keyed.fresh add constraint odd check (word <> 'odd');
         delete from keyed.old where word like 'w1%';
         update keyed.old set word = 'odd' where word in ('w20', 'w33', 'w700');
         update keyed.old set word = null where word in ('w21', 'w34')`,
      )
      await copy(context, { bulk: false, batchSize: 60, workers: 2 })
      expect(await verify(context, { show: 5 })).toMatchObject({ identical: true, shown: [] })
      expect(
        await run(
          database,
          `select scope, constraint_name as name, count(*)::int as n from sluice.quarantine group by 1, 2 order by 1, 2`,
        ),
      ).toEqual([
        { scope: 'family', name: 'odd', n: 3 },
        { scope: 'row', name: 'fresh_word_not_null', n: expect.any(Number) },
      ])
    })
  }
})
