import { quote } from './draw.ts'
import { steps } from './steps/index.ts'

/** SQL of Flyway's own table with the versions up to `version` applied, one a fortnight. */
export function history(version: number): string {
  const rows = steps
    .filter((step) => step.version <= version)
    .map(({ version: n, description }) => {
      const script = `V${n}__${description.replaceAll(' ', '_')}.sql`
      return `(${n}, '${n}', ${quote(description)}, ${quote(script)})`
    })
  return `
    create table public.flyway_schema_history (
      installed_rank integer not null,
      version varchar(50),
      description varchar(200) not null,
      type varchar(20) not null,
      script varchar(1000) not null,
      checksum integer,
      installed_by varchar(100) not null,
      installed_on timestamp not null default now(),
      execution_time integer not null,
      success boolean not null,
      constraint flyway_schema_history_pk primary key (installed_rank));
    create index flyway_schema_history_s_idx on public.flyway_schema_history (success);
    insert into public.flyway_schema_history
    select
      rank, v, description, 'SQL', script, ('x' || left(md5(script), 8))::bit(32)::integer, 'flyway',
      timestamp '2024-10-01 04:00:00.25' + rank * interval '14 days', 20 + rank % 7, true
    from (values ${rows.join(', ')}) applied (rank, v, description, script)`
}
