import { bytes, draw, pick, wide } from './draw.ts'
import type { Options } from './options.ts'
import { metadata } from './steps/columns.ts'
import * as words from './words.ts'

const facts = metadata.map(([name]) => name)

/** Columns of media at the time of the load. */
export function mediaColumns(version: number): string[] {
  return [
    ...['hash', 'media_type', 'media_title', 'season', 'episode', 'release_year', 'pipeline_status', 'error_status'],
    ...['error_condition', 'rejection_status', 'rejection_reason', 'parent_path', 'target_path', 'original_title'],
    ...['original_path', 'original_link', 'rss_source', 'uploader', 'imdb_id', 'tmdb_id', ...facts],
    ...['resolution', 'video_codec', 'upload_type', 'audio_codec', 'created_at', 'updated_at'],
    ...(version < 24 ? [] : ['deleted_at']),
  ]
}

/** Where an identified item stands: 65 % have arrived, 24 % were rejected. */
const status = `case
          when p < 4 then 'metadata_collected'
          when p < 6 then 'media_accepted'
          when p < 9 then 'downloading'
          when p < 14 then 'downloaded'
          when p < 20 then 'transferred'
          when p < 74 then 'complete'
          when p < 98 then 'rejected'
          else 'paused'
        end`

/** SQL of the nth media row of every title that has one and meets the condition `which`. */
export function mediaOfTitles({ seed, version }: Options, nth: number, which: string): string {
  return `
    select
      n, dirt, ${nth} as nth,
      encode(substr(m, 1, 20), 'hex') as hash,
      media_type, media_title, season, episode, release_year,
      status::atp.pipeline_status as pipeline_status,
      failed as error_status,
      case when failed then ${pick(words.errorConditions, 'm', 20)} end as error_condition,
      (case
        when status = 'rejected' then 'rejected'
        when status in ('metadata_collected', 'paused') then 'unfiltered'
        when ${draw('m', 21, 100)} < 3 then 'override'
        else 'accepted'
      end)::atp.rejection_status as rejection_status,
      case when status = 'rejected' then ${pick(words.rejectionReasons, 'm', 22)} end as rejection_reason,
      case when p between 9 and 73 then library end as parent_path,
      case when p between 9 and 73 then library || '/' || release || '.mkv' end as target_path,
      release as original_title,
      case when p >= 6 then release || '/' || release || '.mkv' end as original_path,
      'magnet:?xt=urn:btih:' || encode(substr(m, 1, 20), 'hex') || '&dn=' || replace(release, '&', '%26') as original_link,
      (case when ${draw('m', 23, 10)} > 0 then case when media_type = 'movie' then 'yts.mx' else 'episodefeed.com' end end)::atp.rss_source as rss_source,
      ${pick(words.uploaders, 'm', 24)} as uploader,
      imdb_id, tmdb_id, ${facts.join(', ')},
      resolution, video_codec, upload_type,
      ${pick(words.audioCodecs, 'm', 28)} as audio_codec,
      created_at,
      created_at + ${wide('m', 27)} % 2000000 * interval '1 second' + ${wide('m', 20)} % 1000000 * interval '1 microsecond' as updated_at${version < 24 ? '' : ',\n      null::timestamptz as deleted_at'}
    from (
      select *,
        ${status} as status,
        ${draw('m', 29, 50)} = 0 as failed,
        -- the nth row comes within the nth nine days, so the newest is never in doubt
        seen_at + ${(nth - 1) * 9} * interval '24 hours'
          + ${wide('m', 23)} % 777000 * interval '1 second' + ${wide('m', 25)} % 1000000 * interval '1 microsecond' as created_at,
        case when media_type = 'movie' then '/media/movies/' || media_title || ' (' || release_year || ')'
          else '/media/tv/' || media_title || '/Season ' || season end as library,
        replace(media_title, ' ', '.') || '.'
          || case
            when episode is not null then 'S' || lpad(season::text, 2, '0') || 'E' || lpad(episode::text, 2, '0')
            when season is not null then 'S' || lpad(season::text, 2, '0')
            else release_year::text
          end
          || '.' || resolution || '.' || upload_type || '.' || video_codec || '-' || ${pick(words.groups, 'm', 26)} as release
      from (
        select *,
          ${draw('m', 20, 100)} as p,
          ${pick(words.resolutions, 'm', 22)} as resolution,
          ${pick(words.uploadTypes, 'm', 24)} as upload_type,
          ${pick(words.videoCodecs, 'm', 26)} as video_codec
        from (
          select *, ${bytes(seed, `media ${nth}`, 'n')} as m
          from pg_temp.title
          where media_rows >= ${nth}
            and ${which}
          offset 0
        ) drawn
        offset 0
      ) chosen
      offset 0
    ) row`
}

/** SQL of media rows whose title nobody knows yet: no identifier, no metadata. */
export function unidentifiedMedia(seed: number, count: number): string {
  return `
    insert into atp.media (
      hash, media_type, pipeline_status, rejection_status, rejection_reason, original_title, original_link,
      rss_source, uploader, created_at, updated_at
    )
    select
      encode(substr(m, 1, 20), 'hex'),
      'unknown',
      (case when p < 40 then 'ingested' when p < 65 then 'parsed' when p < 80 then 'file_accepted' when p < 97 then 'rejected' else 'paused' end)::atp.pipeline_status,
      (case when p < 65 then 'unfiltered' when p < 80 then 'accepted' when p < 97 then 'rejected' else 'unfiltered' end)::atp.rejection_status,
      case when p between 80 and 96 then 'no title could be parsed' end,
      ${pick(words.nouns, 'm', 22)} || '.' || ${pick(words.adjectives, 'm', 24)} || '.' || n || '-' || ${pick(words.groups, 'm', 26)},
      'magnet:?xt=urn:btih:' || encode(substr(m, 1, 20), 'hex'),
      'yts.mx',
      ${pick(words.uploaders, 'm', 28)},
      seen_at,
      seen_at + p * interval '61 seconds'
    from (
      select n, m,
        ${draw('m', 20, 100)} as p,
        timestamptz '2019-03-01 06:00:00+00' + ${wide('m', 22)} % 200000000 * interval '1 second'
          + ${wide('m', 26)} % 1000000 * interval '1 microsecond' as seen_at
      from (
        select n, ${bytes(seed, 'unidentified', 'n')} as m
        from generate_series(1, ${count}) n
        offset 0
      ) drawn
      offset 0
    ) row`
}
