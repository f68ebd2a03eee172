import { type Column, type SQL, sql } from 'drizzle-orm'
import { bigint, integer, PgDialect, pgTable, smallint, timestamp, uuid, varchar } from 'drizzle-orm/pg-core'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { inRange, isAmong, isIn, type Range } from '../../scripts/engine/order.ts'
import { type Scratch, scratchDatabase } from '../support/scratch.ts'
import { run, sharing } from './migration.ts'

const keyed = pgTable('keyed', {
  uuid: uuid(),
  integer: integer(),
  bigint: bigint({ mode: 'bigint' }),
  smallint: smallint(),
  text: varchar({ length: 40 }),
  time: timestamp(),
})
const columns = { uuid: keyed.uuid, integer: keyed.integer, bigint: keyed.bigint, smallint: keyed.smallint }

const filled = sharing(async () => {
  const database = await scratchDatabase()
  await run(
    database,
    `create table public.keyed (uuid uuid, "integer" integer, "bigint" bigint, "smallint" smallint, text varchar(40), time timestamp);
     insert into public.keyed
     select substr(encode(sha256(n::text::bytea), 'hex'), 1, 32)::uuid, n * n * 31 - 7, n::bigint * n * n * n * 977 - 3, n * 13 - 200,
       'x' || n, timestamp '2024-01-01' + n * interval '1 day'
     from generate_series(-40, 2000) as n;
     insert into public.keyed ("integer", "bigint", "smallint") values (2147483647, 9223372036854775807, 32767),
       (-2147483648, -9223372036854775808, -32768), (0, 0, 0), (9, 9, 9), (10, 10, 10), (99, 99, 99), (100, 100, 100);
     create index on public.keyed (uuid);
     create index on public.keyed ("integer");
     create index on public.keyed ("bigint");
     analyze public.keyed`,
  )
  return database
})

const text = (query: SQL) => new PgDialect().sqlToQuery(query.inlineParams()).sql
const count = async (database: Scratch, condition: SQL | undefined): Promise<number> => {
  const [row] = await run(
    database,
    text(sql`select count(*)::int as n from public.keyed where ${condition ?? sql`true`}`),
  )
  return Number(row?.n)
}
const plan = async (database: Scratch, condition: SQL | undefined) => {
  const rows = await run(database, text(sql`explain (costs off) select * from public.keyed where ${condition}`))
  return rows.map((row) => Object.values(row)[0]).join('\n')
}

const byText = (column: Column, { after, upTo }: Range): SQL =>
  sql`(${column}::text > ${after}::text or ${after}::text is null) and (${column}::text <= ${upTo}::text or ${upTo}::text is null)
    and ${column} is not null`

/** Ends of ranges: families of every kind, and texts that are none. */
const ends = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.integer({ min: -300, max: 30_000 }).map(String),
  fc.constantFrom('0', '1', '9', '10', '99', '100', '09', '12345678901234567890', 'tt0000001', '', 'z'),
  fc.uuid(),
)

describe('a column that is compared in its own type', () => {
  for (const [name, column] of Object.entries(columns)) {
    filled(`has the families of a range that it has by their text: ${name}`, async ({ shared }) => {
      await fc.assert(
        fc.asyncProperty(ends, ends, async (after, upTo) => {
          const range = { after, upTo }
          const own = inRange(column, range)
          expect(await count(shared, sql`${own ?? sql`true`} and ${column} is not null`)).toBe(
            await count(shared, byText(column, range)),
          )
        }),
        { numRuns: 60 },
      )
    })

    filled(`is among texts where its own text is, whatever else is among them: ${name}`, async ({ shared }) => {
      const [row] = await run(
        shared,
        `select array_agg(family) as families from (select "${name}"::text as family from public.keyed where "${name}" is not null order by 1 limit 20) as f`,
      )
      const families = [...(row?.families as string[]), '', 'tt1', '00', '99999999999999999999', '-', 'a-b-c']
      const list = sql`array[${sql.join(
        families.map((each) => sql`${each}::text`),
        sql`, `,
      )}]`
      const expected = await count(shared, sql`${column}::text = any (${list})`)
      expect(expected).toBeGreaterThan(19)
      expect(await count(shared, isAmong(column, list))).toBe(expected)
      expect(await count(shared, isIn(column, sql`unnest(${list}) as asked(family)`))).toBe(expected)
    })
  }

  filled('is found by its own index', async ({ shared }) => {
    const ranges: [Column, Range][] = [
      [keyed.uuid, { after: '80000000-0000-0000-0000-000000000000', upTo: '81000000-0000-0000-0000-000000000000' }],
      [keyed.integer, { after: '1200', upTo: '1201' }],
      [keyed.bigint, { after: '1200', upTo: '1201' }],
    ]
    for (const [column, range] of ranges) {
      const found = await plan(shared, inRange(column, range))
      expect(found).toContain('Index')
      expect(found).not.toContain('Seq Scan')
    }
    const among = await plan(
      shared,
      isAmong(keyed.uuid, sql`array['80000000-0000-0000-0000-000000000000', '']::text[]`),
    )
    expect(among).not.toContain('Seq Scan on')
  })

  filled('of any other type is compared by its text', async ({ shared }) => {
    const range = { after: '2024-02', upTo: '2024-03-01 00:00:00' }
    expect(await count(shared, inRange(keyed.time, range))).toBe(await count(shared, byText(keyed.time, range)))
    expect(await count(shared, inRange(keyed.text, { after: 'x1', upTo: 'x2' }))).toBe(
      await count(shared, byText(keyed.text, { after: 'x1', upTo: 'x2' })),
    )
  })
})
