import { addChecks, metadata, sharedChecks, timestamps } from './columns.ts'
import type { Step } from './step.ts'

/** V7: the schema, its enums and media. */
export const v07: Step = {
  version: 7,
  description: 'instantiate atp media',
  sql: `
    create schema if not exists atp;
    create type atp.media_type as enum ('movie', 'tv_show', 'tv_season', 'unknown');
    create type atp.pipeline_status as enum (
      'ingested', 'paused', 'parsed', 'rejected', 'file_accepted', 'metadata_collected', 'media_accepted',
      'downloading', 'downloaded', 'transferred', 'complete');
    create type atp.rejection_status as enum ('unfiltered', 'accepted', 'rejected', 'override');
    create type atp.rss_source as enum ('yts.mx', 'episodefeed.com');
    create table atp.media (
      hash char(40) not null,
      media_type atp.media_type not null,
      media_title varchar(255),
      season integer,
      episode integer,
      release_year integer,
      pipeline_status atp.pipeline_status not null default 'ingested',
      error_status boolean not null default false,
      error_condition text,
      rejection_status atp.rejection_status not null default 'unfiltered',
      rejection_reason text,
      parent_path text,
      target_path text,
      original_title text not null,
      original_path text,
      original_link text,
      rss_source atp.rss_source,
      uploader varchar(25),
      imdb_id varchar(10),
      tmdb_id integer,
      ${metadata.map(([name, type]) => `${name} ${type},`).join('\n      ')}
      resolution varchar(10),
      video_codec varchar(10),
      upload_type varchar(10),
      audio_codec varchar(10),${timestamps});`,
  keys: `
    alter table atp.media
      add constraint media_hash_check check (hash ~ '^[a-f0-9]+$' and length(hash) = 40);
    ${addChecks('media', Object.keys(sharedChecks))}
    alter table atp.media
      add constraint media_pkey primary key (hash);
    create index idx_media_imdb_id on atp.media (imdb_id);
    create index idx_media_tmdb_id on atp.media (tmdb_id);
    create index idx_media_pipeline_status on atp.media (pipeline_status);`,
}
