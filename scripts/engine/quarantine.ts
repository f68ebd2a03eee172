import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { quarantine } from '../../schema/ledger.ts'
import type { Bound } from './bound.ts'
import { type Scope, touchedText } from './scope.ts'
import { column, type Executor, list, textForm } from './sql.ts'

/** What is set aside: a whole family, a target row, or single values of a row that is carried without them. */
export type Aside = 'family' | 'row' | 'value'

/** What is set aside already is recorded anew. */
export const orRecordAnew = sql.raw(`on conflict (system, relation, key, constraint_name) do update
  set family = excluded.family,
    scope = excluded.scope,
    sqlstate = excluded.sqlstate,
    reason = excluded.reason,
    held = excluded.held,
    recorded_at = excluded.recorded_at`)

/**
 * The insert that records what is set aside. `rows` yields key, family, constraint_name, sqlstate, reason and held
 * (jsonb of the columns set aside, as text forms).
 */
export const recordAside = (bound: Bound, relation: string, scope: Aside, rows: SQL): SQL => sql`
  insert into ${quarantine} (system, relation, key, family, scope, constraint_name, sqlstate, reason, held)
  select distinct on (r.key, r.constraint_name) ${bound.system.name}, ${relation}, r.key, r.family, ${scope},
    r.constraint_name, r.sqlstate, r.reason, r.held
  from (${rows}) as r
  ${orRecordAnew}`

/** Forgets what was set aside of the families, before they are carried anew. */
export async function clearAside(db: Executor, bound: Bound, scope: Scope): Promise<void> {
  await db.execute(sql`
    delete from ${quarantine}
    where ${quarantine.system} = ${bound.system.name}
      and ${touchedText(scope, sql`${quarantine.family}`)}`)
}

/** The columns of row `alias` that are set aside, as text forms. */
export const held = (alias: string, columns: readonly PgColumn[]): SQL =>
  columns.length === 0
    ? sql`'{}'::jsonb`
    : sql`jsonb_object(array[${list(
        columns.flatMap((each) => [sql`${each.name}::text`, textForm(column(alias, each.name), each.getSQLType())]),
      )}])`

/** The families that the target has nothing of. */
export const withheld = ({ system }: Bound): SQL => sql`
  select family
  from ${quarantine}
  where ${quarantine.system} = ${system.name}
    and ${quarantine.scope} = 'family'`
