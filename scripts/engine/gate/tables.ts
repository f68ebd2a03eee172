import { is, SQL, sql } from 'drizzle-orm'
import { type PgColumn, PgDialect, type PgTable } from 'drizzle-orm/pg-core'
import { primaryKey } from '../bound.ts'
import { references, uniqueKeys } from '../constraints.ts'
import { configOf } from '../declared.ts'
import { rows, textArray } from '../preflight/look.ts'
import { shapeDifferences } from '../preflight/targets.ts'
import { readShape, tableName } from '../shape.ts'
import type { Executor } from '../sql.ts'
import { type Checked, checked } from './gate.ts'

/** What a table must have besides its columns, in one form for what is declared and what is live. */
interface Having {
  name: string
  /** `unique (a, b)`, `foreign key (a) to app.other (id)`, `check`, `index (a)`. */
  what: string
}

/** Whether each table is as declared: columns, types, defaults, labels of enums, constraints and indexes by name. */
export async function tablesAsDeclared(
  db: Executor,
  tables: readonly PgTable[],
  isLater: (name: string) => boolean,
): Promise<Checked[]> {
  const shape = await readShape(db, tables)
  const checks: Checked[] = []
  for (const table of tables) {
    const live = shape.tables.get(tableName(table))
    const wanted = havings(table).filter(({ name }) => !isLater(name))
    const { columns } = configOf(table)
    const what = `${tableName(table)} as declared (columns: ${columns.length}, constraints and indexes: ${wanted.length})`
    if (!live) {
      checks.push(checked('table', what, ['the table is missing']))
      continue
    }
    const found = await liveHavings(db, tableName(table))
    const lacking = wanted.flatMap(({ name, what }) => {
      const same = found.find((each) => each.name === name)
      if (!same) return [`${name} is missing: ${what}`]
      return same.what === what ? [] : [`${name} is ${same.what} instead of ${what}`]
    })
    const differing = [...shapeDifferences(table, live), ...(await defaultsAndLabels(db, table))]
    checks.push(checked('table', what, [...differing, ...lacking]))
  }
  return checks
}

const names = (columns: readonly { name: string }[]): string => columns.map(({ name }) => name).join(', ')

/** The constraints and indexes that are declared; the server names a primary key after its table. */
function havings(table: PgTable): Having[] {
  const { name, checks, foreignKeys, indexes, uniqueConstraints } = configOf(table)
  const ofIndex = new Set(indexes.map(({ config }) => config.name))
  return [
    { name: `${name}_pkey`, what: `primary key (${primaryKey(table).join(', ')})` },
    ...uniqueKeys(table)
      .filter((key) => !ofIndex.has(key.name) || uniqueConstraints.some((each) => each.getName() === key.name))
      .map((key) => ({ name: key.name, what: `unique (${names(key.columns)})` })),
    ...references(table).map(({ name, columns, parent, parentColumns }, i) => ({
      name,
      what: `foreign key (${names(columns)}) to ${tableName(parent)} (${names(parentColumns)})${ruleOf(foreignKeys[i])}`,
    })),
    ...checks.map(({ name }) => ({ name, what: 'check' })),
    ...indexes.map(({ config }) => ({
      name: config.name ?? '',
      what: `${config.unique ? 'unique index' : 'index'} (${(config.columns as Indexed[]).map(ordered).join(', ')})${config.where ? ' of some rows' : ''}`,
    })),
  ]
}

/** What happens to the row when the one that it refers to goes or changes its key. */
const ruleOf = (key: { onDelete?: string | undefined; onUpdate?: string | undefined } | undefined): string =>
  [
    ['delete', key?.onDelete],
    ['update', key?.onUpdate],
  ]
    .filter(([, rule]) => /^(cascade|restrict|set)/.test(rule ?? ''))
    .map(([event, rule]) => ` on ${event} ${rule}`)
    .join('')

interface Indexed {
  name: string
  indexConfig?: { order?: string }
}

const ordered = ({ name, indexConfig }: Indexed): string => `${name}${indexConfig?.order === 'desc' ? ' desc' : ''}`

/** The constraints and indexes that are live and that hold: one that is not valid says so. */
const liveHavings = (db: Executor, name: string): Promise<Having[]> =>
  rows<Having>(
    db,
    sql`
      with own as (select to_regclass(${name}) as oid)
      select k.conname::text as "name",
        case k.contype
          when 'p' then 'primary key (' || child.columns || ')'
          when 'u' then 'unique (' || child.columns || ')'
          when 'c' then 'check'
          when 'f' then format('foreign key (%s) to %s.%s (%s)', child.columns, n.nspname, f.relname, parent.columns)
            || ${rule('delete', sql`k.confdeltype`)} || ${rule('update', sql`k.confupdtype`)}
        end || case when k.convalidated then '' else ', not valid' end as "what"
      from own
      join pg_constraint as k on k.conrelid = own.oid
      left join pg_class as f on f.oid = k.confrelid
      left join pg_namespace as n on n.oid = f.relnamespace
      cross join lateral (${columnsOf(sql`k.conrelid`, sql`k.conkey`)}) as child(columns)
      cross join lateral (${columnsOf(sql`k.confrelid`, sql`k.confkey`)}) as parent(columns)
      where k.contype in ('p', 'u', 'c', 'f')
      union all
      select c.relname::text,
        format('%s (%s)', case when i.indisunique then 'unique index' else 'index' end, own_columns.columns)
          || case when i.indisvalid and i.indisready then '' else ', not valid' end
          || case when i.indpred is null then '' else ' of some rows' end
      from own
      join pg_index as i on i.indrelid = own.oid
      join pg_class as c on c.oid = i.indexrelid
      cross join lateral (${columnsOf(sql`i.indrelid`, sql`i.indkey::int2[]`, sql`case when i.indoption[position - 1] & 1 = 1 then ' desc' else '' end`)}) as own_columns(columns)
      where not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u', 'x'))`,
  )

const rule = (event: string, kind: SQL): SQL => sql`case ${kind}
              when 'c' then ${` on ${event} cascade`}::text
              when 'n' then ${` on ${event} set null`}::text
              when 'd' then ${` on ${event} set default`}::text
              when 'r' then ${` on ${event} restrict`}::text
              else ''
            end`

const columnsOf = (relation: SQL, numbers: SQL, direction = sql`''`): SQL => sql`
        select string_agg(a.attname || ${direction}, ', ' order by position)
        from unnest(${numbers}) with ordinality as u(attnum, position)
        join pg_attribute as a on a.attrelid = ${relation} and a.attnum = u.attnum`

/** Columns of another default, or of an enum with other labels, than declared. */
async function defaultsAndLabels(db: Executor, table: PgTable): Promise<string[]> {
  const { columns } = configOf(table)
  const live = await rows<{ name: string; preset: string | null; labels: string[] | null }>(
    db,
    sql`
      select a.attname::text as "name", pg_get_expr(d.adbin, d.adrelid) as "preset",
        (select array_agg(enumlabel::text order by enumsortorder) from pg_enum where enumtypid = a.atttypid) as "labels"
      from pg_attribute as a
      left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = to_regclass(${tableName(table)})
        and a.attname = any (${textArray(columns.map(({ name }) => name))})`,
  )
  return columns.flatMap((each) => {
    const found = live.find(({ name }) => name === each.name)
    if (!found) return []
    const declared = (each as PgColumn & { enum?: { enumValues: string[] } }).enum?.enumValues
    const labels = found.labels ?? undefined
    return [
      ...(sameDefault(each, found.preset)
        ? []
        : [`${each.name} has ${found.preset ? `the default ${found.preset}` : 'no default'}`]),
      ...(declared?.join('\0') === labels?.join('\0') ? [] : [`${each.name} has the labels ${labels?.join(', ')}`]),
    ]
  })
}

/** Defaults that are expressions are declared as Postgres prints them; of others it is enough that there is one. */
function sameDefault({ default: declared }: PgColumn, live: string | null): boolean {
  if (declared === undefined || live === null) return (declared === undefined) === (live === null)
  return !is(declared, SQL) || new PgDialect().sqlToQuery(declared).sql === live
}
