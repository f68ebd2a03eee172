import { type SQL, sql } from 'drizzle-orm'
import { complement, quarantine, targetComplement } from '../../../schema/ledger.ts'
import type { Bound } from '../bound.ts'
import { duplicates } from '../complement.ts'
import { everything } from '../family.ts'
import type { Difference } from '../results.ts'
import { type Executor, list } from '../sql.ts'
import { difference, type FoundRow } from './legacy.ts'

/** Entries of the ledger that belong to no table, or say something else of a table's duplicates than the table does. */
export async function compareLedger(db: Executor, bound: Bound): Promise<number> {
  const [row] = await db.execute(countLedger(bound))
  return (row as { other: number }).other
}

/** One row: how many entries of the ledger are wrong in themselves. */
export const countLedger = (bound: Bound): SQL => sql`
    select count(*)::float8 as other
    from (${problems(bound)}) as problem`

/** The first such entries. */
export async function ledgerDifferences(db: Executor, bound: Bound, limit: number): Promise<Difference[]> {
  const rows = await db.execute(sql`
    select relation, key as "key", kind as "kind", found, expected
    from (${problems(bound)}) as problem
    order by relation, key
    limit ${limit}`)
  return (rows as unknown as (FoundRow & { relation: string })[]).map((row) => difference(row.relation, row))
}

function problems(bound: Bound): SQL {
  const unkeyed = bound.legacy.filter(({ keyed }) => !keyed)
  const names = (tables: readonly { relation: string }[]) => list(tables.map(({ relation }) => sql`${relation}::text`))
  const unknown = [
    sql`
      select relation, key, 'complement' as kind, null::jsonb as found, null::jsonb as expected
      from ${complement}
      where ${complement.system} = ${bound.system.name}
        and ${complement.relation} not in (${names(bound.legacy)})`,
    sql`
      select relation, key, 'quarantine', null, null
      from ${quarantine}
      where ${quarantine.system} = ${bound.system.name}
        and ${quarantine.relation} not in (${names([...bound.target, ...unkeyed])})`,
    sql`
      select relation, key, 'complement', null, null
      from ${targetComplement}
      where ${targetComplement.system} = ${bound.system.name}
        and ${targetComplement.relation} not in (${names(bound.target)})`,
  ]
  const misstated = unkeyed.map((legacy) => {
    const says = (alias: string) => sql`jsonb_build_object('constraint', ${sql.raw(alias)}.constraint_name,
        'sqlstate', ${sql.raw(alias)}.sqlstate, 'family', ${sql.raw(alias)}.family, 'reason', ${sql.raw(alias)}.reason)`
    return sql`
      select ${legacy.relation}, coalesce(d.key, q.key), 'quarantine', ${says('q')}, ${says('d')}
      from (${duplicates(bound, legacy, everything)}) as d
      full join (
        select *
        from ${quarantine}
        where ${quarantine.system} = ${bound.system.name}
          and ${quarantine.relation} = ${legacy.relation}
          and ${quarantine.scope} <> 'family') as q on q.key = d.key and q.constraint_name = d.constraint_name
      where d.key is null
        or q.key is null
        or q.scope <> 'row'
        or (q.family, q.sqlstate, q.reason, q.held) <> (d.family, d.sqlstate, d.reason, d.held)`
  })
  return sql.join([...unknown, ...misstated], sql` union all `)
}
