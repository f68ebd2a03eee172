import type { Sql } from 'postgres'

/** What the names of a run's databases start with. */
export const prefix = (pid: number): string => `sluice_bench_${pid}_`

/** Drops the databases of the run `pid`, or of all runs that have ended without doing so. */
export async function dropLeftovers(sql: Sql, pid?: number): Promise<void> {
  const rows = await sql<{ name: string; pid: number }[]>`
    select datname as name, substring(datname from '^sluice_bench_([0-9]{1,9})_')::int as pid
    from pg_database
    where datname ~ '^sluice_bench_[0-9]{1,9}_'`
  for (const { name } of rows.filter((row) => (pid === undefined ? !alive(row.pid) : row.pid === pid)))
    await sql`drop database if exists ${sql(name)} with (force)`
}

/** Of a process on this machine: two machines should not bench on one server at once. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
