/** One `insert` of the plan. */
export interface Step {
  table: string
  columns: string[]
  select: string
  /** Inserts once more into a table that an earlier step has filled. */
  repeats?: true
}

const words = (text: string) => text.trim().split(/\s+/)

/**
 * The plan's data migration, statement by statement, repaired so that it runs: no version of training has both
 * `confirmed` and `reviewed`, so `confirmed` is false. Two words more, so that every contender makes the same rows: of
 * media rows of one age the first by hash wins, and original_media_title is completed like every other column.
 */
export const steps: readonly Step[] = [
  {
    table: 'media_metadata',
    columns: words(`
      imdb_id tmdb_id media_type media_title original_media_title season episode release_year budget
      revenue runtime origin_country production_companies production_countries production_status
      original_language spoken_languages genre overview tagline tmdb_rating tmdb_votes imdb_rating
      imdb_votes rt_score metascore label human_labeled confirmed anomalous reviewed created_at
      updated_at`),
    select: `
      select distinct on (coalesce(m.imdb_id, t.imdb_id))
          coalesce(m.imdb_id, t.imdb_id) as imdb_id,
          coalesce(m.tmdb_id, t.tmdb_id) as tmdb_id,
          coalesce(m.media_type, t.media_type) as media_type,
          coalesce(m.media_title, t.media_title) as media_title,
          coalesce(m.original_media_title, t.original_media_title) as original_media_title,
          coalesce(m.season, t.season) as season,
          coalesce(m.episode, t.episode) as episode,
          coalesce(m.release_year, t.release_year) as release_year,
          coalesce(m.budget, t.budget) as budget,
          coalesce(m.revenue, t.revenue) as revenue,
          coalesce(m.runtime, t.runtime) as runtime,
          coalesce(m.origin_country, t.origin_country) as origin_country,
          coalesce(m.production_companies, t.production_companies) as production_companies,
          coalesce(m.production_countries, t.production_countries) as production_countries,
          coalesce(m.production_status, t.production_status) as production_status,
          coalesce(m.original_language, t.original_language) as original_language,
          coalesce(m.spoken_languages, t.spoken_languages) as spoken_languages,
          coalesce(m.genre, t.genre) as genre,
          coalesce(m.overview, t.overview) as overview,
          coalesce(m.tagline, t.tagline) as tagline,
          coalesce(m.tmdb_rating, t.tmdb_rating) as tmdb_rating,
          coalesce(m.tmdb_votes, t.tmdb_votes) as tmdb_votes,
          coalesce(m.imdb_rating, t.imdb_rating) as imdb_rating,
          coalesce(m.imdb_votes, t.imdb_votes) as imdb_votes,
          coalesce(m.rt_score, t.rt_score) as rt_score,
          coalesce(m.metascore, t.metascore) as metascore,
          t.label,
          coalesce(t.human_labeled, false) as human_labeled,
          false as confirmed,
          coalesce(t.anomalous, false) as anomalous,
          coalesce(t.reviewed, false) as reviewed,
          coalesce(m.created_at, t.created_at, current_timestamp at time zone 'UTC') as created_at,
          coalesce(m.updated_at, t.updated_at, current_timestamp at time zone 'UTC') as updated_at
      from atp.media m
      full outer join atp.training t on m.imdb_id = t.imdb_id
      where coalesce(m.imdb_id, t.imdb_id) is not null
      order by coalesce(m.imdb_id, t.imdb_id), m.created_at desc nulls last, m.hash`,
  },
  {
    table: 'downloads',
    columns: words(`
      hash original_title original_path original_link rss_source uploader pipeline_status
      error_status error_condition rejection_status rejection_reason resolution video_codec
      audio_codec upload_type imdb_id created_at updated_at`),
    select: `
      select
          hash,
          original_title,
          original_path,
          original_link,
          rss_source,
          uploader,
          pipeline_status,
          error_status,
          error_condition,
          rejection_status,
          rejection_reason,
          resolution,
          video_codec,
          audio_codec,
          upload_type,
          imdb_id,
          created_at,
          updated_at
      from atp.media`,
  },
  {
    table: 'files',
    columns: words(`
      hash parent_path target_path resolution video_codec audio_codec upload_type imdb_id created_at
      updated_at`),
    select: `
      select
          hash,
          parent_path,
          target_path,
          resolution,
          video_codec,
          audio_codec,
          upload_type,
          imdb_id,
          created_at,
          updated_at
      from atp.media
      where parent_path is not null
        and target_path is not null`,
  },
  {
    table: 'media_metrics',
    columns: words(`
      imdb_id prediction probability cm_value created_at`),
    select: `
      select
          imdb_id,
          prediction,
          probability,
          cm_value,
          created_at
      from atp.prediction`,
  },
  {
    table: 'media_metadata',
    repeats: true,
    columns: words(`
      imdb_id tmdb_id media_type media_title season episode release_year budget revenue runtime
      origin_country production_companies production_countries production_status original_language
      spoken_languages genre overview tagline tmdb_rating tmdb_votes imdb_rating imdb_votes rt_score
      metascore label human_labeled confirmed anomalous reviewed created_at updated_at`),
    select: `
      select
          t.imdb_id,
          t.tmdb_id,
          t.media_type,
          t.media_title,
          t.season,
          t.episode,
          t.release_year,
          t.budget,
          t.revenue,
          t.runtime,
          t.origin_country,
          t.production_companies,
          t.production_countries,
          t.production_status,
          t.original_language,
          t.spoken_languages,
          t.genre,
          t.overview,
          t.tagline,
          t.tmdb_rating,
          t.tmdb_votes,
          t.imdb_rating,
          t.imdb_votes,
          t.rt_score,
          t.metascore,
          t.label,
          t.human_labeled,
          false,
          t.anomalous,
          t.reviewed,
          t.created_at,
          t.updated_at
      from atp.training t
      where not exists (
              select 1 from atp.media_metadata mm where mm.imdb_id = t.imdb_id
          )`,
  },
]
