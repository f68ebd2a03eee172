import type { Step } from './step.ts'

/** V20: what the model's features are kept in; not part of the migration, and must stay untouched by it. */
export const v20: Step = {
  version: 20,
  description: 'engineered tables',
  sql: `
    create table atp.engineered (
      imdb_id varchar(10) primary key,
      media_title varchar(255),
      label integer,
      release_year double precision,
      runtime double precision,
      tmdb_rating numeric(5,3),
      imdb_rating numeric(4,1),
      original_language char(2),
      origin_country smallint[],
      genre smallint[],
      created_at timestamptz default (current_timestamp at time zone 'UTC'),
      updated_at timestamptz default (current_timestamp at time zone 'UTC'));
    create table atp.engineered_normalization_table (
      feature varchar(255),
      min double precision,
      max double precision);
    create table atp.engineered_schema (
      original_column varchar(255),
      exploded_mapping varchar(255)[]);
    insert into atp.engineered
    select
      'tt' || lpad(n::text, 7, '0'), 'Engineered ' || n, n % 2, n / 100.0, n / 200.0, n / 20.0, n / 2.0,
      'en', array[n % 2, 1]::smallint[], array[0, 1, n % 3]::smallint[],
      timestamptz '2024-11-05 04:00:00.123456+00' + n * interval '1 minute',
      timestamptz '2024-11-05 04:00:00.123456+00' + n * interval '2 minutes'
    from generate_series(1, 100) n;
    insert into atp.engineered_normalization_table
    values ('release_year', 1912, 2026), ('runtime', 0, 873), ('tmdb_rating', 0, 10), ('imdb_rating', 0, 100);
    insert into atp.engineered_schema
    values ('genre', '{action,drama,comedy}'), ('origin_country', '{us,gb,fr}');`,
}

/** V26 and V29: two more features. */
export const v26: Step = {
  version: 26,
  description: 'add production companies to engineered',
  sql: `
    alter table atp.engineered
      add column production_companies smallint[];
    comment on column atp.engineered.production_companies is 'one-hot companies';`,
}
export const v29: Step = {
  version: 29,
  description: 'add anomalous to engineered',
  sql: `
    alter table atp.engineered
      add column anomalous boolean not null default false;
    comment on column atp.engineered.anomalous is 'often predicted wrongly, yet verified to be right';`,
}
