import { addChecks } from './columns.ts'
import type { Step } from './step.ts'

/** V9: prediction; its probability has no range, and it points to nothing. */
export const v09: Step = {
  version: 9,
  description: 'instantiate atp prediction',
  sql: `
    create table atp.prediction (
      imdb_id varchar(10) not null,
      prediction smallint not null,
      probability numeric not null,
      cm_value char(2) not null,
      created_at timestamptz default (current_timestamp at time zone 'UTC') not null);`,
  keys: `
    ${addChecks('prediction', ['imdb_id'])}
    alter table atp.prediction
      add constraint prediction_prediction_check check (prediction in (0, 1)),
      add constraint prediction_pkey primary key (imdb_id);`,
}
