import { addChecks, metadata, missingChecks, sharedChecks, timestamps } from './columns.ts'
import type { Step } from './step.ts'

const kept = Object.keys(sharedChecks).filter((column) => !missingChecks.includes(column))

/** The nine constraints of training that production was found without. */
export const missing = `
  ${addChecks('training', missingChecks)}
  alter table atp.training
    add constraint training_pkey primary key (imdb_id),
    add constraint training_tmdb_id_key unique (tmdb_id);`

/** V8: training, with `confirmed`. */
export const v08: Step = {
  version: 8,
  description: 'instantiate atp training',
  sql: `
    create type atp.label_type as enum ('would_watch', 'would_not_watch');
    create table atp.training (
      imdb_id varchar(10) not null,
      tmdb_id integer,
      label atp.label_type not null,
      human_labeled boolean not null default false,
      confirmed boolean not null default false,
      anomalous boolean not null default false,
      media_type atp.media_type not null,
      media_title varchar(255) not null,
      season smallint,
      episode smallint,
      release_year smallint not null,
      ${metadata.map(([name, type]) => `${name} ${type},`).join('\n      ')}${timestamps});`,
  keys: `
    ${addChecks('training', kept)}
    create index idx_training_tmdb_id on atp.training (tmdb_id);`,
}
