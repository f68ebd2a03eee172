-- What the step after phase 2.1 adds to the tables of video.sql, as the specification gives it, written without Drizzle.
alter table videos
  add column cv_processed boolean not null default false,
  add column tracklet_count integer not null default 0,
  add column cv_job_id uuid constraint fk_videos_cv_job_id references processing_jobs (id) on delete set null;
