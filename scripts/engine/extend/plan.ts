import { sql } from 'drizzle-orm'
import { type Group, type Look, rows, type Seen } from '../preflight/look.ts'
import type { Finding } from '../results.ts'
import { tableName, tableSql } from '../shape.ts'
import { column, list } from '../sql.ts'
import type { BoundExtension } from './bind.ts'
import { bindExtensions } from './bind.ts'
import { or } from './functions.ts'
import { derived, differs, keyOf, restored, sameKey } from './rows.ts'

/** What a table that is extended in place meets. */
export const extensions: Group = async (look) => {
  const findings: Finding[] = []
  for (const bound of await bindExtensions(look.system, look.db)) {
    const seen = look.legacy.find(({ name }) => name === tableName(bound.table))
    if (!seen) continue
    findings.push(...(await owned(look, seen)), ...(await ownTriggers(look, seen)))
    if (seen.readable) findings.push(...(await forecast(look, bound, seen)))
    findings.push(...cost(seen))
  }
  return findings
}

/** Only the owner may add columns. */
async function owned({ db }: Look, { name, oid }: Seen): Promise<Finding[]> {
  const [found] = await rows<{ owner: string; own: string; held: boolean }>(
    db,
    sql`
      select pg_get_userbyid(relowner)::text as "owner", current_user::text as "own", pg_has_role(relowner, 'usage') as "held"
      from pg_class
      where oid = ${sql.raw(String(oid))}`,
  )
  if (!found || found.held) return []
  return [
    {
      code: 'rights',
      table: name,
      samples: [`ownership of table ${name}`],
      message: `The role ${found.own} does not own ${name}, and only its owner can add columns: grant ${found.owner} to ${found.own}`,
    },
  ]
}

/** The table's own triggers fire when new columns are filled, for that is an update of its rows. */
async function ownTriggers({ db }: Look, { name, oid }: Seen): Promise<Finding[]> {
  const found = await rows<{ name: string; timing: string }>(
    db,
    sql`
      select t.tgname::text as "name",
        case when t.tgtype & 2 = 2 then 'before' else 'after' end || ' update' as "timing"
      from pg_trigger as t
      where t.tgrelid = ${sql.raw(String(oid))}
        and not t.tgisinternal
        and t.tgenabled in ('O', 'A')
        and t.tgtype & 16 = 16
        and t.tgattr = ''
        and t.tgname !~ '^~?sluice_'
      order by 1`,
  )
  return found.map((each) => ({
    code: 'own-trigger',
    table: name,
    samples: [each.name],
    message: `${name} has the trigger ${each.name} (${each.timing}), which fires for each row when its new columns are filled. Where it changes an old column then, the copy stops and names the row.`,
  }))
}

/** What the rows that are there will be: those that restore would give back otherwise, and those that lack what they must have. */
async function forecast({ db }: Look, bound: BoundExtension, seen: Seen): Promise<Finding[]> {
  const legacy = sql`(select ${list(bound.old.map(({ name }) => column('v', name)))} from ${tableSql(bound.legacy)} as v)`
  const filled = sql`(
      select ${list(bound.old.map(({ name }) => column('v', name)))},
        ${list(bound.added.map(({ name }) => column('d', name)))}
      from ${tableSql(bound.legacy)} as v
      join ${derived(bound, legacy)} as d on ${sameKey(bound, 'd', 'v')})`
  const back = sql`exists (
      select
      from given_back as r
      where ${sameKey(bound, 'r', 'd')}
        and (${or(bound.restored.map((each) => differs(each, 'r', 'd')))}))`
  const must = bound.added.filter(({ finished }) => finished.notNull)
  const lacking = sql`exists (
      select
      from filled as f
      where ${sameKey(bound, 'f', 'd')}
        and (${sql.join(
          must.map(({ name }) => sql`${column('f', name)} is null`),
          sql` or `,
        )}))`
  const ask = async (what: ReturnType<typeof sql>, condition: ReturnType<typeof sql>) => {
    const [row] = await rows<{ rows: number; samples: string[] }>(
      db,
      sql`
        with ${what}
        hit as materialized (
          select ${list(keyOf(bound, 'd'))}
          from ${tableSql(bound.legacy)} as d
          where ${condition})
        select (select count(*)::float8 from hit) as "rows",
          array(select (h.*)::text from hit as h order by 1 limit 3) as "samples"`,
    )
    return row ?? { rows: 0, samples: [] }
  }
  const kept = await ask(sql`given_back as materialized (select * from ${restored(bound, filled)} as r),`, back)
  const unfilled = await ask(sql`filled as materialized (select * from ${filled} as f),`, lacking)
  const names = (columns: readonly { name: string }[]) => columns.map(({ name }) => name).join(', ')
  return [
    ...(kept.rows
      ? [
          {
            code: 'complement',
            table: seen.name,
            ...kept,
            message: `${kept.rows} rows of ${seen.name} say in ${names(bound.restored)} what the new columns do not give back: it stays as it is, and is kept beside them too.`,
          },
        ]
      : []),
    ...(unfilled.rows
      ? [
          {
            code: 'unfilled',
            table: seen.name,
            ...unfilled,
            message: `${unfilled.rows} rows of ${seen.name} get no value in one of ${names(must)}, which every row must have in the end. See to them before npm run contract.`,
          },
        ]
      : []),
  ]
}

/** Measured on two busy cores: rows that are filled and proven in a second. */
const rowsPerSecond = 6_000

const megabytes = (bytes: number) => `${Math.max(1, Math.ceil(bytes / 1024 / 1024)).toLocaleString('en-US')} MB`

/** Every row is written once more in the same table. */
function cost({ name, live, tableBytes, indexBytes }: Seen): Finding[] {
  const count = live.estimatedRows
  const seconds = Math.ceil(count / rowsPerSecond)
  return [
    {
      code: 'disk',
      table: name,
      message: `${name} will need about ${megabytes(2 * tableBytes + indexBytes)} more, for every row is written once more beside itself, with its new columns and indexes; and about as much again for the write-ahead log. SQL cannot ask how much is free: look with df on the server.`,
    },
    {
      code: 'time',
      table: name,
      rows: count,
      message: `Filling and proving about ${count.toLocaleString('en-US')} rows takes about ${seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`}. The table stays readable and writable meanwhile.`,
    },
  ]
}
