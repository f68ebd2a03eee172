-- The tables as the specification gives them after the migration, written without Drizzle.
create table videos (
  id uuid primary key,
  camera_pin_id uuid not null constraint videos_camera_pin_id_fkey references camera_pins (id) on delete cascade,
  file_path varchar(500) not null,
  original_filename varchar(255) not null,
  file_size_bytes bigint not null,
  duration_seconds integer,
  processed boolean not null,
  processing_status varchar(50) not null,
  upload_timestamp timestamp without time zone not null,
  created_at timestamp without time zone not null,
  mall_id uuid not null constraint fk_videos_mall_id references malls (id) on delete cascade,
  pin_id uuid not null constraint fk_videos_pin_id references camera_pins (id) on delete cascade,
  filename varchar(255) not null,
  original_path varchar(512),
  proxy_path varchar(512),
  checksum_sha256 varchar(64),
  width integer,
  height integer,
  fps numeric(5, 2),
  codec varchar(50),
  recorded_at timestamptz,
  operator_notes text,
  uploaded_by_user_id uuid constraint fk_videos_uploaded_by references users (id) on delete set null,
  upload_status varchar(20) not null default 'uploading',
  processing_job_id varchar(255),
  processing_error text,
  uploaded_at timestamptz not null,
  processing_started_at timestamptz,
  processing_completed_at timestamptz,
  updated_at timestamptz not null);
create index ix_videos_camera_pin_id on videos (camera_pin_id);
create index ix_videos_processing_status on videos (processing_status);
create index ix_videos_mall_id on videos (mall_id);
create index ix_videos_pin_id on videos (pin_id);
create index ix_videos_checksum on videos (checksum_sha256);
create index ix_videos_uploaded_at on videos (uploaded_at desc);
create index ix_videos_recorded_at on videos (recorded_at desc);
create index ix_videos_upload_status on videos (upload_status);
create unique index ix_videos_unique_checksum_pin on videos (checksum_sha256, pin_id) where checksum_sha256 is not null;

create table processing_jobs (
  id uuid primary key default gen_random_uuid(),
  video_id uuid not null constraint processing_jobs_video_id_fkey references videos (id) on delete cascade,
  job_type varchar(50) not null,
  status varchar(20) not null default 'pending',
  celery_task_id varchar(255),
  worker_hostname varchar(255),
  result_data jsonb,
  error_message text,
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  completed_at timestamptz);
create index ix_jobs_video_id on processing_jobs (video_id);
create index ix_jobs_status on processing_jobs (status);
create index ix_jobs_celery_task_id on processing_jobs (celery_task_id);
create index ix_jobs_queued_at on processing_jobs (queued_at desc);
