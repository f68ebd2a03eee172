-- The old tables as the real database has them, empty, for databases that have none; drizzle-kit's snapshot beside this file
-- describes them. A live database keeps what it has: where public.titles exists, nothing happens here.
do $baseline$
begin
  if to_regclass('public.titles') is not null then
    return;
  end if;

  create type public.entitytype as enum ('TITLE', 'EPISODE', 'ASSET');
  create type public.markerkind as enum ('CHAPTER', 'AVAIL', 'BUMPER', 'INTRO', 'OUTRO');
  create type public.provider as enum ('PLEX', 'JELLYFIN', 'FILESYSTEM', 'MANUAL');
  create type public.reviewstatus as enum ('PENDING', 'RESOLVED');
  create type public.titlekind as enum ('MOVIE', 'SHOW');

  create table public.titles (
    id uuid,
    kind public.titlekind not null,
    name varchar(255) not null,
    year integer,
    external_ids json,
    created_at timestamp with time zone default now() not null,
    constraint pk_titles primary key(id)
  );

  create table public.seasons (
    id uuid,
    title_id uuid not null,
    number integer not null,
    created_at timestamp with time zone default now() not null,
    constraint pk_seasons primary key(id)
  );

  create table public.episodes (
    id uuid,
    title_id uuid not null,
    season_id uuid,
    number integer,
    name varchar(255),
    external_ids json,
    created_at timestamp with time zone default now() not null,
    constraint pk_episodes primary key(id)
  );

  create table public.assets (
    id uuid,
    uri text not null constraint uq_assets_uri unique,
    size integer not null,
    duration_ms integer,
    video_codec varchar(50),
    audio_codec varchar(50),
    container varchar(50),
    hash_sha256 varchar(64),
    discovered_at timestamp with time zone default now() not null,
    canonical boolean not null,
    constraint pk_assets primary key(id)
  );

  create table public.episode_assets (
    episode_id uuid,
    asset_id uuid,
    constraint pk_episode_assets primary key(episode_id,asset_id)
  );

  create table public.provider_refs (
    id uuid,
    entity_type public.entitytype not null,
    entity_id uuid not null,
    provider public.provider not null,
    provider_key text not null,
    raw json,
    title_id uuid,
    episode_id uuid,
    asset_id uuid,
    constraint pk_provider_refs primary key(id)
  );

  create table public.markers (
    id uuid,
    asset_id uuid not null,
    kind public.markerkind not null,
    start_ms integer not null,
    end_ms integer not null,
    payload json,
    constraint pk_markers primary key(id)
  );

  create table public.review_queue (
    id uuid,
    asset_id uuid not null,
    reason text not null,
    confidence double precision not null,
    status public.reviewstatus not null,
    created_at timestamp with time zone default now() not null,
    resolved_at timestamp with time zone,
    constraint pk_review_queue primary key(id)
  );

  create table public.sources (
    id uuid,
    external_id varchar(255) not null constraint uq_sources_external_id unique,
    name varchar(255) not null,
    kind varchar(50) not null,
    config json,
    created_at timestamp with time zone default now() not null,
    updated_at timestamp with time zone default now() not null,
    constraint pk_sources primary key(id)
  );

  create table public.source_collections (
    id uuid,
    source_id uuid not null,
    external_id varchar(255) not null,
    name varchar(255) not null,
    enabled boolean not null,
    config json,
    created_at timestamp with time zone default now() not null,
    updated_at timestamp with time zone default now() not null,
    constraint pk_source_collections primary key(id),
    constraint uq_source_collections_source_external unique(source_id,external_id)
  );

  create table public.path_mappings (
    id uuid,
    collection_id uuid not null,
    plex_path varchar(500) not null,
    local_path varchar(500) not null,
    created_at timestamp with time zone default now() not null,
    constraint pk_path_mappings primary key(id)
  );

  create index ix_assets_canonical on public.assets (canonical);
  create index ix_assets_discovered_at on public.assets (discovered_at);
  create index ix_markers_asset_id on public.markers (asset_id);
  create index ix_markers_kind on public.markers (kind);
  create index ix_path_mappings_collection_id on public.path_mappings (collection_id);
  create index ix_review_queue_asset_id on public.review_queue (asset_id);
  create index ix_review_queue_status on public.review_queue (status);
  create index ix_review_queue_created_at on public.review_queue (created_at);
  create index ix_source_collections_source_id on public.source_collections (source_id);
  create index ix_source_collections_enabled on public.source_collections (enabled);

  alter table public.episode_assets add constraint fk_episode_assets_episode_id_episodes foreign key (episode_id) references public.episodes(id) on delete cascade;
  alter table public.episode_assets add constraint fk_episode_assets_asset_id_assets foreign key (asset_id) references public.assets(id) on delete cascade;
  alter table public.episodes add constraint fk_episodes_title_id_titles foreign key (title_id) references public.titles(id) on delete cascade;
  alter table public.episodes add constraint fk_episodes_season_id_seasons foreign key (season_id) references public.seasons(id) on delete cascade;
  alter table public.markers add constraint fk_markers_asset_id_assets foreign key (asset_id) references public.assets(id) on delete cascade;
  alter table public.path_mappings add constraint fk_path_mappings_collection_id_source_collections foreign key (collection_id) references public.source_collections(id) on delete cascade;
  alter table public.provider_refs add constraint fk_provider_refs_title_id_titles foreign key (title_id) references public.titles(id) on delete cascade;
  alter table public.provider_refs add constraint fk_provider_refs_episode_id_episodes foreign key (episode_id) references public.episodes(id) on delete cascade;
  alter table public.provider_refs add constraint fk_provider_refs_asset_id_assets foreign key (asset_id) references public.assets(id) on delete cascade;
  alter table public.review_queue add constraint fk_review_queue_asset_id_assets foreign key (asset_id) references public.assets(id) on delete cascade;
  alter table public.seasons add constraint fk_seasons_title_id_titles foreign key (title_id) references public.titles(id) on delete cascade;
  alter table public.source_collections add constraint fk_source_collections_source_id_sources foreign key (source_id) references public.sources(id) on delete cascade;
end
$baseline$;
