import { type SQL, sql } from 'drizzle-orm'
import { integer, PgDialect, pgTable, uuid, varchar } from 'drizzle-orm/pg-core'
import { describe, expect, test } from 'vitest'
import type { Bound } from '../../scripts/engine/bound.ts'
import { inRange, type Range } from '../../scripts/engine/order.ts'
import { statementFor } from '../../scripts/engine/template.ts'

const keyed = pgTable('keyed', { uuid: uuid(), integer: integer(), text: varchar({ length: 40 }) })
const columns = [keyed.uuid, keyed.integer, keyed.text]

const uuids = ['00000000-0000-0000-0000-000000000001', '99999999-0000-0000-0000-000000000002'] as const
const text = (query: SQL) => new PgDialect().sqlToQuery(query.inlineParams()).sql

/** A statement with constants, one of them a text that looks like a parameter, around the range. */
const make = (range: Range) =>
  sql`select ${"it's $1"}::text, ${7} from ${keyed} where ${sql.join(
    columns.map((column) => sql`(${inRange(column, range) ?? sql`true`})`),
    sql` or `,
  )}`

const ranges: Range[] = [
  { after: null, upTo: null },
  { after: null, upTo: 'tt0000007' },
  { after: "tt'; --", upTo: null },
  { after: 'tt0000001', upTo: 'tt0000007' },
  { after: '12', upTo: '345' },
  { after: '12', upTo: 'tt' },
  { after: null, upTo: '9' },
  { after: uuids[0], upTo: uuids[1] },
  { after: uuids[0], upTo: null },
  { after: uuids[0], upTo: 'tt' },
  { after: 'a', upTo: 'b', wave: 0 },
]

describe('the statements of a batch', () => {
  test('are for every range what they would be if they were made for it', () => {
    const bound = {} as Bound
    for (const range of [...ranges, ...ranges])
      expect(text(statementFor(bound, 'any', range, make))).toBe(text(make(range)))
  })

  test('are made once for all ranges that are written alike', () => {
    const bound = {} as Bound
    let made = 0
    const counted = (range: Range) => {
      made++
      return make(range)
    }
    for (const [after, upTo] of [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'tt'],
    ] as const)
      statementFor(bound, 'one', { after, upTo, ...{ families: made } }, counted)
    expect(made).toBe(1)
    statementFor(bound, 'one', { after: 'a', upTo: null }, counted)
    statementFor(bound, 'another', { after: 'a', upTo: 'b' }, counted)
    statementFor({} as Bound, 'one', { after: 'a', upTo: 'b' }, counted)
    expect(made).toBe(4)
  })
})
