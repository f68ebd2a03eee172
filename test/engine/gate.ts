import type { Scratch } from '../support/scratch.ts'
import { run } from './migration.ts'

export interface Gate {
  isWaitedAt(): Promise<boolean>
  /** Lets go on who waits, and takes the gate away. */
  open(): Promise<void>
}

/**
 * Closes a gate at a table: inserts wait at it.
 * @param which of them, as a trigger says it: `for each row when (...)`; every statement if it does not say
 */
export async function gateAt(database: Scratch, table: string, which = ''): Promise<Gate> {
  await run(
    database,
    `create function public.wait() returns trigger language plpgsql as $$
     begin
       perform pg_advisory_xact_lock_shared(42);
       return new;
     end $$;
     create trigger wait before insert on ${table} ${which} execute function public.wait()`,
  )
  const holder = await database.connection.db.$client.reserve()
  await holder`select pg_advisory_lock(42)`
  return {
    isWaitedAt: async () => {
      const waiting = await run(
        database,
        `select
         from pg_locks
         where database = (select oid from pg_database where datname = current_database())
           and locktype = 'advisory'
           and objid = 42
           and not granted`,
      )
      return waiting.length > 0
    },
    open: async () => {
      await holder`select pg_advisory_unlock(42)`
      holder.release()
      await run(database, 'drop function public.wait() cascade')
    },
  }
}
