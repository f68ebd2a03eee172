import { addChecks, metadata, missingChecks } from './columns.ts'
import { v18 } from './comments.ts'
import { v20, v26, v29 } from './engineered.ts'
import { grantSteps } from './grants.ts'
import { v23 } from './movies.ts'
import type { Step } from './step.ts'
import { v19, v24, v31 } from './triggers.ts'
import { v07 } from './v07-media.ts'
import { v08 } from './v08-training.ts'
import { v09 } from './v09-prediction.ts'

/** A version that came and went, or that changed nothing which is left. */
const gone = (version: number, description: string): Step => ({ version, description, sql: '' })

/** Every version from V1 to V32, in the order in which they were applied. */
export const steps: readonly Step[] = [
  gone(1, 'drop test schemas'),
  gone(2, 'create users table'),
  gone(3, 'drop users table'),
  gone(4, 'create test database'),
  gone(5, 'create products table'),
  gone(6, 'drop products table'),
  v07,
  v08,
  v09,
  {
    version: 10,
    description: 'add atp training reviewed',
    sql: `
      alter table atp.training drop column confirmed;
      alter table atp.training add column reviewed boolean default false;
      comment on column atp.training.reviewed is 'whether a person confirmed the label';`,
  },
  ...grantSteps,
  gone(16, 'create test table'),
  gone(17, 'drop test table'),
  v18,
  v19,
  v20,
  v23,
  v24,
  {
    version: 25,
    description: 'add tv episode pack to media type',
    sql: `alter type atp.media_type add value 'tv_episode_pack';`,
  },
  v26,
  {
    version: 27,
    description: 'make training label nullable',
    sql: 'alter table atp.training alter column label drop not null;',
  },
  {
    version: 28,
    description: 'drop media metadata columns',
    sql: `
      alter table atp.media
        ${metadata.map(([name]) => `drop column ${name}`).join(',\n        ')};`,
  },
  v29,
  { version: 30, description: 'add missing training constraints', sql: addMissing() },
  v31,
  gone(32, 'cleanup prediction trigger'),
].sort((a, b) => a.version - b.version)

/** V30 runs on databases with and without the nine, so it asks the catalog for each. */
function addMissing(): string {
  const added: Record<string, string> = {
    training_pkey: 'alter table atp.training add constraint training_pkey primary key (imdb_id);',
    training_tmdb_id_key: 'alter table atp.training add constraint training_tmdb_id_key unique (tmdb_id);',
    ...Object.fromEntries(missingChecks.map((column) => [`training_${column}_check`, addChecks('training', [column])])),
  }
  return Object.entries(added)
    .map(
      ([name, statement]) => `
      do $add$
      begin
        if not exists (
          select from pg_constraint
          where conrelid = 'atp.training'::regclass
            and conname = '${name}'
        ) then
          ${statement}
        end if;
      end $add$;`,
    )
    .join('\n')
}
