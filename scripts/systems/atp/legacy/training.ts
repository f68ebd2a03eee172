import { draw, wide } from './draw.ts'
import type { Options } from './options.ts'
import { metadata } from './steps/columns.ts'

const facts = metadata.map(([name]) => name)

/** Columns of training at the time of the load: V10 put `reviewed` in the place of `confirmed`. */
export function trainingColumns(version: number): string[] {
  return [
    ...['imdb_id', 'tmdb_id', 'label', 'human_labeled', version < 10 ? 'confirmed' : 'reviewed', 'anomalous'],
    ...['media_type', 'media_title', 'season', 'episode', 'release_year', ...facts, 'created_at', 'updated_at'],
  ]
}

/** SQL of the training rows of the titles that meet the condition `which`; they agree with media in everything they share. */
export function trainingOfTitles({ version }: Options, which: string): string {
  const label = `(case when ${draw('h', 3, 100)} < 35 then 'would_watch' else 'would_not_watch' end)::atp.label_type`
  return `
    select
      n, dirt, 1 as nth, imdb_id, tmdb_id,
      ${version < 27 ? label : `case when ${draw('h', 5, 20)} > 0 then ${label} end`} as label,
      ${draw('h', 7, 10)} = 0 as human_labeled,
      ${draw('h', 9, 4)} = 0 as ${version < 10 ? 'confirmed' : 'reviewed'},
      ${draw('h', 11, 60)} = 0 as anomalous,
      media_type, media_title, season, episode, release_year, ${facts.join(', ')},
      seen_at + ${draw('h', 13, 40000)} * interval '1.000131 seconds' as created_at,
      seen_at + ${draw('h', 13, 40000)} * interval '1.000131 seconds'
        + ${wide('h', 20)} % 30000000 * interval '1 second' as updated_at
    from pg_temp.title
    where in_training
      and ${which}`
}
