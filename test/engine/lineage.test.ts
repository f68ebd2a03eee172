import { and, count, eq, exists, getColumns, isNotNull, sql } from 'drizzle-orm'
import { integer, pgSchema, QueryBuilder, text } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { eachRowOf } from '../../scripts/engine/lineage.ts'
import type { Tables, Transform } from '../../scripts/engine/system.ts'
import { atp } from '../../scripts/systems/atp/index.ts'

const schema = pgSchema('lineage')
const columns = () => ({ id: integer().primaryKey(), word: text() })
const old = schema.table('old', columns())
const other = schema.table('other', columns())
const fresh = schema.table('fresh', columns())

const builder = new QueryBuilder()
const of = (query: unknown) =>
  eachRowOf({ table: fresh, query: () => query } as unknown as Transform, { old, other } as Tables)
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
