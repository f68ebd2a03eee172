import { type SQL, sql } from 'drizzle-orm'
import { complement, quarantine, targetComplement } from '../../../schema/ledger.ts'
import { type Bound, isAsDeclared, type LegacyTable, type TargetTable } from '../bound.ts'
import { rowConstraints } from '../constraints.ts'
import { enforcedOn } from '../enforced.ts'
import { isRefused } from '../judge.ts'
import { rowsOf } from '../lineage.ts'
import { textArray } from '../preflight/look.ts'
import { withheld } from '../quarantine.ts'
import { thereAndBack } from '../returning.ts'
import { keyOfRow } from '../rows.ts'
import { tableSql } from '../shape.ts'
import { column, type Executor, keyText } from '../sql.ts'
import { type Compared, compared, comparison, counted } from './target.ts'

/*
 * A target table mirrors a legacy table where it has a row for each of its rows, and nothing in it but columns that are
 * copied there and back. Where the effective legacy table was found to be the legacy table, its restored rows are the
 * legacy rows but for what was kept, and each of them was read off the row of the mirror: that is what derive yields, to
 * the byte, without another look. What is left to compare are the rows of which the ledger says something that concerns
 * these columns, and whether the mirror has rows that no legacy row is restored from.
 */

/** The legacy table that a target table mirrors, if any. */
export const mirroredBy = (bound: Bound, target: TargetTable): LegacyTable | undefined =>
  bound.legacy.find(
    (legacy) =>
      isAsDeclared(bound, legacy) &&
      rowsOf(target.derive, bound.sources) === legacy.table &&
      thereAndBack(bound, legacy, target).size === target.columns.length,
  )

/**
 * Whether a mirror is what derive yields, given that the legacy table was found to be the same as the effective one.
 * @returns undefined where only a comparison of all rows can tell
 */
export async function compareMirror(
  db: Executor,
  bound: Bound,
  target: TargetTable,
  legacy: LegacyTable,
): Promise<Compared | undefined> {
  const [row] = await db.execute(countMirror(bound, target, legacy, await enforcedOn(db, target)))
  return (row as { sure: boolean }).sure ? compared(row) : undefined
}

/**
 * One row: how many rows there are, what is wrong with them, and whether no other can be wrong.
 * @param enforced the names of the checks that every row of the mirror is known to pass
 */
function countMirror(bound: Bound, target: TargetTable, legacy: LegacyTable, enforced: ReadonlySet<string>): SQL {
  const ways = thereAndBack(bound, legacy, target)
  const ofLedger = (ledger: typeof complement | typeof quarantine | typeof targetComplement, relation: string) =>
    sql`select ${ledger.key} from ${ledger} where ${ledger.system} = ${bound.system.name} and ${ledger.relation} = ${relation}`
  const inRest = (key: SQL) => sql`${key} in (table rest)`
  const ofMirror = inRest(keyText(target.key.map((name) => column('t', name))))
  return sql`
    with rest as materialized (
      ${ofLedger(complement, legacy.relation)} and (${complement.kind} <> 'part' or ${complement.kept} ?| ${textArray([...ways.keys()])})
      union
      ${ofLedger(targetComplement, target.relation)}
      union
      ${ofLedger(quarantine, target.relation)} and ${quarantine.scope} <> 'family'),
    sized as materialized (
      select (select count(*) from ${tableSql(target.table)}) as rows,
        (select count(*) from ${tableSql(legacy.table)}) as legacy_rows,
        (select count(*) from ${tableSql(target.table)} as t where ${ofMirror}) as rest,
        (select count(*) from ${tableSql(legacy.table)} as l where ${inRest(keyOfRow('l', legacy))}) as legacy_rest),
    ${comparison(bound, target, { derived: inRest(keyText(target.key.map((name) => column('d', name)))), found: ofMirror, enforced })}
    select ${counted(target)},
      (select rows - rest = legacy_rows - legacy_rest from sized)
      and not exists (${withheld(bound)})
      and not exists (
        select from ${tableSql(target.table)} as t
        cross join lateral (select t.*) as d
        where ${isRefused(rowConstraints(target, bound.sources, enforced))}) as sure
    from problems`
}
