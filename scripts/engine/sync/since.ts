import { type SQL, sql } from 'drizzle-orm'
import type { Bound } from '../bound.ts'
import { functionOf } from '../contract/text.ts'
import { quoted } from './plpgsql.ts'

/**
 * `watch_since()`: the transaction from which on every write to the legacy tables is told.
 * @param xid of this transaction, as text
 */
export const sinceFunction = ({ system }: Bound, xid: string): SQL => sql`
    create or replace function ${functionOf(system, 'watch_since')}() returns xid8 language sql stable
    as ${quoted(sql`select ${xid}::xid8`)}`

/** A snapshot from before the triggers were there may lack writes of which they did not tell, and nobody will. */
export const requireTold = ({ system }: Bound): SQL => sql`
    if not pg_visible_in_snapshot(${functionOf(system, 'watch_since')}(), pg_current_snapshot()) then
      raise serialization_failure using
        message = 'could not serialize access: both shapes have been kept in step only since after this transaction began',
        hint = 'try again';
    end if;`
