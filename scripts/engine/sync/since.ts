import { type SQL, sql } from 'drizzle-orm'
import { family } from '../../../schema/ledger.ts'
import type { Bound } from '../bound.ts'
import { functionOf } from '../contract/text.ts'
import type { System } from '../system.ts'
import { quoted } from './plpgsql.ts'

const since = (system: System): SQL => sql`${functionOf(system, 'watch_since')}()`

/**
 * `watch_since()`: the transaction from which on every write to the legacy tables is told; null while those of some of them
 * are not. A family that was settled then would be read while it is written, and what one statement saw and the next did
 * not would pass for the target's own.
 * @param xid of this transaction, as text
 */
export const sinceFunction = (system: System, xid: string | null): SQL => sql`
    create or replace function ${since(system)} returns xid8 language sql stable
    as ${quoted(sql`select ${xid}::xid8`)}`

/**
 * Does something where every write to the legacy tables is told. Where it is not, the lock holds up whoever is about to
 * change that until the write is committed, which a copy then brings over.
 */
export const whereTold = ({ system }: Bound, then: SQL): SQL => sql`
    if ${since(system)} is null then lock table ${family} in row exclusive mode; end if;
    if ${since(system)} is not null then ${then}; end if`

/** A snapshot from before the triggers were there may lack writes of which they did not tell, and nobody will. */
export const requireTold = ({ system }: Bound): SQL => sql`
    if pg_visible_in_snapshot(${since(system)}, pg_current_snapshot()) is not true then
      raise serialization_failure using
        message = 'could not serialize access: both shapes have been kept in step only since after this transaction began',
        hint = 'try again';
    end if;`
