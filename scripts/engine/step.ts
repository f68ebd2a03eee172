import { sql } from 'drizzle-orm'
import { sluice } from '../../schema/ledger.ts'
import { extensionSync } from './extend/triggers.ts'
import { rows, textArray } from './preflight/look.ts'
import { tableName } from './shape.ts'
import type { Executor } from './sql.ts'
import { triggerName } from './sync/triggers.ts'
import type { System } from './system.ts'

/** Whether both shapes are kept in step: by all triggers, by none, or by some, which keeps nothing in step. */
export type Sync = 'on' | 'off' | 'partly'

/** The triggers of one table: one for each kind of statement, and one that hears it begin. */
const perTable = 5

/** Asks the catalogs, no flag: a trigger that is disabled is none. */
export async function syncOf(db: Executor, system: System): Promise<Sync> {
  if (system.extended) return extensionSync(db, system)
  const { legacy, derive } = system
  const tables = [...Object.values(legacy), ...derive.map(({ table }) => table)].map(tableName)
  const [found] = await rows<{ triggers: number }>(
    db,
    sql`
      select count(*)::integer as "triggers"
      from pg_trigger as t
      join pg_class as c on c.oid = t.tgrelid
      join pg_namespace as n on n.oid = c.relnamespace
      join pg_proc as p on p.oid = t.tgfoid
      where n.nspname || '.' || c.relname = any (${textArray(tables)})
        and t.tgname like ${`${triggerName.replaceAll('_', '\\_')}\\_%`}
        and t.tgenabled in ('O', 'A')
        and p.pronamespace = to_regnamespace(${sluice.schemaName})`,
  )
  const triggers = found?.triggers ?? 0
  return triggers === 0 ? 'off' : triggers === perTable * tables.length ? 'on' : 'partly'
}

/** What the triggers have cost since the server began to count. */
export interface SyncCost {
  /** Statements that were followed. */
  calls: number
  /** Milliseconds that each took longer, on average. */
  mean: number
}

/** The server counts only where track_functions is on: null where it has nothing to say. */
export async function costOf(db: Executor, { name }: System): Promise<SyncCost | null> {
  const [found] = await rows<{ calls: number; mean: number | null }>(
    db,
    sql`
      select coalesce(sum(calls), 0)::float8 as "calls", (sum(total_time) / nullif(sum(calls), 0))::float8 as "mean"
      from pg_stat_user_functions as s
      join pg_proc as p on p.oid = s.funcid
      where s.schemaname = ${sluice.schemaName}
        and starts_with(s.funcname, ${`${name}_watch_`})
        and p.prorettype = 'trigger'::regtype
        and s.funcname <> ${`${name}_watch_begins`}`,
  )
  return found?.calls && found.mean !== null ? { calls: found.calls, mean: found.mean } : null
}
