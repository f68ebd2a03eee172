import { quote } from '../draw.ts'
import { metadata } from './columns.ts'
import type { Step } from './step.ts'

const named = {
  imdb_id: 'identifier at IMDB',
  tmdb_id: 'identifier at themoviedb.org',
  media_type: 'movie, tv_show, tv_season or unknown',
  media_title: 'title of the movie or of the show',
  season: 'season of a show; null for movies',
  episode: 'episode within the season; null for movies and whole seasons',
  release_year: 'year of the movie, or of the first season',
  ...Object.fromEntries(metadata.map(([name, , text]) => [name, text])),
}
const times = { created_at: 'when the row was created', updated_at: 'when the row was last changed' }

const comments: Record<string, Record<string, string>> = {
  media: {
    '': 'items of the pipeline: movies, shows and seasons',
    hash: 'SHA-1 of the torrent; primary key',
    ...named,
    pipeline_status: 'where the item stands in the pipeline',
    error_status: 'whether the last step failed',
    error_condition: 'what failed',
    rejection_status: 'what the filters decided',
    rejection_reason: 'which filter rejected it, and why',
    parent_path: 'folder in the media library',
    target_path: 'file or folder in the media library',
    original_title: "the item's raw title; everything else is parsed from it",
    original_path: 'path within the download cache',
    original_link: 'download or magnet link',
    rss_source: 'feed that the item came from',
    uploader: 'who uploaded it',
    resolution: 'resolution of the video',
    video_codec: 'codec of the video',
    upload_type: 'what the upload was made from',
    audio_codec: 'codec of the audio',
    ...times,
  },
  training: {
    '': "labelled titles that the model is trained on; the API's corrections land here",
    ...named,
    label: 'what the model shall learn',
    human_labeled: 'whether a person changed the label',
    anomalous: 'often predicted wrongly, yet verified to be right',
    reviewed: 'whether a person confirmed the label',
    ...times,
  },
  prediction: {
    '': "the model's results",
    imdb_id: 'identifier at IMDB; primary key',
    prediction: '1 for would_watch, 0 for would_not_watch',
    probability: 'probability of would_watch',
    cm_value: 'cell of the confusion matrix: tp, tn, fp or fn',
    created_at: times.created_at,
  },
}

const lines = Object.entries(comments).flatMap(([table, columns]) =>
  Object.entries(columns).map(([column, text]) =>
    column === ''
      ? `comment on table atp.${table} is ${quote(text)};`
      : `comment on column atp.${table}.${column} is ${quote(text)};`,
  ),
)

/** V18: a comment on every table and column. */
export const v18: Step = { version: 18, description: 'comments', sql: lines.join('\n') }
