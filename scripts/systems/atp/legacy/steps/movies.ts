import { metadata } from './columns.ts'
import { grantMovies } from './grants.ts'
import type { Step } from './step.ts'

const columns = [
  ...['imdb_id', 'tmdb_id', 'label', 'human_labeled', 'anomalous', 'media_type', 'media_title'],
  ...['season', 'episode', 'release_year'],
  ...metadata.map(([name]) => name),
  'reviewed',
].map((name) => `t.${name}`)

/** V23: the view that the API reads; thirty-six columns. */
export const v23: Step = {
  version: 23,
  description: 'create movies view',
  sql: `
    create view atp.movies as
    select
      ${columns.join(',\n      ')},
      p.prediction,
      p.probability,
      p.cm_value,
      t.created_at as training_created_at,
      t.updated_at as training_updated_at,
      p.created_at as prediction_created_at
    from atp.training t
    join atp.prediction p on p.imdb_id = t.imdb_id;
    comment on view atp.movies is 'training with the prediction for it';
    ${grantMovies}`,
}
