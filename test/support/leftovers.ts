import type { Sql } from 'postgres'

/** Drops the test databases of the run `pid`, or of all runs that have ended without doing so. */
export async function dropLeftovers(sql: Sql, pid?: number): Promise<string[]> {
  const rows = await sql<{ name: string; pid: number }[]>`
    select datname as name, substring(datname from '^sluice_test_([0-9]{1,9})_')::int as pid
    from pg_database
    where datname ~ '^sluice_test_[0-9]{1,9}_'`
  const leftovers = rows.filter((row) => (pid === undefined ? !alive(row.pid) : row.pid === pid)).map((row) => row.name)
  for (const name of leftovers) await sql`drop database if exists ${sql(name)} with (force)`
  return leftovers
}

/** Of a process on this machine: two machines should not test on one server at once. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
