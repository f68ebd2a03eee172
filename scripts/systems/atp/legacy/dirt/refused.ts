import type { Case } from './case.ts'

const probability = (name: string, value: string): Case => ({
  name: `probability ${name}`,
  prediction: true,
  inPrediction: { set: `probability = ${value}` },
})

const outOfRange = `release_year = 1492, imdb_votes = -1, rt_score = -5, metascore = 101, imdb_rating = 100.1, tmdb_id = -n`

/** What the target's constraints refuse. */
export const refused: Case[] = [
  { name: 'no title', training: false, media: { set: 'media_title = null' } },
  { name: 'no release year', training: false, media: { set: 'release_year = null' } },
  { name: 'season beyond smallint', media: { set: 'season = 32768 + n' } },
  { name: 'episode beyond smallint', media: { set: 'episode = 2147483647' } },
  {
    name: 'tmdb_id of another title',
    training: false,
    media: { set: 'tmdb_id = coalesce(neighbour(n), tmdb_id)' },
  },
  probability('negative', '-0.25'),
  probability('above one', '1.0000000001'),
  probability('huge', '1e200::numeric'),
  probability('NaN', `'NaN'`),
  {
    name: 'prediction of an unknown title',
    prediction: true,
    inPrediction: { set: 'imdb_id = fresh(n)' },
  },
  { name: 'training row twice', bare: true, training: true, again: '' },
  {
    name: 'training imdb_id twice',
    bare: true,
    training: true,
    again: `media_title = media_title || ' (again)', label = 'would_watch', updated_at = updated_at + interval '1 day'`,
  },
  {
    name: 'malformed imdb_id',
    bare: true,
    training: true,
    inTraining: { set: `imdb_id = (array['tt12', 'TT' || n, n::text, '', 'tt12345678 '])[1 + n % 5]::varchar(10)` },
  },
  { name: 'training tmdb_id twice', bare: true, training: true, again: 'imdb_id = fresh(n)' },
  { name: 'training out of range', bare: true, training: true, inTraining: { set: outOfRange } },
  {
    name: 'training out of range, no media',
    bare: true,
    training: true,
    inTraining: { set: `${outOfRange}, imdb_id = fresh(n)` },
  },
]
