import { and, type Column, gt, is, isNull, lte, or, type SQL, type SQLWrapper, sql, Table } from 'drizzle-orm'
import { inRange, isAmong, isIn, type Range } from './order.ts'
import type { System, Tables } from './system.ts'

export { inRange, patternOf, type Range } from './order.ts'

/** The families that a query is asked for. */
export interface Keys {
  /** The condition that a row of `source` belongs to one of the families; undefined when all are asked for. */
  match(source: object): SQL | undefined
}

/** A session's temporary table of the families that are asked for by name, each written as its text. */
export const asking = sql.raw('pg_temp.sluice_asking')

/** A session's temporary table of further families that are touched. */
export const also = sql.raw('pg_temp.sluice_also')

const familyColumns = new WeakMap<object, Column[]>()

/**
 * Makes the family columns of each source known, so that `match` can be asked of the source itself. A target table that
 * nothing is derived into belongs to no family.
 */
export function registerFamilies(system: System, sources: Tables): void {
  for (const [name, source] of Object.entries(sources)) {
    if (isUnderived(system, source)) continue
    const columns = (system.family[name] ?? []).map(
      (property) => (source as unknown as Record<string, Column>)[property],
    )
    if (columns.length === 0 || columns.some((column) => column === undefined)) {
      throw new Error(`${system.name} declares no family for ${name}, or one over a column that it does not have`)
    }
    familyColumns.set(source, columns as Column[])
  }
}

const isUnderived = ({ target, derive }: System, source: object): boolean =>
  Object.values(target).some((table) => table === source) && !derive.some(({ table }) => table === source)

/** The columns of which the first that is not null is a row's family. */
export function columnsOf(source: object): Column[] {
  const columns = familyColumns.get(source)
  if (!columns) throw new Error('a transform asked keys.match of something that is not one of its sources')
  return columns
}

/** The family of a row whose family columns are written as `columns`. */
export const familyOf = (columns: readonly SQLWrapper[]): SQL =>
  sql`coalesce(${sql.join(
    columns.map((column) => sql`${column}::text`),
    sql`, `,
  )})`

/** All families. */
export const everything: Keys = { match: () => undefined }

/** All families but those that `select` yields. As it hardly ever yields any, no row's family is asked before it does. */
export const allBut = (select: SQL): Keys => ({
  match: (source) =>
    sql`(not exists (${select}) or coalesce(${familyOf(columnsOf(source))}, '') <> all (array(${select})))`,
})

/** The families of a range. */
export const within = (range: Range): Keys => ({
  match: (source) => each(source, (column) => inRange(column, range), begins(range)),
})

/** The families of a range, and those in the session's table `also`. */
export const withinAlso = (range: Range): Keys => ({
  match: (source) =>
    each(
      source,
      (column) => or(inRange(column, range) ?? sql`true`, isIn(column, also)),
      begins(range) ?? hasNone(also),
    ),
})

/** Only the families in one of the session's tables, `asking` or `also`. */
export const listedIn = (families: SQL): Keys => ({
  match: (source) => each(source, (column) => isIn(column, families), hasNone(families)),
})

/** Whether a family, written as text, is in the range or, where asked, in `also`. */
export const textWithin = (family: SQLWrapper, range: Range | null, withAlso: boolean): SQL =>
  or(
    range
      ? (and(range.after === null ? undefined : gt(family as SQL, range.after), upper(family, range)) ?? sql`true`)
      : undefined,
    withAlso ? sql`${family} = any (array(select family from ${also}))` : undefined,
  ) ?? sql`true`

const upper = (family: SQLWrapper, range: Range): SQL | undefined =>
  range.upTo === null ? undefined : lte(family as SQL, range.upTo)

/**
 * `first` in it, or `first` null and `second` in it, and so on: each arm can use the column's own index. Rows without
 * any are of the family '', which is asked for where `ofNone` holds; a key that is missing live lets them in.
 */
function each(source: object, condition: (column: Column) => SQL | undefined, ofNone?: SQL): SQL | undefined {
  const columns = columnsOf(source)
  const arms = columns.map((column, i) =>
    and(...columns.slice(0, i).map((earlier) => isNull(earlier)), condition(column) ?? sql`${column} is not null`),
  )
  return or(...arms, ofNone && !hasFamily(source) ? and(...columns.map((column) => isNull(column)), ofNone) : undefined)
}

/** Whether every row of a table has a family: one of the columns that make it is never null. */
export const hasFamily = (source: object): boolean =>
  is(source, Table) && columnsOf(source).some(({ notNull }) => notNull)

/** The family '' goes before all others. */
const begins = ({ after }: Range): SQL | undefined => (after === null ? sql`true` : undefined)

const hasNone = (families: SQL): SQL => sql`'' = any (array(select family from ${families}))`

/** Only the families in an array of text. */
export const among = (families: SQL): Keys => ({
  match: (source) => each(source, (column) => isAmong(column, families), sql`'' = any (${families})`),
})
