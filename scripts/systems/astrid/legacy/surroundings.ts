/**
 * SQL of what shares the schema with the placeholder and is not AstrID's: MLflow's tables, which a later revision of the
 * real system drops though it does not own them, and Alembic's version.
 * @param leftover whether a downgrade has left its type behind
 */
export const surroundings = (leftover: boolean): string => `
  create table public.alembic_version (version_num varchar(32) not null constraint alembic_version_pkc primary key);
  insert into public.alembic_version values ('18ac04758a21');
  create table public.experiments (experiment_id serial constraint experiment_pk primary key, name varchar(256) not null unique);
  create table public.runs (
    run_uuid varchar(32) constraint run_pk primary key,
    status varchar(9) constraint runs_status_check check (status in ('SCHEDULED', 'RUNNING', 'FINISHED', 'FAILED', 'KILLED')),
    experiment_id integer references public.experiments);
  create table public.metrics (
    key varchar(250) not null,
    value double precision not null,
    step bigint default 0 not null,
    run_uuid varchar(32) not null references public.runs,
    constraint metric_pk primary key (key, step, run_uuid));
  create table public.params (
    key varchar(250) not null,
    value varchar(500) not null,
    run_uuid varchar(32) not null references public.runs,
    constraint param_pk primary key (key, run_uuid));
  create table public.tags (
    key varchar(250) not null,
    value varchar(5000),
    run_uuid varchar(32) not null references public.runs,
    constraint tag_pk primary key (key, run_uuid));
  insert into public.experiments (name) values ('Default'), ('unet');
  insert into public.runs values (repeat('a', 32), 'FINISHED', 2);
  insert into public.metrics values ('f1', 0.91, 1, repeat('a', 32));
  insert into public.params values ('epochs', '20', repeat('a', 32));
  insert into public.tags values ('mlflow.user', 'astrid', repeat('a', 32));
  ${
    leftover
      ? `create type public.processing_job_status as enum ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED');`
      : ''
  }`
