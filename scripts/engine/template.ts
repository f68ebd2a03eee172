import { fillPlaceholders, type Query, type SQL, sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type { Bound } from './bound.ts'
import { patternOf, type Range } from './family.ts'

/** Stands where a parameter goes. No statement can contain it. */
const gap = '\0'

class Gapped extends PgDialect {
  override escapeParam(): string {
    return gap
  }
}

const dialect = new Gapped()
const known = new WeakMap<Bound, Map<string, Query>>()

/**
 * The statement that `make` yields for a range. Its text is made once for all ranges that are written alike, and their
 * ends are filled in: to make the hundreds of expressions of a batch anew took a third of Node's time, and most of its memory.
 * @param name tells it from the system's other statements
 */
export function statementFor(bound: Bound, name: string, range: Range, make: (range: Range) => SQL): SQL {
  const pattern = patternOf(range)
  if (!pattern) return make(range)
  const of = known.get(bound) ?? new Map<string, Query>()
  known.set(bound, of)
  const key = `${name} ${JSON.stringify(pattern)}`
  const found = of.get(key) ?? dialect.sqlToQuery(make(pattern).inlineParams())
  of.set(key, found)
  const values = fillPlaceholders(found.params, { after: range.after, upTo: range.upTo })
  const [first = '', ...rest] = found.sql.split(gap)
  return sql.join([sql.raw(first), ...rest.flatMap((text, i) => [sql`${values[i]}`, sql.raw(text)])])
}
