import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { targetComplement } from '../../../schema/ledger.ts'
import type { Bound, LegacyTable, TargetTable } from '../bound.ts'
import { all, column, keyText, list, textDiffers, textForm, textsOf, typeSql } from '../sql.ts'
import { typeOf } from './texts.ts'
import { families } from './variables.ts'

/**
 * What an application's own trigger writes while Sluice writes its table comes in the midst of a settlement, which may
 * write over it. It is only noted: which rows, which of their values, and their families (see nested.ts for what becomes of it).
 */

export type Side = 'legacy' | 'target'

/**
 * Under which name the ledger keeps notes, in the table of what the target has of its own: no system is called so, and
 * none of them outlives its statement. A setting would be anybody's to write.
 */
export const noteName = ({ system }: Bound, side: Side): string => `${system.name}: noted of the ${side}`

/** The relation of the notes that name families alone. */
export const noRelation = ''

/** A table as its rows are noted and written again. */
export interface Noted {
  side: Side
  relation: string
  table: PgTable
  key: string[]
  columns: { name: string; type: string; cast: SQL; generated?: boolean }[]
  /** Whether a row is known by its key. */
  keyed: boolean
}

export const notedLegacy = ({ relation, table, key, keyed, live }: LegacyTable): Noted => ({
  side: 'legacy',
  relation,
  table,
  key,
  keyed,
  columns: live.columns.map((each) => ({ ...each, cast: sql.raw(each.type) })),
})

export const notedTarget = (target: TargetTable): Noted => ({
  side: 'target',
  relation: target.relation,
  table: target.table,
  key: target.key,
  keyed: true,
  columns: target.columns.map((each) => ({ name: each.name, type: typeOf(each), cast: typeSql(each) })),
})

/** The depth at which Sluice writes, while it does; a trigger's own statements are deeper. Empty, where it does not. */
export const depth = sql`coalesce(current_setting('sluice.depth', true), '')`

export const setDepth = (to: SQL): SQL => sql`set_config('sluice.depth', ${to}, true)`

/** Whether a statement is somebody else's than Sluice's, as the WHEN clause of a trigger asks. */
export const isOthers = sql`current_setting('sluice.writing', true) is distinct from 'on'
      or pg_trigger_depth() > nullif(current_setting('sluice.depth', true), '')::integer`

/** Notes families of which a trigger's statement wrote rows. */
export const noteFamilies = (bound: Bound, side: Side): SQL => sql`
    insert into ${targetComplement} (system, relation, key, family, target_family, kind, kept)
    select ${noteName(bound, side)}, ${noRelation}, f, f, f, 'part', '{}'
    from (select distinct f from unnest(${families}) as f) as f
    on conflict do nothing;
    perform set_config('sluice.noted', format('%I.%I', tg_table_schema, tg_table_name), true);`

/** Notes the rows of the transition tables of a trigger's statement. */
export function noteRows(
  bound: Bound,
  noted: Noted,
  event: 'insert' | 'update' | 'delete',
  familyOf: (alias: string) => SQL,
): SQL {
  if (!noted.keyed) return sql``
  const texts = (alias: string, columns: Noted['columns']) =>
    sql`jsonb_object(array[${list(columns.flatMap(({ name, type }) => [sql`${name}::text`, textForm(column(alias, name), type)]))}])`
  const keys = (alias: string) =>
    texts(
      alias,
      noted.columns.filter(({ name }) => noted.key.includes(name)),
    )
  const note = (alias: string, kind: string, kept: SQL) =>
    sql`select ${keyIn(noted, alias)} as key, ${familyOf(alias)} as family, ${kind}::text as kind, ${kept} as kept`
  const same = sameKey(noted, 'o', 'n')
  const changed = textsOf(
    noted.columns.map(({ name, type }) => ({
      name,
      differs: textDiffers(column('o', name), column('n', name), type),
      text: textForm(column('n', name), type),
    })),
  )
  const rows = {
    insert: sql`${note('n', 'whole', texts('n', noted.columns))} from new_rows as n`,
    delete: sql`${note('o', 'absent', keys('o'))} from old_rows as o`,
    update: sql`
      ${note('n', 'part', sql`${keys('n')} || ${changed}`)} from old_rows as o join new_rows as n on ${same} where ${changed} <> '{}'
      union all
      ${note('o', 'absent', keys('o'))} from old_rows as o where not exists (select from new_rows as n where ${same})
      union all
      ${note('n', 'whole', texts('n', noted.columns))} from new_rows as n where not exists (select from old_rows as o where ${same})`,
  }
  return sql`${event === 'update' && noted.side === 'target' ? refuseNewKeys(same) : sql``}
    insert into ${targetComplement} as d (system, relation, key, family, target_family, kind, kept)
    select ${noteName(bound, noted.side)}, ${noted.relation}, r.key, r.family, r.family, r.kind, r.kept
    from (${rows[event]}) as r
    on conflict (system, relation, key) do update
    set family = excluded.family,
      kind = case when excluded.kind = 'part' and d.kind = 'whole' then 'whole' else excluded.kind end,
      kept = case when excluded.kind = 'part' then d.kept || excluded.kept else excluded.kept end;`
}

/** A key that is changed in the midst of a settlement would be a row gone and a row come to the legacy (see moved.ts). */
const refuseNewKeys = (same: SQL): SQL => sql`
      if exists (select from new_rows as n where not exists (select from old_rows as o where ${same})) then
        raise exception '%: a trigger may not change a key while both shapes are brought in step', tg_relid::regclass
          using errcode = 'feature_not_supported', hint = 'delete the row and insert another';
      end if;`

const keyIn = ({ key }: Noted, alias: string): SQL => keyText(key.map((name) => column(alias, name)))

export const sameKey = ({ key }: Noted, a: string, b: string): SQL =>
  all(key.map((name) => sql`${column(a, name)} = ${column(b, name)}`))
