-- The legacy shape at Flyway V23, for databases that have none; drizzle-kit's snapshot beside this file describes it.
-- A live database of any version keeps what it has: where atp.media exists, nothing happens here.
do $baseline$
begin
  if to_regclass('atp.media') is not null then
    return;
  end if;

  create schema if not exists atp;

  create type atp.label_type as enum ('would_watch', 'would_not_watch');
  create type atp.media_type as enum ('movie', 'tv_show', 'tv_season', 'unknown');

  create type atp.pipeline_status as enum (
    'ingested',
    'paused',
    'parsed',
    'rejected',
    'file_accepted',
    'metadata_collected',
    'media_accepted',
    'downloading',
    'downloaded',
    'transferred',
    'complete'
  );

  create type atp.rejection_status as enum ('unfiltered', 'accepted', 'rejected', 'override');
  create type atp.rss_source as enum ('yts.mx', 'episodefeed.com');

  create table atp.media (
    hash char(40) primary key,
    media_type atp.media_type not null,
    media_title varchar(255),
    season integer,
    episode integer,
    release_year integer,
    pipeline_status atp.pipeline_status default 'ingested'::atp.pipeline_status not null,
    error_status boolean default false not null,
    error_condition text,
    rejection_status atp.rejection_status default 'unfiltered'::atp.rejection_status not null,
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
    budget bigint,
    revenue bigint,
    runtime integer,
    origin_country char(2)[],
    production_companies varchar(255)[],
    production_countries char(2)[],
    production_status varchar(25),
    original_language char(2),
    spoken_languages char(2)[],
    genre varchar(20)[],
    original_media_title varchar(255),
    tagline varchar(255),
    overview text,
    tmdb_rating numeric(5,3),
    tmdb_votes integer,
    rt_score integer,
    metascore integer,
    imdb_rating numeric(4,1),
    imdb_votes integer,
    resolution varchar(10),
    video_codec varchar(10),
    upload_type varchar(10),
    audio_codec varchar(10),
    created_at timestamp with time zone default (current_timestamp at time zone 'UTC'::text) not null,
    updated_at timestamp with time zone default (current_timestamp at time zone 'UTC'::text) not null,
    constraint media_hash_check check (hash ~ '^[a-f0-9]+$' and length(hash) = 40),
    constraint media_imdb_id_check check (imdb_id ~ '^tt[0-9]{7,8}$'),
    constraint media_tmdb_id_check check (tmdb_id > 0),
    constraint media_release_year_check check (release_year between 1850 and 2100),
    constraint media_budget_check check (budget >= 0),
    constraint media_revenue_check check (revenue >= 0),
    constraint media_runtime_check check (runtime >= 0),
    constraint media_tmdb_rating_check check (tmdb_rating between 0 and 10),
    constraint media_tmdb_votes_check check (tmdb_votes >= 0),
    constraint media_rt_score_check check (rt_score is null or (rt_score between 0 and 100)),
    constraint media_metascore_check check (metascore is null or (metascore between 0 and 100)),
    constraint media_imdb_rating_check check (imdb_rating is null or (imdb_rating between 0 and 100)),
    constraint media_imdb_votes_check check (imdb_votes >= 0)
  );

  create table atp.prediction (
    imdb_id varchar(10) primary key,
    prediction smallint not null,
    probability numeric not null,
    cm_value char(2) not null,
    created_at timestamp with time zone default (current_timestamp at time zone 'UTC'::text) not null,
    constraint prediction_imdb_id_check check (imdb_id ~ '^tt[0-9]{7,8}$'),
    constraint prediction_prediction_check check (prediction in (0, 1))
  );

  create table atp.training (
    imdb_id varchar(10) primary key,
    tmdb_id integer constraint training_tmdb_id_key unique,
    label atp.label_type not null,
    human_labeled boolean default false not null,
    anomalous boolean default false not null,
    reviewed boolean default false,
    media_type atp.media_type not null,
    media_title varchar(255) not null,
    season smallint,
    episode smallint,
    release_year smallint not null,
    budget bigint,
    revenue bigint,
    runtime integer,
    origin_country char(2)[],
    production_companies varchar(255)[],
    production_countries char(2)[],
    production_status varchar(25),
    original_language char(2),
    spoken_languages char(2)[],
    genre varchar(20)[],
    original_media_title varchar(255),
    tagline varchar(255),
    overview text,
    tmdb_rating numeric(5,3),
    tmdb_votes integer,
    rt_score integer,
    metascore integer,
    imdb_rating numeric(4,1),
    imdb_votes integer,
    created_at timestamp with time zone default (current_timestamp at time zone 'UTC'::text) not null,
    updated_at timestamp with time zone default (current_timestamp at time zone 'UTC'::text) not null,
    constraint training_imdb_id_check check (imdb_id ~ '^tt[0-9]{7,8}$'),
    constraint training_tmdb_id_check check (tmdb_id > 0),
    constraint training_release_year_check check (release_year between 1850 and 2100),
    constraint training_budget_check check (budget >= 0),
    constraint training_revenue_check check (revenue >= 0),
    constraint training_runtime_check check (runtime >= 0),
    constraint training_tmdb_rating_check check (tmdb_rating between 0 and 10),
    constraint training_tmdb_votes_check check (tmdb_votes >= 0),
    constraint training_rt_score_check check (rt_score is null or (rt_score between 0 and 100)),
    constraint training_metascore_check check (metascore is null or (metascore between 0 and 100)),
    constraint training_imdb_rating_check check (imdb_rating is null or (imdb_rating between 0 and 100)),
    constraint training_imdb_votes_check check (imdb_votes >= 0)
  );

  create index idx_media_imdb_id on atp.media (imdb_id);
  create index idx_media_tmdb_id on atp.media (tmdb_id);
  create index idx_media_pipeline_status on atp.media (pipeline_status);
  create index idx_training_tmdb_id on atp.training (tmdb_id);

  create view atp.movies as
  select
    training.imdb_id,
    training.tmdb_id,
    training.label,
    training.human_labeled,
    training.anomalous,
    training.reviewed,
    training.media_type,
    training.media_title,
    training.season,
    training.episode,
    training.release_year,
    training.budget,
    training.revenue,
    training.runtime,
    training.origin_country,
    training.production_companies,
    training.production_countries,
    training.production_status,
    training.original_language,
    training.spoken_languages,
    training.genre,
    training.original_media_title,
    training.tagline,
    training.overview,
    training.tmdb_rating,
    training.tmdb_votes,
    training.rt_score,
    training.metascore,
    training.imdb_rating,
    training.imdb_votes,
    training.created_at as training_created_at,
    training.updated_at as training_updated_at,
    prediction.prediction,
    prediction.probability,
    prediction.cm_value,
    prediction.created_at as prediction_created_at
  from atp.training
  inner join atp.prediction
    on prediction.imdb_id = training.imdb_id;

  create function atp.media_set_updated_at() returns trigger language plpgsql as $function$
  begin
    new.updated_at := current_timestamp;
    return new;
  end
  $function$;

  create function atp.media_reset() returns trigger language plpgsql as $function$
  begin
    if new.pipeline_status = 'ingested' and old.pipeline_status <> 'ingested' then
      new.error_status := false;
      if new.rejection_status <> 'override' then
        new.rejection_status := 'unfiltered';
      end if;
    end if;
    if not new.error_status then
      new.error_condition := null;
    end if;
    if new.rejection_status <> 'rejected' then
      new.rejection_reason := null;
    end if;
    return new;
  end
  $function$;

  create function atp.training_set_updated_at() returns trigger language plpgsql as $function$
  begin
    new.updated_at := current_timestamp;
    return new;
  end
  $function$;

  create trigger media_reset
  before update on atp.media
  for each row execute function atp.media_reset();

  create trigger media_set_updated_at
  before update on atp.media
  for each row execute function atp.media_set_updated_at();

  create trigger training_set_updated_at
  before update on atp.training
  for each row execute function atp.training_set_updated_at();

  if exists (select from pg_roles where rolname = 'rear_diff') then
    grant usage on schema atp to rear_diff;
    grant select on atp.media, atp.training, atp.prediction, atp.movies to rear_diff;
    grant update on atp.media, atp.training to rear_diff;
  end if;
end
$baseline$;
