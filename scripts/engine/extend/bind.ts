import { Column, getColumns, is } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { Refusal } from '../../errors.ts'
import { primaryKey } from '../bound.ts'
import { configOf } from '../declared.ts'
import { lineageOf } from '../lineage.ts'
import { fields } from '../rows.ts'
import { isKey, type LiveColumn, type LiveTable, readShape, tableName } from '../shape.ts'
import type { Executor } from '../sql.ts'
import type { System, Transform } from '../system.ts'
import { typed } from '../types.ts'
import type { Extension } from './extension.ts'

/** A new column that derive yields, or one of both shapes, with what its value comes from. */
export interface Following extends LiveColumn {
  /** Whether it is a new one. */
  added: boolean
  /** Columns of the row itself that it depends on, joins included. */
  own: string[]
  /** Names of the joined relations whose columns it depends on. */
  joined: string[]
}

/** A column of the old shape alone. */
export interface Restored extends LiveColumn {
  own: string[]
}

/** Another table that derive reads, found by one column of the row. */
export interface Joined {
  /** The name that the queries use. */
  name: string
  relation: string
  table: PgTable
  /** The column of the extended row, and the one that it is equal to. */
  from: LiveColumn
  to: string
  /** The columns that are read. */
  reads: string[]
}

/** An extension joined to one live database. */
export interface BoundExtension {
  system: System
  extension: Extension
  name: string
  relation: string
  /** The table with all its columns, as declared while they are being filled. */
  table: PgTable
  legacy: PgTable
  live: LiveTable
  key: LiveColumn[]
  /** All old columns. */
  old: LiveColumn[]
  /** The new ones. */
  added: (LiveColumn & { declared: PgColumn; finished: PgColumn })[]
  /** What derive yields, but for the key. */
  following: Following[]
  /** What restore yields and is not the column itself. */
  restored: Restored[]
  joined: Joined[]
}

/**
 * Fits the extensions of a system to the live database.
 * @throws Refusal where a table, one of its columns or its key is missing
 */
export async function bindExtensions(system: System, db: Executor): Promise<BoundExtension[]> {
  const shape = await readShape(db, [...Object.values(system.legacy), ...Object.values(system.target)])
  return (system.extended?.tables ?? []).map((extension) => {
    const table = system.target[extension.name] as PgTable
    const live = shape.tables.get(tableName(table))
    if (!live) throw missing(system, tableName(table))
    return bindOne(system, extension, table, live)
  })
}

const missing = (system: System, table: string, column?: string) =>
  new Refusal(
    column ? 'a column is missing' : 'the legacy table does not exist',
    { table, column, system: system.name },
    'check that DATABASE_URL names the right database, and npm run status where the migration is',
  )

function bindOne(system: System, extension: Extension, table: PgTable, live: LiveTable): BoundExtension {
  const { name, derive, restore } = extension
  const legacy = system.legacy[name] as PgTable
  const relation = configOf(table).name
  // before the steps are applied the new columns are what they will be
  const asDeclared = Object.fromEntries(
    Object.values(getColumns(table))
      .filter((each) => !Object.values(getColumns(legacy)).some(({ name }) => name === each.name))
      .map((each): [string, LiveColumn] => [
        each.name,
        { ...typed(each as PgColumn), notNull: false, generated: false },
      ]),
  )
  const liveColumn = ({ name: column }: Column): LiveColumn => {
    const found = live.columns.find((each) => each.name === column)
    if (found) return found
    if (column in asDeclared) return asDeclared[column] as LiveColumn
    throw missing(system, tableName(table), column)
  }
  const old = Object.values(getColumns(legacy)).map(liveColumn)
  const isOld = ({ name: column }: { name: string }) => old.some((each) => each.name === column)
  const key = primaryKey(legacy)
  if (!isKey(live, key))
    throw new Refusal(
      'a table can be extended only where its key is one',
      { table: tableName(table), key: key.join(', ') },
      'make it the primary key, then start the same command again',
    )
  const inTheEnd = system.extended?.checklist.tables.find((each) => tableName(each) === tableName(table))
  const added = Object.entries(getColumns(table))
    .filter(([, column]) => !isOld(column))
    .map(([property, column]) => ({
      ...liveColumn(column),
      declared: column as PgColumn,
      finished: getColumns(inTheEnd ?? table)[property] as PgColumn,
    }))
  const derived = lineageOf(derive, system.legacy)
  const joined = joinsOf(system, relation, derive, liveColumn)
  const own = (sources: Iterable<string>) => of(relation, sources)
  const following = Object.entries(fields(derive, system.legacy))
    .map(([property]) => liveColumn(getColumns(table)[property] as Column))
    .filter((column) => !key.includes(column.name))
    .map((column): Following => {
      const sources = derived.values.get(column.name) ?? new Set()
      const from = joined.filter((each) => of(each.relation, sources).length > 0)
      return {
        ...column,
        added: !isOld(column),
        own: [...new Set([...own(sources), ...from.map((each) => each.from.name)])],
        joined: from.map((each) => each.name),
      }
    })
  const back = lineageOf(restore, system.target)
  const restored = Object.entries(fields(restore, system.target)).flatMap(([property, value]): Restored[] => {
    const column = liveColumn(getColumns(legacy)[property] as Column)
    if (is(value, Column) && value.name === column.name) return []
    return [{ ...column, own: own(back.values.get(column.name) ?? []) }]
  })
  const lost = added.filter(({ name: column }) => !following.some((each) => each.name === column))
  const peeked = restored.flatMap((each) => each.own).find((column) => restored.some((each) => each.name === column))
  if (lost.length) throw new Error(`${system.name} derives ${name} without ${lost.map((each) => each.name).join(', ')}`)
  if (peeked) throw new Error(`${system.name} restores ${name} from ${peeked}, which is of the old shape alone`)
  if (!added.some(({ finished }) => finished.notNull))
    throw new Error(`${system.name} adds nothing to ${name} that every row must have`)
  return {
    system,
    extension,
    name,
    relation,
    table,
    legacy,
    live,
    key: old.filter((column) => key.includes(column.name)),
    old,
    added,
    following,
    restored,
    joined,
  }
}

/** The columns of one relation among some sources. */
const of = (relation: string, sources: Iterable<string>): string[] =>
  [...sources].filter((each) => each.startsWith(`${relation}.`)).map((each) => each.slice(relation.length + 1))

/** The other tables that derive reads. Each must be found by being equal to a column of the row. */
function joinsOf(
  system: System,
  relation: string,
  derive: Transform,
  liveColumn: (column: Column) => LiveColumn,
): Joined[] {
  const { rows, values, joined } = lineageOf(derive, system.legacy)
  const sources = [...rows, ...[...values.values()].flatMap((each) => [...each])]
  return Object.entries(system.legacy).flatMap(([name, table]): Joined[] => {
    const other = configOf(table).name
    const reads = [...new Set(of(other, sources))]
    if (other === relation || reads.length === 0) return []
    const pairs = joined.flatMap(([a, b]): [string, string][] => {
      const [mine, theirs] = a.startsWith(`${relation}.`) ? [a, b] : [b, a]
      return of(relation, [mine]).flatMap((from) => of(other, [theirs]).map((to): [string, string] => [from, to]))
    })
    const [from, to] = pairs[0] ?? []
    const column = Object.values(getColumns(system.legacy[nameOf(system, relation)] as PgTable)).find(
      (each) => each.name === from,
    )
    if (!column || to === undefined)
      throw new Error(`${system.name} reads ${other} without finding it by a column of ${relation}`)
    return [{ name, relation: other, table, from: liveColumn(column), to, reads }]
  })
}

const nameOf = (system: System, relation: string): string =>
  Object.entries(system.legacy).find(([, table]) => configOf(table).name === relation)?.[0] ?? relation
