import type { Difference, Proof } from '../../scripts/engine/results.ts'
import type { Scratch } from '../support/scratch.ts'
import { run, verifyIn } from './migration.ts'

type Database = Scratch

export interface Column {
  name: string
  type: string
  nullable: boolean
}

/** One value of one row that is changed behind Sluice's back. */
export interface Tampering {
  key: string
  column: string
  /** SQL of the new value. */
  value: string
}

/** Sluice's own tables, of which a copy is kept too. */
export const ledger = ['sluice.complement', 'sluice.quarantine']

/** Runs statements while no trigger fires, no foreign key is checked and the target's own triggers are quiet. */
export const behind = (database: Database, text: string) =>
  run(database, `set local session_replication_role = replica; set local sluice.writing = 'on'; ${text}`)

/** Keeps a copy of every table, to undo from. */
export async function keep(database: Database, tables: readonly string[]): Promise<void> {
  const copies = [...tables, ...ledger].map((table) => `create table ${copyOf(table)} as table ${table};`)
  await run(database, `create schema kept; ${copies.join('\n')}`)
}

const copyOf = (table: string) => `kept.${table.replace('.', '_')}`

/** Puts a table back as it was kept. */
export const undo = (database: Database, table: string) =>
  behind(database, `delete from ${table}; insert into ${table} overriding system value table ${copyOf(table)}`)

/** Does something, proves, undoes it. */
export async function provenAfter(database: Database, table: string, text: string): Promise<Proof> {
  await behind(database, text)
  try {
    return await verifyIn(database, 100_000)
  } finally {
    await undo(database, table)
  }
}

export async function columnsOf(database: Database, table: string): Promise<Column[]> {
  const rows = await run(
    database,
    `select attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable
     from pg_attribute
     where attrelid = '${table}'::regclass and attnum > 0 and not attisdropped
     order by attnum`,
  )
  return rows as unknown as Column[]
}

/** SQL of another value of the type, as little different as there is; `v` is a value that is not null. */
export function other(v: string, { name, type }: Column): string {
  if (name === 'hash') return `translate(${v}, '0123456789abcdef', '123456789abcdef0')`
  if (name === 'imdb_id') return `('tt' || (90000000 + hashtext(${v})::bigint % 9000000))`
  if (name === 'tmdb_id') return `(${v} + 900000000)`
  if (name === 'prediction') return `(1 - ${v})`
  // one bound further: the same elements
  if (type.endsWith('[]'))
    return `case when cardinality(${v}) = 0 then array[null]::${type} else ('[9:' || 8 + cardinality(${v}) || ']=' || array(select unnest(${v}))::text)::${type} end`
  if (type === 'boolean') return `not ${v}`
  if (type === 'numeric(5,3)' || type === 'numeric(4,1)')
    return `case when ${v} > 5 then ${v} - ${step(type)} else ${v} + ${step(type)} end`
  // the same number
  if (type === 'numeric')
    return `(case when ${v}::text ~ '[.]' then ${v}::text || '0' else ${v}::text || '.0' end)::numeric`
  if (/int/.test(type)) return `case when ${v} > 1 then ${v} - 1 else ${v} + 1 end`
  if (type === 'character(2)') return `case when ${v} = 'e' then 'f' else 'e' end`
  if (/^(text|character varying)/.test(type))
    return `case when length(${v}) < 9 then ${v} || ' ' else left(${v}, -1) end`
  if (type.startsWith('timestamp'))
    return `case when isfinite(${v}) then ${v} + interval '1 microsecond' else '2000-01-01' end`
  return `(select e from unnest(enum_range(null::${type})) as e where e <> ${v} limit 1)`
}

const step = (type: string) => (type === 'numeric(5,3)' ? '0.001' : '0.1')

/** SQL of a value where there was none; `n` is a number that no other call gets. */
export function some({ name, type }: Column, n: number): string {
  if (name === 'imdb_id') return `'tt${80000000 + n}'`
  if (name === 'tmdb_id') return `${800000000 + n}`
  if (name === 'release_year') return '1984'
  if (type.endsWith('[]')) return `'{}'`
  if (type === 'boolean') return 'false'
  if (/int|numeric/.test(type)) return '0'
  if (/^(text|character)/.test(type)) return `''`
  if (type.startsWith('timestamp')) return `'infinity'`
  return `(enum_range(null::${type}))[1]`
}

/** The rows of a table with what is needed to pick some. */
interface Candidate {
  key: string
  family: string
  row: Record<string, unknown>
}

/**
 * For each column one row, all of different families, so that each difference can be told from the others. What finds
 * no family of its own waits for the next round.
 */
export async function rounds(
  database: Database,
  table: string,
  { key, family }: { key: string; family: string },
  wanted: { column: Column; present: boolean; value: (n: number) => string }[],
): Promise<Tampering[][]> {
  const rows = (await run(
    database,
    `select ${key}::text as key, coalesce(${family}, '') as family, to_jsonb(t) as row
     from ${table} as t
     where ${key} is not null
     order by 1`,
  )) as unknown as Candidate[]
  const found: Tampering[][] = []
  for (let open = wanted; open.length > 0; ) {
    const taken = new Set<string>()
    const round: Tampering[] = []
    const left: typeof wanted = []
    for (const each of open) {
      const name = each.column.name
      const fits = rows.filter(({ row }) => (row[name] !== null) === each.present)
      const free = fits.find((candidate) => !taken.has(candidate.family))
      if (fits.length === 0) continue
      if (!free) left.push(each)
      else {
        taken.add(free.family)
        round.push({ key: free.key, column: name, value: each.value(found.length * 1000 + round.length) })
      }
    }
    found.push(round)
    open = left
  }
  return found
}

/** The differences about a row. */
export const about = ({ shown }: Proof, table: string, key: string): Difference[] =>
  shown.filter((difference) => difference.table === table && difference.key === key)

/** Every tampering that the proof does not name by table, key and column: as many as went unnoticed. */
export const unnamed = (proof: Proof, table: string, identity: string, round: readonly Tampering[]) =>
  round.filter(({ key, column }) => {
    const found = about(proof, table, key)
    return column === identity ? found.length === 0 : !found.some(({ columns }) => column in columns)
  })
