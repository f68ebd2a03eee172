import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { imagesDiffer } from '../../scripts/engine/sql.ts'
import { test } from '../support/scratch.ts'

/** Two values of a type, as SQL, that are not the same bytes, though many of them are equal. */
const unlike: readonly [type: string, one: string, other: string][] = [
  ['numeric(5,2)', `1`, `null`],
  ['numeric', `1.0::numeric`, `1.00::numeric`],
  ['double precision', `0::float8`, `'-0'::float8`],
  ['character', `'a'::bpchar`, `'a '::bpchar`],
  ['interval', `'1 day'::interval`, `'24 hours'::interval`],
  ['time with time zone', `'12:00+00'::timetz`, `'13:00+00'::timetz`],
  ['integer[]', `'[0:1]={1,2}'::int[]`, `'{1,2}'::int[]`],
  ['numeric[]', `array[1.0]`, `array[1.00]`],
  ['json', `'{"a":1}'::json`, `'{"a": 1}'::json`],
  ['jsonb', `'{"a":1.0}'::jsonb`, `'{"a":1.00}'::jsonb`],
  ['text', `'a'`, `'a '`],
  ['text', `''`, `null`],
  ['character varying(5)', `'ß'::varchar`, `'ss'::varchar`],
  ['bytea', `'\\x00'::bytea`, `'\\x0000'::bytea`],
  ['boolean', `false`, `null`],
  ['bigint', `9007199254740993`, `9007199254740992`],
  ['timestamp with time zone', `'infinity'::timestamptz`, `'-infinity'::timestamptz`],
  ['timestamp without time zone', `'2000-01-01 00:00:00.000001'::timestamp`, `'2000-01-01'::timestamp`],
  ['uuid', `'00000000-0000-0000-0000-000000000000'::uuid`, `'00000000-0000-0000-0000-000000000001'::uuid`],
  ['date', `'2000-01-01'::date`, `'infinity'::date`],
]

const column = { name: 'value', isEnum: false }
const values = [() => sql.raw('one'), () => sql.raw('other')] as const

test('values that are not the same bytes differ, though they may be equal, and each is its own', async ({
  database,
}) => {
  for (const [type, one, other] of unlike) {
    const differ = imagesDiffer([{ ...column, type }], values)
    const pairs = [`(${one}, ${other})`, `(${one}, ${one})`, `(${other}, ${other})`].map((pair) => sql.raw(pair))
    const rows = await database.connection.db.execute(
      sql`select ${differ} as differ from (values ${sql.join(pairs, sql`, `)}) as v(one, other)`,
    )
    const found = (rows as unknown as { differ: boolean }[]).map((row) => row.differ)
    expect(found, `${type}: ${one} and ${other}`).toEqual([true, false, false])
  }
})

test('an enum, and rows of several columns of which one differs', async ({ database }) => {
  const { db } = database.connection
  await db.execute(sql`create type public.mood as enum ('glad', 'sad')`)
  const columns = [
    { name: 'mood', type: 'public.mood', isEnum: true },
    { name: 'amount', type: 'numeric', isEnum: false },
    { name: 'name', type: 'text', isEnum: false },
  ]
  const differ = imagesDiffer(columns, [
    (name) => sql`a.${sql.identifier(name)}`,
    (name) => sql`b.${sql.identifier(name)}`,
  ])
  const rows = await db.execute(sql`
    with v(mood, amount, name) as (values ('glad'::public.mood, 1.0, 'x'), ('sad', 1.0, 'x'), ('glad', 1.00, 'x'), ('glad', 1.0, 'X'))
    select count(*) filter (where ${differ})::int as differ, count(*)::int as pairs
    from v as a
    cross join v as b`)
  expect([...rows]).toEqual([{ differ: 12, pairs: 16 }])
  const none = await db.execute(sql`select ${imagesDiffer([], values)} as differ`)
  expect([...none]).toEqual([{ differ: false }])
})
