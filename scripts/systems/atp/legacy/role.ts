import type { Sql } from 'postgres'

/**
 * Creates the role that the API connects as, unless it exists, and returns whether it is there. Roles belong to the
 * whole server, so another session may create it at the same moment; and not everyone may create roles.
 */
export async function createRole(sql: Sql): Promise<boolean> {
  await sql.unsafe(`
    do $role$
    begin
      if to_regrole('rear_diff') is null then
        create role rear_diff nologin;
      end if;
    exception
      when duplicate_object or unique_violation or insufficient_privilege then null;
    end $role$`)
  const [row] = await sql`select to_regrole('rear_diff') is not null as there`
  return row?.there === true
}
