import type { Case } from './case.ts'

/** Rows that disagree with each other, or with the shape of the target: nothing refuses them, and much is lost. */
export const disagreements: Case[] = [
  {
    name: 'rows differ in title',
    rows: 2,
    media: { set: `media_title = media_title || ' (Extended)'`, where: 'nth % 2 = 0' },
  },
  {
    name: 'rows differ in ratings',
    until: 27,
    rows: 2,
    media: {
      set: `tmdb_rating = nth % 10 + 0.125, tmdb_votes = 1000 * nth, imdb_rating = nth + 0.5, imdb_votes = 31 * nth`,
    },
  },
  { name: 'rows differ in episode', rows: 2, media: { set: 'season = 1 + nth / 5, episode = nth' } },
  {
    name: 'created_at ties',
    rows: 2,
    media: {
      set: `created_at = timestamptz '2023-05-05 05:05:05.555555+00', updated_at = timestamptz '2023-05-06 05:05:05.5+00',
        media_title = media_title || ' #' || nth`,
    },
  },
  {
    name: 'training differs from media',
    training: true,
    inTraining: {
      set: `media_title = media_title || ' (TV)', release_year = 1999, genre = '{Talk}', imdb_rating = 99.9, runtime = 7,
        overview = 'Written by someone else.'`,
    },
  },
  {
    name: 'media null where training has a value',
    training: true,
    media: {
      set: `season = null, episode = null, tmdb_id = null, release_year = null, media_title = null, overview = null,
        tmdb_rating = null, genre = null`,
    },
    inTraining: {
      set: `season = coalesce(season, 1), episode = coalesce(episode, 2), tmdb_id = coalesce(tmdb_id, n * 7),
        genre = coalesce(genre, '{Drama}')`,
    },
  },
  {
    name: 'metadata without imdb_id',
    training: false,
    prediction: false,
    media: { set: 'imdb_id = null, tmdb_id = coalesce(tmdb_id, n * 7)' },
  },
  {
    name: 'only one path',
    rows: 2,
    media: {
      set: `parent_path = case when nth % 2 = 1 then '/media/lost/' || n end,
        target_path = case when nth % 2 = 0 then '/media/lost/' || n || '.mkv' end`,
    },
  },
  { name: 'reviewed is null', since: 10, training: true, inTraining: { set: 'reviewed = null' } },
  {
    name: 'deleted',
    since: 24,
    media: {
      set: `deleted_at = updated_at + interval '1.000001 seconds', rejection_status = 'rejected',
        rejection_reason = 'user deletion'`,
    },
  },
]
