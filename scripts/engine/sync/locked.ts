import { type SQL, sql } from 'drizzle-orm'
import { family } from '../../../schema/ledger.ts'
import type { Bound } from '../bound.ts'

/**
 * The common table expression `locked`: locks the families that `select` yields in their order, so that two sessions that
 * touch one of them go one after the other. A snapshot from before another's write cannot update the lock and ends in
 * 40001. Yields those that this transaction had not locked yet, and whether nobody ever had.
 */
export const lockedFamilies = ({ system }: Bound, select: SQL): SQL => sql`locked as (
      insert into ${family} as f (system, family, touched_by)
      select ${system.name}, m.family, pg_current_xact_id()
      from (${select}) as m(family)
      order by m.family
      on conflict (system, family) do update
      set touched_by = excluded.touched_by
      where f.touched_by <> excluded.touched_by
      returning f.family, f.xmax = 0 as is_new)`
