import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { functionOf } from '../contract/text.ts'
import { tableSql } from '../shape.ts'
import type { System } from '../system.ts'

/** The function that refuses writes to the target while nothing would bring them to the legacy tables. */
export const readOnlyFunction = (system: System): SQL => sql`
    create or replace function ${functionOf(system, 'read_only')}() returns trigger language plpgsql as $read_only$
    begin
      raise exception '% is not kept in step with the legacy tables: what is written to it now would be lost', tg_relid::regclass
        using errcode = 'read_only_sql_transaction', hint = 'npm run sync';
    end
    $read_only$`

/** The trigger that calls it. */
export const readOnlyTrigger = (system: System, table: PgTable): SQL => sql`
    create trigger sluice_read_only
    before insert or update or delete or truncate on ${tableSql(table)}
    for each statement
    when (current_setting('sluice.writing', true) is distinct from 'on')
    execute function ${functionOf(system, 'read_only')}()`
