import { type SQL, sql } from 'drizzle-orm'
import { complement, targetComplement } from '../../../schema/ledger.ts'
import { rows } from '../preflight/look.ts'
import type { Account, Difference, Differences, Proof } from '../results.ts'
import { tableSql } from '../shape.ts'
import { column, type Executor, list, rowOf, sameImage, textForm } from '../sql.ts'
import type { BoundExtension } from './bind.ts'
import { derived, keyTextOf, restored, rowOnly } from './rows.ts'

type Side = 'old' | 'added'

/** What the two halves of a proof call the table. */
const sideName = ({ relation }: BoundExtension, side: Side): string =>
  `${relation} (${side === 'old' ? 'old' : 'new'} columns)`

const columnsOf = (bound: BoundExtension, side: Side) =>
  side === 'old' ? bound.old : bound.following.filter((each) => each.added)

const ledgerOf = (side: Side) => (side === 'old' ? complement : targetComplement)

/** The value that a column of row `v` should have, as text: what is kept of it, or else what the query gives. */
const wanted = (each: { name: string; type: string }): SQL =>
  sql`case when k.kept ? ${each.name}::text then k.kept ->> ${each.name}::text else ${textForm(column('q', each.name), each.type)} end`

/**
 * Rows of one side that are not as they should be: `v` is the row, `q` what the query gives, `k` what is kept. Only the
 * bytes are compared where nothing is kept; an entry that keeps what the query gives anyway is wrong too, as is one of no
 * row, and one that remembers another derivation.
 */
function compared(bound: BoundExtension, side: Side): SQL {
  const columns = columnsOf(bound, side)
  const all = tableSql(bound.table)
  const given = side === 'old' ? restored(bound, rowOnly(sql`v`)) : derived(bound, rowOnly(sql`v`))
  const differing = sql.join(
    columns.map((each) => sql`${textForm(column('v', each.name), each.type)} is distinct from ${wanted(each)}`),
    sql` or `,
  )
  const superfluous = sql.join(
    columns.map(
      (each) =>
        sql`k.kept ? ${each.name}::text and k.kept ->> ${each.name}::text is not distinct from ${textForm(column('q', each.name), each.type)}`,
    ),
    sql` or `,
  )
  const outdated = sql.join(
    columns.map(
      (each) =>
        sql`k.kept ? ${each.name}::text and k.derived ->> ${each.name}::text is distinct from ${textForm(column('q', each.name), each.type)}`,
    ),
    sql` or `,
  )
  const own = (name: string) => column('v', name)
  const there = sql`${own(bound.key[0]?.name ?? '')} is not null`
  return sql`(
    select case when ${there} then ${keyTextOf(bound, 'v')} else k.key end as key, ${there} as "there",
      k.key is not null as "complemented",
      case
        when not (${there}) then 'extra'
        when k.key is null then case when ${sameImage(rowOf('v', columns), rowOf('q', columns))} then null else 'differing' end
        when ${differing} then 'differing'
        when ${superfluous} then 'complement'
        ${side === 'added' ? sql`when ${outdated} then 'complement'` : sql``}
      end as problem,
      ${list(columns.flatMap((each) => [sql`${own(each.name)} as ${sql.identifier(`found ${each.name}`)}`, sql`${column('q', each.name)} as ${sql.identifier(`given ${each.name}`)}`]))},
      k.kept
    from ${all} as v
    left join lateral ${given} as q on true
    full join (
      select *
      from ${ledgerOf(side)}
      where system = ${bound.system.name}
        and relation = ${bound.relation}) as k on k.key = ${keyTextOf(bound, 'v')})`
}

/** How one side stands, in one statement. */
async function compareSide(
  db: Executor,
  bound: BoundExtension,
  side: Side,
): Promise<{ differences: Differences; account: Account; other: number }> {
  const [found] = await rows<Record<'rows' | 'extra' | 'differing' | 'other' | 'complemented', number>>(
    db,
    sql`
      select count(*) filter (where "there")::float8 as "rows",
        count(*) filter (where problem = 'extra')::float8 as "extra",
        count(*) filter (where problem = 'differing')::float8 as "differing",
        count(*) filter (where problem = 'complement')::float8 as "other",
        count(*) filter (where "there" and "complemented")::float8 as "complemented"
      from ${compared(bound, side)} as c`,
  )
  const { rows: total = 0, extra = 0, differing = 0, other = 0, complemented = 0 } = found ?? {}
  return {
    differences: { rows: total, missing: 0, extra, differing },
    account: { rows: total, carried: total - complemented, complemented, quarantined: 0 },
    other,
  }
}

/** The rows that are not as they should be, with their columns. */
async function sideDifferences(db: Executor, bound: BoundExtension, side: Side, show: number): Promise<Difference[]> {
  const columns = columnsOf(bound, side)
  const [found, given] = ['found', 'given'].map(
    (which) => (each: { name: string; type: string }) => textForm(column('c', `${which} ${each.name}`), each.type),
  ) as [typeof textOf, typeof textOf]
  const entries = columns.map(
    (
      each,
    ) => sql`case when ${found(each)} is distinct from ${should(each, given)} or c.kept ? ${each.name}::text and c.problem = 'complement'
        then jsonb_build_object(${each.name}::text, jsonb_build_object('found', ${found(each)}, 'expected', ${should(each, given)})) else '{}' end`,
  )
  return rows<Difference>(
    db,
    sql`
      select ${sideName(bound, side)}::text as "table", c.key as "key", c.problem as "kind",
        ${sql.join(entries, sql` || `)} as "columns"
      from ${compared(bound, side)} as c
      where c.problem is not null
      order by c.key
      limit ${show}`,
  )
}

const textOf = (each: { name: string; type: string }): SQL => textForm(column('c', each.name), each.type)

const should = (each: { name: string; type: string }, given: typeof textOf): SQL =>
  sql`case when c.kept ? ${each.name}::text then c.kept ->> ${each.name}::text else ${given(each)} end`

/** Both halves of the proof of each table. */
export async function compareAll(
  db: Executor,
  all: readonly BoundExtension[],
  show: number,
  done: () => void,
): Promise<Omit<Proof, 'seconds'>> {
  const result: Omit<Proof, 'seconds'> = {
    identical: true,
    differences: 0,
    tables: {},
    target: {},
    accounts: {},
    shown: [],
    inPlace: true,
  }
  for (const bound of all) {
    for (const side of ['old', 'added'] as const) {
      const { differences, account, other } = await compareSide(db, bound, side)
      if (side === 'old') result.accounts[bound.relation] = account
      const half = side === 'old' ? result.tables : result.target
      half[sideName(bound, side)] = differences
      const count = differences.extra + differences.differing + other
      result.differences += count
      if (count > 0 && result.shown.length < show)
        result.shown.push(...(await sideDifferences(db, bound, side, show - result.shown.length)))
      done()
    }
  }
  result.identical = result.differences === 0
  return result
}

/** How many differences each half has, as one query: what the guard of the last stage asks once more. */
export const extensionDifferences = (all: readonly BoundExtension[]): SQL =>
  sql.join(
    all.flatMap((bound) =>
      (['old', 'added'] as const).map(
        (side) => sql`
      select ${sideName(bound, side)}::text as relation, count(*) as differences
      from ${compared(bound, side)} as c
      where c.problem is not null`,
      ),
    ),
    sql` union all `,
  )
