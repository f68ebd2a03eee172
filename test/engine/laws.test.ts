import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import {
  char,
  check,
  foreignKey,
  integer,
  numeric,
  pgSchema,
  QueryBuilder,
  smallint,
  text,
  unique,
  varchar,
} from 'drizzle-orm/pg-core'
import { describe, expect } from 'vitest'
import { type Bound, bind } from '../../scripts/engine/bound.ts'
import { references, rowConstraints, uniqueKeys } from '../../scripts/engine/constraints.ts'
import { everything, type Keys, type Range, registerFamilies, textWithin, within } from '../../scripts/engine/family.ts'
import { judgedRows } from '../../scripts/engine/judge.ts'
import { currentPhase, enter } from '../../scripts/engine/ledger.ts'
import { next, type Phase } from '../../scripts/engine/phase.ts'
import { legacyRows } from '../../scripts/engine/rows.ts'
import { column, keyText, textForm } from '../../scripts/engine/sql.ts'
import { type System, transforms } from '../../scripts/engine/system.ts'
import { Refusal } from '../../scripts/errors.ts'
import { atp } from '../../scripts/systems/atp/index.ts'
import { type Scratch, scratchDatabase, test } from '../support/scratch.ts'
import { contextOf, expandIn, legacyIn, run, sharing } from './migration.ts'

const small = pgSchema('small')
const code = small.table('old', {
  code: char({ length: 4 }).primaryKey(),
  title: varchar({ length: 10 }),
  number: integer(),
  amount: numeric(),
  word: text(),
})
const kind = small.table('kind', { kind: text().primaryKey() })
const fresh = small.table(
  'fresh',
  {
    code: char({ length: 4 }).primaryKey(),
    title: varchar({ length: 10 }),
    number: smallint().notNull(),
    amount: numeric({ precision: 4, scale: 2 }),
    word: varchar({ length: 3 }),
    pair: char({ length: 2 }),
  },
  (table) => [
    check('fresh_b_check', sql`${table.number} > 0`),
    check('fresh_a_check', sql`${table.number} > -100 and ${table.amount} <> 7`),
    unique('fresh_title_number_key').on(table.title, table.number),
    foreignKey({ name: 'fresh_word_fkey', columns: [table.word], foreignColumns: [kind.kind] }),
  ],
)
const { derive, restore } = transforms({ code }, { fresh })
const query = new QueryBuilder()
const system: System = {
  name: 'small',
  legacy: { code },
  target: { fresh },
  family: { code: ['title', 'code'], fresh: ['title', 'code'] },
  derive: [
    derive(fresh, ({ code: old }, keys) =>
      query
        .select({
          code: old.code,
          title: old.title,
          number: old.number,
          amount: old.amount,
          word: old.word,
          pair: sql`${old.word}`.as('pair'),
        })
        .from(old)
        .where(keys.match(old)),
    ),
  ],
  restore: [
    restore(code, (tables, keys) =>
      query
        .select({
          code: tables.fresh.code,
          title: tables.fresh.title,
          number: tables.fresh.number,
          amount: tables.fresh.amount,
          word: tables.fresh.word,
        })
        .from(tables.fresh)
        .where(keys.match(tables.fresh)),
    ),
  ],
}

/** The small system's tables; the target's foreign key is left out, for it concerns no row by itself. */
async function makeSmall(): Promise<Scratch> {
  const database = await scratchDatabase()
  await run(
    database,
    `create schema small;
     create table small.old (code char(4) primary key, title varchar(10), number integer, amount numeric, word text);
     create table small.fresh (
       code char(4) primary key, title varchar(10), number smallint not null, amount numeric(4,2), word varchar(3), pair char(2),
       constraint fresh_b_check check (number > 0), constraint fresh_a_check check (number > -100 and amount <> 7));
     create index old_title on small.old (title)`,
  )
  return database
}

const boundTo = (database: Scratch): Promise<Bound> => bind(system, database.connection.db)

const target = (bound: Bound) => {
  const [found] = bound.target
  if (!found) throw new Error('no target')
  return found
}

const values = async (database: Scratch, select: SQL) =>
  [...(await database.connection.db.execute(select))] as Record<string, unknown>[]

const onSmall = sharing(makeSmall)

describe('the target refuses a row by itself', () => {
  onSmall('exactly where, and with the SQLSTATE and constraint with which, the server does', async ({ shared }) => {
    const numbers = ['null', '1', '0', '-100', '32767', '32768', '-32768', '-32769']
    const amounts = ['null', '7', '7.004', '99.994', '99.995', '-99.995', `'NaN'`, `'Infinity'`, `'-Infinity'`, '1e100']
    const words = ['null', `''`, `'ab'`, `'abc'`, `'abcd'`, `'ab    '`, `'abc   '`, `'äöü'`, `'äöüß'`, `'    '`]
    const rows = [
      ...numbers.map((number) => [number, '1', `'ab'`]),
      ...amounts.map((amount) => ['1', amount, `'ab'`]),
      ...words.map((word) => ['1', '1', word]),
      ...numbers.map((number, i) => [number, amounts[i], words[i]]),
      ...amounts.map((amount, i) => [numbers[7 - (i % 8)], amount, words[9 - i]]),
    ]
    await run(
      shared,
      `truncate small.old;
       insert into small.old (code, number, amount, word)
       values ${rows.map((row, i) => `('${i}', ${row.join(', ')})`)};
       create temporary table said (code text, sqlstate text, name text);
       do $$
       declare
         one record;
         refused text;
         named text;
       begin
         for one in select * from small.old loop
           begin
             insert into small.fresh values (one.code, one.title, one.number, one.amount, one.word, one.word);
             refused := null;
             named := null;
           exception when others then
             get stacked diagnostics refused = returned_sqlstate, named = constraint_name;
           end;
           insert into said values (one.code, refused, named);
         end loop;
       end $$;
       create table small.said as table said`,
    )
    const bound = await boundTo(shared)
    const judged = await values(
      shared,
      sql`
        select s.code, j."#refusal"[1] as name, j."#refusal"[2] as judged, s.sqlstate as said, s.name as "constraint"
        from ${judgedRows(bound, target(bound), everything)} as j
        join small.said s on s.code = j.code::text`,
    )
    expect(judged).toHaveLength(rows.length)
    expect(judged.filter(({ judged: own, said }) => own !== said)).toEqual([])
    const checks = judged.filter(({ said }) => said === '23514')
    expect(new Set(checks.map(({ name }) => name))).toEqual(new Set(['fresh_a_check', 'fresh_b_check']))
    expect(checks.filter(({ name, constraint }) => name !== constraint)).toEqual([])
    expect(new Set(judged.map(({ said }) => said))).toEqual(new Set([null, '22001', '22003', '23502', '23514']))
  })

  onSmall('and what it takes is what the server would have stored', async ({ shared }) => {
    const bound = await boundTo(shared)
    const rows = await values(
      shared,
      sql`
        select f::text as stored, row(j.code, j.title, j.number, j.amount, j.word, j.pair)::text as judged
        from ${judgedRows(bound, target(bound), everything)} as j
        join small.fresh f using (code)`,
    )
    expect(rows.length).toBeGreaterThan(8)
    expect(rows.filter(({ stored, judged }) => stored !== judged)).toEqual([])
  })

  onSmall('by its types first, then what must not be null, then the checks by name', async ({ shared }) => {
    const bound = await boundTo(shared)
    expect(rowConstraints(target(bound), bound.sources).map(({ name, sqlstate }) => `${sqlstate} ${name}`)).toEqual([
      '22003 fresh_number_type',
      '22003 fresh_amount_type',
      '22001 fresh_word_type',
      '22001 fresh_pair_type',
      '23502 fresh_code_not_null',
      '23502 fresh_number_not_null',
      '23514 fresh_a_check',
      '23514 fresh_b_check',
    ])
  })
})

test('unique keys and references are read off the declaration', () => {
  expect(uniqueKeys(fresh).map(({ name, columns }) => [name, columns.map((each) => each.name)])).toEqual([
    ['fresh_title_number_key', ['title', 'number']],
  ])
  expect(references(fresh)).toMatchObject([{ name: 'fresh_word_fkey', parent: kind }])
  expect(references(kind)).toEqual([])
})

describe('text', () => {
  test('of a key tells keys apart, nulls and quotes included', async ({ database }) => {
    const single = [`'a'`, `''`, `' '`, `null`, `'null'`, `'a,b'`]
    const pairs = single.flatMap((a) => single.map((b) => `(${a}, ${b})`))
    for (const [columns, from, count] of [
      [['a'], single.map((a) => `(${a})`), single.length],
      [['a', 'b'], pairs, pairs.length],
    ] as const) {
      const key = keyText(columns.map((name) => column('v', name)))
      const [row] = await values(
        database,
        sql`select count(distinct ${key})::int as keys from (values ${sql.raw(from.join(', '))}) as v(${sql.raw(columns.join(', '))})`,
      )
      expect(row).toEqual({ keys: count })
    }
  })

  test('of a single column is the value itself, and \\N for null', async ({ database }) => {
    const key = keyText([column('v', 'a')])
    expect(await values(database, sql`select ${key} as key from (values ('it''s'), (null)) as v(a)`)).toEqual([
      { key: "it's" },
      { key: '\\N' },
    ])
  })

  test('of char(n) has its padding, by whichever name the type goes', async ({ database }) => {
    for (const type of ['char(3)', 'character(3)', 'bpchar']) {
      const value = sql.raw(`'a '::${type === 'bpchar' ? 'char(3)::bpchar' : type}`)
      expect(await values(database, sql`select ${textForm(value, type)} as text`), type).toEqual([{ text: 'a  ' }])
    }
  })

  test('of any value is what its type reads back to the same bytes', async ({ database }) => {
    const samples = {
      'numeric(5,3)': ['7', '0.1'],
      numeric: ['7.00', 'NaN', '1e-20', '0'],
      'double precision': ['0.1', '-0', '1e300', 'NaN', '-Infinity'],
      'timestamp with time zone': ['infinity', '-infinity', '0044-03-15 12:00:00.000001+00 BC', '294000-01-01'],
      'character(2)': ['e', '', 'é'],
      'character(2)[]': ['{u,"",NULL}', '[2:3]={a,b}', '{}', '{{a,b},{c,d}}'],
      'character varying(5)[]': ['{NULL,"NULL","a,b","\\"",""}'],
      bytea: ['\\x00ff', ''],
      jsonb: ['{"a": 1.0}'],
      json: ['{"a" :1.0 , "a":2}'],
      interval: ['1 mon -3 days 04:05:06.000001'],
      '"char"': ['x', ''],
      'bit varying': ['101', ''],
    }
    for (const [type, texts] of Object.entries(samples)) {
      for (const each of texts) {
        const value = sql`${each}::text::${sql.raw(type)}`
        const again = sql`(${textForm(sql`(${value})`, type)})::${sql.raw(type)}`
        const [row] = await values(database, sql`select row(${value})::record *= row(${again})::record as same`)
        expect(row, `${type} ${each}`).toEqual({ same: true })
      }
    }
  })
})

const filled = sharing(async () => {
  const database = await makeSmall()
  await run(
    database,
    `insert into small.old (code, title, number, word)
     select lpad(n::text, 4, '0'), case when n % 3 > 0 then 't' || n / 5 end, n, repeat('x', 200)
     from generate_series(0, 9999) n;
     analyze small.old`,
  )
  registerFamilies(system, system.legacy)
  return database
})

describe('families', () => {
  const plan = async (database: Scratch, keys: Keys) => {
    const rows = await values(database, sql`explain (costs off) select * from small.old where ${keys.match(code)}`)
    return rows.map((row) => Object.values(row)[0]).join('\n')
  }

  filled('of a range are found by the indexes of their columns', async ({ shared }) => {
    const found = await plan(shared, within({ after: '5000', upTo: '5100' }))
    expect(found).toContain('old_title')
    expect(found).toContain('old_pkey')
    expect(found).not.toContain('Seq Scan')
  })

  filled('of ranges that touch are all families, each once', async ({ shared }) => {
    const cuts = [null, '0500', '4', '9999', 't1', 't1500', 't99', 'z', null]
    const rangesOf = cuts.slice(1).map((upTo, i): Range => ({ after: cuts[i] ?? null, upTo: upTo ?? null }))
    const bound = await boundTo(shared)
    const [legacy] = bound.legacy
    if (!legacy) throw new Error('no legacy')
    const seen = new Map<unknown, number>()
    for (const range of rangesOf) {
      const rows = await values(
        shared,
        sql`
          select "#key" as key, ${textWithin(sql`"#family"`, range, false)} as same
          from ${legacyRows(bound, legacy, within(range))} as l`,
      )
      for (const { key, same } of rows) {
        expect(same).toBe(true)
        seen.set(key, (seen.get(key) ?? 0) + 1)
      }
    }
    expect(seen.size).toBe(10_000)
    expect([...seen.values()].every((times) => times === 1)).toBe(true)
  })
})

describe('lineage', () => {
  test('is read off the derive queries', async ({ database }) => {
    await legacyIn(database, { rows: 0, dirt: 0 })
    await expandIn(database)
    const bound = await bind(atp, database.connection.db)
    expect(Object.fromEntries(bound.target.map(({ name, reads }) => [name, [...reads].sort()]))).toEqual({
      mediaMetadata: ['media', 'training'],
      downloads: ['media'],
      files: ['media'],
      mediaMetrics: ['prediction'],
    })
  })

  test('a system without its legacy tables is refused', async ({ database }) => {
    await expect(bind(atp, database.connection.db)).rejects.toThrow(Refusal)
  })

  test('every column of a transform is one of its table', () => {
    for (const { table, query: select } of [...atp.derive, ...atp.restore]) {
      const tables = atp.derive.some((each) => each.table === table) ? atp.legacy : atp.target
      const { _ } = select(tables, { match: () => undefined })
      const selected = Object.keys((_.config as { fields: object }).fields)
      expect(new Set(selected)).toEqual(new Set(Object.keys(getTableColumns(table))))
    }
  })
})

const onExpanded = sharing(async () => {
  const database = await scratchDatabase()
  await legacyIn(database, { rows: 0, dirt: 0 })
  await expandIn(database)
  return database
})

describe('phases', () => {
  const phases = Object.keys(next) as Phase[]
  onExpanded('follow the transition map, and no other way', async ({ shared }) => {
    const context = contextOf(shared)
    for (const from of phases.filter((phase) => phase !== 'legacy')) {
      for (const to of phases) {
        await run(
          shared,
          `insert into sluice.migration (system, phase) values ('atp', '${from}')
           on conflict (system) do update set phase = excluded.phase`,
        )
        const allowed = from === to || (next[from] as readonly Phase[]).includes(to)
        const outcome = await enter(context, to).then(
          () => 'entered',
          (error) => error,
        )
        if (allowed) expect(outcome, `${from} → ${to}`).toBe('entered')
        else expect(outcome, `${from} → ${to}`).toBeInstanceOf(Refusal)
        expect(await currentPhase(context)).toBe(allowed ? to : from)
      }
    }
  })

  test('forbid to contract what is not proven, and to go on from what is contracted', () => {
    const into = (phase: Phase) => phases.filter((from) => (next[from] as readonly Phase[]).includes(phase))
    expect(into('contracted')).toEqual(['verified'])
    expect(next.contracted).toEqual(['legacy'])
    expect(
      phases.filter((phase) => phase !== 'legacy' && !(next[phase] as readonly Phase[]).includes('legacy')),
    ).toEqual([])
  })

  onExpanded('an unknown phase is refused by the ledger itself', async ({ shared }) => {
    await expect(run(shared, `update sluice.migration set phase = 'done'`)).rejects.toThrow('migration_phase_check')
  })

  test('a database without the target is in phase legacy', async ({ database }) => {
    expect(await currentPhase(contextOf(database))).toBe('legacy')
  })
})
