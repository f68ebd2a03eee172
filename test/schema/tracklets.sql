-- The definition that revision c7115132462a means, as far as it is told, and what the prose demands of it; associations but for
-- the two references, which are null where a tracklet could not be taken over.
drop table associations;
drop table tracklets;

create table tracklets (
  id uuid constraint tracklets_pkey primary key,
  mall_id uuid not null constraint tracklets_mall_id_fkey references malls on delete cascade,
  pin_id uuid not null constraint tracklets_pin_id_fkey references camera_pins on delete cascade,
  video_id uuid not null constraint tracklets_video_id_fkey references videos on delete cascade,
  track_id integer not null constraint tracklets_track_id_check check (track_id >= 0),
  t_in timestamptz not null,
  t_out timestamptz not null,
  duration_seconds numeric(20, 6),
  outfit_vec bytea not null constraint tracklets_outfit_vec_check check (octet_length(outfit_vec) % 8 = 0),
  outfit_json jsonb not null,
  physique jsonb not null,
  box_stats jsonb not null,
  quality numeric(5, 4) not null constraint tracklets_quality_check check (quality between 0 and 1),
  created_at timestamptz not null default now(),
  constraint tracklets_t_out_check check (t_in <= t_out)
);
create index ix_tracklet_pin_time on tracklets (pin_id, t_in, t_out);
create index ix_tracklets_mall_id on tracklets (mall_id);
create index ix_tracklets_pin_id on tracklets (pin_id);
create index ix_tracklets_video_id on tracklets (video_id);

create table associations (
  id uuid constraint associations_pkey primary key,
  mall_id uuid not null constraint associations_mall_id_fkey references malls on delete cascade,
  from_tracklet_id uuid constraint associations_from_tracklet_id_fkey references tracklets on delete cascade,
  to_tracklet_id uuid constraint associations_to_tracklet_id_fkey references tracklets on delete cascade,
  score double precision not null,
  decision varchar(20) not null,
  scores jsonb not null,
  components jsonb not null,
  candidate_count integer not null,
  created_at timestamp not null
);
create index ix_associations_mall_id on associations (mall_id);
create index ix_associations_from_tracklet_id on associations (from_tracklet_id);
create index ix_associations_to_tracklet_id on associations (to_tracklet_id);
