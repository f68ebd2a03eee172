import { imdbId } from '../titles.ts'
import type { Case, Change } from './case.ts'

/** How many numbers of titles are taken; fresh identifiers start after them. */
interface Numbers {
  seed: number
  taken: number
}

/** SQL that turns the copies of the dirty titles' rows into what each case wants. */
export function applyCases(cases: Case[], numbers: Numbers): string {
  const unidentified = cases.findIndex(({ name }) => name === 'metadata without imdb_id')
  const words = (text: string) =>
    text
      .replaceAll('fresh(n)', imdbId(`n + ${numbers.taken}`, numbers.seed))
      .replaceAll('neighbour(n)', neighbour(unidentified))
  const update = (table: string, dirt: number, { set, where }: Change) => `
    update pg_temp.dirty_${table} as d
    set ${words(set)}
    where dirt = ${dirt}${where ? ` and ${where}` : ''};`
  return cases
    .map((one, dirt) =>
      [
        one.media && update('media', dirt, one.media),
        one.inTraining && update('training', dirt, one.inTraining),
        one.inPrediction && update('prediction', dirt, one.inPrediction),
        one.again !== undefined && again(dirt, words(one.again)),
      ]
        .filter((statement) => typeof statement === 'string')
        .join('\n'),
    )
    .join('\n')
}

/** tmdb_id of the next title that has both identifiers, so that two titles end up with one. */
function neighbour(unidentified: number): string {
  return `(
      select t.tmdb_id
      from pg_temp.title t
      where t.n > d.n
        and t.tmdb_id is not null
        and t.dirt is distinct from ${unidentified}
      order by t.n
      limit 1
    )`
}

/** Gives the rows a twin, changed by `set`. */
function again(dirt: number, set: string): string {
  const change = set === '' ? '' : `update pg_temp.twin set ${set};`
  return `
    create temp table twin as
    select *
    from pg_temp.dirty_training
    where dirt = ${dirt};
    ${change}
    insert into pg_temp.dirty_training
    select *
    from pg_temp.twin;
    drop table pg_temp.twin;`
}
