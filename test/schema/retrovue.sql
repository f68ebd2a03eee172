-- The eleven tables as the document's DDL gives them, written without Drizzle: keys get the server's own names. Times keep the
-- NOT NULL that the real database has, and the ten indexes of the prose are there.
create table titles (
  id uuid primary key default gen_random_uuid(),
  kind varchar(50) not null,
  name varchar(255) not null,
  year integer,
  external_ids jsonb,
  created_at timestamp with time zone not null default now());

create table seasons (
  id uuid primary key default gen_random_uuid(),
  title_id uuid not null references titles(id) on delete cascade,
  number integer not null,
  created_at timestamp with time zone not null default now());

create table episodes (
  id uuid primary key default gen_random_uuid(),
  title_id uuid not null references titles(id) on delete cascade,
  season_id uuid references seasons(id) on delete cascade,
  number integer,
  name varchar(255),
  external_ids jsonb,
  created_at timestamp with time zone not null default now());

create table assets (
  id uuid primary key default gen_random_uuid(),
  uri text not null unique,
  size bigint not null,
  duration_ms integer,
  video_codec varchar(50),
  audio_codec varchar(50),
  container varchar(50),
  hash_sha256 varchar(64),
  discovered_at timestamp with time zone not null default now(),
  canonical boolean default false not null);
create index ix_assets_canonical on assets (canonical);
create index ix_assets_discovered_at on assets (discovered_at);

create table episode_assets (
  episode_id uuid not null references episodes(id) on delete cascade,
  asset_id uuid not null references assets(id) on delete cascade,
  primary key (episode_id, asset_id));

create table provider_refs (
  id uuid primary key default gen_random_uuid(),
  entity_type varchar(50) not null,
  entity_id uuid not null,
  provider varchar(50) not null,
  provider_key text not null,
  raw jsonb,
  title_id uuid references titles(id) on delete cascade,
  episode_id uuid references episodes(id) on delete cascade,
  asset_id uuid references assets(id) on delete cascade);

create table markers (
  id uuid primary key default gen_random_uuid(),
  asset_id uuid not null references assets(id) on delete cascade,
  kind varchar(50) not null,
  start_ms integer not null,
  end_ms integer not null,
  payload jsonb);
create index ix_markers_asset_id on markers (asset_id);
create index ix_markers_kind on markers (kind);

create table review_queue (
  id uuid primary key default gen_random_uuid(),
  asset_id uuid not null references assets(id) on delete cascade,
  reason text not null,
  confidence float not null,
  status varchar(50) default 'pending' not null,
  created_at timestamp with time zone not null default now(),
  resolved_at timestamp with time zone);
create index ix_review_queue_asset_id on review_queue (asset_id);
create index ix_review_queue_status on review_queue (status);
create index ix_review_queue_created_at on review_queue (created_at);

create table sources (
  id uuid primary key default gen_random_uuid(),
  external_id varchar(255) not null unique,
  name varchar(255) not null,
  kind varchar(50) not null,
  config jsonb,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now());

create table source_collections (
  id uuid primary key default gen_random_uuid(),
  source_id uuid not null references sources(id) on delete cascade,
  external_id varchar(255) not null,
  name varchar(255) not null,
  enabled boolean default false not null,
  config jsonb,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  unique (source_id, external_id));
create index ix_source_collections_source_id on source_collections (source_id);
create index ix_source_collections_enabled on source_collections (enabled);

create table path_mappings (
  id uuid primary key default gen_random_uuid(),
  collection_id uuid not null references source_collections(id) on delete cascade,
  plex_path varchar(500) not null,
  local_path varchar(500) not null,
  created_at timestamp with time zone not null default now());
create index ix_path_mappings_collection_id on path_mappings (collection_id);
