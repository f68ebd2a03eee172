import { is, mapColumnsInSQLToAlias, SQL, sql } from 'drizzle-orm'
import { PgColumn } from 'drizzle-orm/pg-core'
import { uniqueKeys } from '../constraints.ts'
import { configOf } from '../declared.ts'
import type { Finding } from '../results.ts'
import { tableSql } from '../shape.ts'
import { all, column, keyText, list } from '../sql.ts'
import { counted, type Group, keyColumns, type Look, oids, rows, type Seen } from './look.ts'

interface Live {
  oid: number
  /** Columns of each valid unique index, sorted and joined by commas. */
  keys: string[]
  /** Names of the checks that hold for every row. */
  checks: string[]
}

/** Keys and checks that are declared but that this database does not enforce, and the rows that break them. */
export const constraints: Group = async (look) => {
  const live = await rows<Live>(
    look.db,
    sql`
      select c.oid::bigint::float8 as "oid",
        array(
          select string_agg(a.attname, ',' order by a.attname)
          from pg_index i
          join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey[0:i.indnkeyatts - 1])
          where i.indrelid = c.oid
            and i.indisunique
            and i.indisvalid
            and i.indpred is null
            and i.indexprs is null
          group by i.indexrelid) as "keys",
        array(
          select conname::text
          from pg_constraint
          where conrelid = c.oid
            and contype = 'c'
            and convalidated) as "checks"
      from pg_class c
      where c.oid = any (${oids(look)})`,
  )
  const findings: Finding[] = []
  for (const seen of look.legacy) {
    const held = live.find(({ oid }) => oid === seen.oid)
    if (held) findings.push(...(await keys(look, seen, held)), ...(await checks(look, seen, held)))
  }
  return findings
}

async function keys({ db }: Look, seen: Seen, held: Live): Promise<Finding[]> {
  const isLive = (name: string) => seen.live.columns.some((each) => each.name === name)
  const declared = [
    { kind: 'primary key', columns: keyColumns(seen) },
    ...uniqueKeys(seen.table).map((key) => ({ kind: 'unique key', columns: key.columns.map(({ name }) => name) })),
  ].filter(({ columns }) => columns.length > 0 && columns.every(isLive))
  const findings: Finding[] = []
  for (const { kind, columns } of declared) {
    if (held.keys.includes([...columns].sort().join(','))) continue
    const at = { table: seen.name, column: columns.join(', ') }
    findings.push({
      code: 'missing-constraint',
      ...at,
      message: `${seen.name} declares a ${kind} on ${at.column}, but this database does not enforce it: rows may share a key or have none.`,
    })
    if (seen.readable) findings.push(...(await duplicates(db, seen, columns)))
  }
  return findings
}

async function duplicates(db: Look['db'], seen: Seen, columns: string[]): Promise<Finding[]> {
  const key = columns.map((name) => column('d', name))
  const [hit] = await rows<{ rows: number; samples: string[] }>(
    db,
    sql`
      with twice as materialized (
        select ${keyText(key)} as "key", count(*) as "rows"
        from ${tableSql(seen.table)} as d
        where ${all(key.map((each) => sql`${each} is not null`))}
        group by ${list(key)}
        having count(*) > 1)
      select coalesce((select sum("rows") from twice), 0)::float8 as "rows",
        array(select "key" from twice order by "key" collate "C" limit 3) as "samples"`,
  )
  if (!hit?.rows) return []
  const message = `${hit.rows} rows of ${seen.name} share their ${columns.join(', ')} with another row. The target can hold one of each; the others are kept in the complement.`
  return [{ code: 'duplicate-key', table: seen.name, column: columns.join(', '), ...hit, message }]
}

async function checks({ db }: Look, seen: Seen, held: Live): Promise<Finding[]> {
  const findings: Finding[] = []
  const isLive = (name: string) => seen.live.columns.some((each) => each.name === name)
  for (const { name, value } of configOf(seen.table).checks) {
    const used = columnsIn(value)
    if (held.checks.includes(name) || !used.every(isLive)) continue
    const broken = seen.readable
      ? await counted(db, seen, sql`(${mapColumnsInSQLToAlias(value, 'd')}) is false`)
      : undefined
    const has = broken ? ` ${broken.rows} rows break it.` : ''
    findings.push({
      code: 'missing-constraint',
      table: seen.name,
      column: used.join(', '),
      ...broken,
      message: `${seen.name} declares the check ${name}, but this database does not enforce it.${has}`,
    })
  }
  return findings
}

const columnsIn = (value: SQL): string[] => [
  ...new Set(
    value.queryChunks.flatMap((chunk) => (is(chunk, PgColumn) ? [chunk.name] : is(chunk, SQL) ? columnsIn(chunk) : [])),
  ),
]
