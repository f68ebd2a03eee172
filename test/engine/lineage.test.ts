import { and, count, eq, exists, getColumns, isNotNull, sql } from 'drizzle-orm'
import { alias, integer, pgSchema, QueryBuilder, text } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { eachRowOf, rootOf } from '../../scripts/engine/lineage.ts'
import type { Tables, Transform } from '../../scripts/engine/system.ts'
import { atp } from '../../scripts/systems/atp/index.ts'

const schema = pgSchema('lineage')
const columns = () => ({ id: integer().primaryKey(), word: text() })
const old = schema.table('old', columns())
const other = schema.table('other', columns())
const fresh = schema.table('fresh', columns())

const builder = new QueryBuilder()
const transform = (query: unknown) => ({ table: fresh, query: () => query }) as unknown as Transform
const of = (query: unknown) => eachRowOf(transform(query), { old, other } as Tables)
const root = (query: unknown) => rootOf(transform(query), { old, other } as Tables)
const copied = () => builder.select(getColumns(old)).from(old)

test('which target tables of a system get a row of each legacy row by itself', () => {
  const found = atp.derive.map((transform) => eachRowOf(transform, atp.legacy))
  const { media, prediction } = atp.legacy
  expect(atp.derive.map(({ table }, i) => [table, found[i]])).toEqual([
    [atp.target.mediaMetadata, undefined],
    [atp.target.downloads, media],
    [atp.target.files, media],
    [atp.target.mediaMetrics, prediction],
  ])
})

test('a copy of all rows, or of those that some of their own columns choose', () => {
  expect(of(copied())).toBe(old)
  expect(of(copied().where(and(isNotNull(old.word), eq(old.id, 5), sql`${old.word} <> 'x'`)))).toBe(old)
})

test.for([
  ['a join', copied().innerJoin(other, eq(other.id, old.id))],
  ['one row of several', builder.selectDistinctOn([old.word], getColumns(old)).from(old)],
  ['a group', builder.select({ id: count(), word: old.word }).from(old).groupBy(old.word)],
  ['a limit', copied().limit(5)],
  ['a value that is made', builder.select({ id: old.id, word: sql`upper(${old.word})` }).from(old)],
  ['a value of other rows', builder.select({ id: sql`max(${old.id}) over ()`, word: old.word }).from(old)],
  ['a column of another table', builder.select({ id: old.id, word: other.word }).from(old)],
  ['a condition on another table', copied().where(eq(old.id, other.id))],
  ['a condition that looks elsewhere', copied().where(exists(builder.select().from(other)))],
  ['the same in words', copied().where(sql`${old.id} in (select id from lineage.other)`)],
  ['a subquery', builder.select().from(copied().as('part'))],
])('no row by itself: %s', ([, query]) => {
  expect(of(query)).toBeUndefined()
})

test('to which tables a system joins others to restore its legacy rows', () => {
  const { downloads, mediaMetadata, mediaMetrics } = atp.target
  expect(atp.restore.map(({ table }) => table)).toEqual([atp.legacy.media, atp.legacy.training, atp.legacy.prediction])
  expect(atp.restore.map((each) => rootOf(each, atp.target))).toEqual([downloads, mediaMetadata, mediaMetrics])
})

const joined = (fields: Parameters<typeof builder.select>[0] = { id: old.id, word: other.word }) =>
  builder.select(fields).from(old).leftJoin(other, eq(other.id, old.id))
const again = alias(old, 'again')
const part = copied().as('part')

test('a copy of rows, with what is joined to them', () => {
  expect(root(copied())).toBe(old)
  expect(root(joined())).toBe(old)
  expect(root(joined().where(isNotNull(other.word)))).toBe(old)
})

test.for([
  [
    'the table itself once more',
    builder.select({ id: old.id, word: again.word }).from(old).leftJoin(again, eq(again.word, old.word)),
  ],
  ['a subquery', builder.select({ id: other.id, word: part.word }).from(other).leftJoin(part, eq(part.id, other.id))],
  ['a right join', copied().rightJoin(other, eq(other.id, old.id))],
  ['a full join', copied().fullJoin(other, eq(other.id, old.id))],
  ['a value of other rows', joined({ id: old.id, word: sql`max(${old.word}) over ()` })],
  ['a group', joined({ id: old.id }).groupBy(old.id)],
  ['a limit', joined().limit(5)],
  ['one row of several', builder.selectDistinctOn([old.word], getColumns(old)).from(old)],
  ['a condition that looks elsewhere', joined().where(exists(builder.select().from(other)))],
  [
    'a join that looks elsewhere',
    builder.select(getColumns(old)).from(old).leftJoin(other, sql`${other.id} = (select max(id) from lineage.old)`),
  ],
])('rows have a say in others: %s', ([, query]) => {
  expect(root(query)).toBeUndefined()
})
