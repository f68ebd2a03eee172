import { type SQL, sql } from 'drizzle-orm'
import { complement } from '../../schema/ledger.ts'
import type { Bound, LegacyTable } from './bound.ts'
import type { Keys } from './family.ts'
import { recordAside } from './quarantine.ts'
import { returning } from './returning.ts'
import {
  countRestored,
  familyOfRow,
  keyOfRow,
  legacyBesideRestored,
  legacyRows,
  legacyWithRestored,
  restoredWithout,
  type Staged,
  sameKey,
} from './rows.ts'
import { type Scope, touched, touchedText } from './scope.ts'
import type { LiveColumn } from './shape.ts'
import { tableSql } from './shape.ts'
import { column, type Executor, imagesDiffer, textForm, textsOf, textsOfDiffering } from './sql.ts'

/**
 * Keeps what restore does not give back of the families carried (design §1): each legacy row is compared with its
 * restored row, and the columns that differ are kept as text forms; a row that restore does not yield is kept whole,
 * one that it yields too many is marked absent.
 * @param fresh nothing is kept of any of these rows under another family: 23505 where something is after all
 * @returns the number of legacy rows compared
 */
export async function keepComplement(db: Executor, bound: Bound, scope: Scope, fresh: boolean): Promise<number> {
  await forgetComplement(db, bound, scope)
  let rows = 0
  for (const legacy of bound.legacy) rows += await keepOf(db, bound, legacy, scope, fresh)
  return rows
}

/** Forgets what was kept of the families carried. */
export async function forgetComplement(db: Executor, bound: Bound, scope: Scope): Promise<void> {
  await db.execute(sql`
    delete from ${complement}
    where ${complement.system} = ${bound.system.name}
      and ${touchedText(scope, sql`${complement.family}`)}`)
}

/**
 * Keeps what restore does not give back of one legacy table.
 * @returns the number of its rows compared
 */
export async function keepOf(
  db: Executor,
  bound: Bound,
  legacy: LegacyTable,
  scope: Scope,
  fresh: boolean,
): Promise<number> {
  await db.execute(keepRows(bound, legacy, touched(scope), { fresh, whole: scope === 'all' }))
  if (!legacy.keyed) {
    await db.execute(recordAside(bound, legacy.relation, 'row', duplicates(bound, legacy, touched(scope))))
  }
  const [counted] = await db.execute(
    sql`select count(*)::float8 as rows from ${legacyRows(bound, legacy, touched(scope))} as l`,
  )
  return (counted as { rows: number }).rows
}

/** The values of legacy row `l` and of restored row `r`. */
const both = [(name: string) => column('l', name), (name: string) => column('r', name)] as const

/** Whether row `l` and row `r` may differ, by the bytes of some columns. */
export const mayDiffer = (columns: readonly LiveColumn[]): SQL => imagesDiffer(columns, both)

/** The columns in which row `l` differs from row `r`, with the text forms of `l`. */
export const differing = (columns: readonly LiveColumn[]): SQL => textsOfDiffering(columns, both)

/**
 * The insert that keeps what restore does not give back of one legacy table. Only the bytes of the rows are compared, and
 * of those columns that may come back otherwise; texts are made for rows that differ, and once. In the order of the keys
 * the ledger's index grows at its end.
 * @param how.whole `keys` are all families there are
 * @param how.staged the rows of these families, where they are at hand
 */
export function keepRows(
  bound: Bound,
  legacy: LegacyTable,
  keys: Keys,
  { fresh, whole, staged }: { fresh: boolean; whole: boolean; staged?: Staged },
): SQL {
  const back = legacy.keyed ? returning(bound, legacy) : new Set<string>()
  const columns = legacy.live.columns.filter(({ name }) => !back.has(name))
  const kept = back.size
    ? sql`case when r."#ordinal" is null then ${wholeRow(legacy)} else ${differing(columns)} end`
    : differing(columns)
  const either = (of: (alias: string) => SQL) => sql`case when l."#ordinal" is null then ${of('r')} else ${of('l')} end`
  const found = (rows: SQL, where: SQL) => sql`
      select c.*
      from (
        select ${either((alias) => keyOfRow(alias, legacy))} as key, coalesce(l."#ordinal", r."#ordinal") as ordinal,
          ${either((alias) => familyOfRow(bound, alias, legacy))} as family,
          case when l."#ordinal" is null then 'absent' when r."#ordinal" is null then 'whole' else 'part' end as kind,
          case when l."#ordinal" is null then '{}' else ${kept} end as kept
        from ${rows}
        where ${where}
        offset 0) as c
      where c.kind <> 'part'
        or c.kept <> '{}'`
  const ofLegacy = sql`r."#ordinal" is null or ${mayDiffer(columns)}`
  const ofFew = () =>
    found(
      legacyBesideRestored(bound, legacy, keys, staged),
      sql`(l."#ordinal" is null and ${hasNoLegacyRow(legacy)}) or (l."#ordinal" is not null and (${ofLegacy}))`,
    )
  const ofAll = () => sql`
      with near as materialized (${found(legacyWithRestored(bound, legacy), ofLegacy)}),
      far as (${found(
        restoredWithout(bound, legacy),
        sql`(${countRestored(bound, legacy)}) + (select count(*) from near where kind = 'whole')
          <> (select count(*) from ${tableSql(legacy.table)})`,
      )})
      select * from near union all select * from far`
  return sql`
    insert into ${complement} (system, relation, key, ordinal, family, kind, kept)
    select ${bound.system.name}, ${legacy.relation}, c.*
    from (${whole ? ofAll() : ofFew()}) as c
    order by c.key, c.ordinal
    ${fresh ? sql`` : replacing}`
}

/**
 * Legacy row `l` as it is kept whole: every value that it has. It is read once more, so that the columns that come back
 * need not be carried along for the few rows that do not.
 */
const wholeRow = (legacy: LegacyTable): SQL => sql`(
          select ${textsOf(
            legacy.live.columns.map(({ name, type }) => {
              const value = column(legacy.live.name, name)
              return { name, differs: sql`${value} is not null`, text: textForm(value, type) }
            }),
          )}
          from ${tableSql(legacy.table)}
          where ${sameKey(legacy, legacy.live.name, 'l')})`

/** An entry may be there under a family that is not being carried. */
const replacing = sql`
    on conflict (system, relation, key, ordinal) do update
    set family = excluded.family,
      kind = excluded.kind,
      kept = excluded.kept`

/** A restored row without a legacy row among these families may have it in another, which then answers for it. */
const hasNoLegacyRow = (legacy: LegacyTable): SQL => sql`not exists (
          select from ${tableSql(legacy.table)}
          where ${sameKey(legacy, legacy.live.name, 'r')})`

/** Rows beyond the first of a declared key that is missing live, and rows without one, as the ledger sets them aside. */
export const duplicates = (bound: Bound, legacy: LegacyTable, keys: Keys): SQL => sql`
    select l."#key" as key, min(l."#family") as family, ${`${legacy.relation}_pkey`}::text as constraint_name,
      case when bool_or(l."#ordinal" > 1) then '23505' else '23502' end as sqlstate,
      count(*) || ${` more of this key: ${legacy.key.join(', ')} is no key of the live table`}::text as reason,
      '{}'::jsonb as held
    from ${legacyRows(bound, legacy, keys)} as l
    where ${unread(legacy)}
    group by l."#key"`

/** Whether no derive can read the legacy row `l`. */
export const unread = ({ keyed, key }: LegacyTable): SQL =>
  keyed
    ? sql`false`
    : sql`(l."#ordinal" > 1 or ${sql.join(
        key.map((name) => sql`${column('l', name)} is null`),
        sql` or `,
      )})`
