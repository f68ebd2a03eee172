-- The thirteen tables as the specification gives them, written without Drizzle: checks and keys get the server's own names.
create type processing_job_status as enum ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED');
create type difference_run_status as enum ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED');
create type candidate_status as enum ('PENDING', 'PROCESSING', 'DETECTED', 'REJECTED', 'DUPLICATE');
create type model_type as enum ('UNET', 'ANOMALY_DETECTOR', 'CLASSIFIER', 'SEGMENTATION');
create type model_run_status as enum ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED');
create type detection_type as enum ('SUPERNOVA', 'VARIABLE', 'TRANSIENT', 'UNKNOWN', 'ARTIFACT');
create type detection_status as enum ('PENDING', 'VALIDATING', 'VALIDATED', 'REJECTED', 'CONFIRMED', 'ARCHIVED');
create type confidence_level as enum ('LOW', 'MEDIUM', 'HIGH', 'EXPERT');
create type image_quality as enum ('EXCELLENT', 'GOOD', 'FAIR', 'POOR');
create type detection_quality as enum ('EXCELLENT', 'GOOD', 'FAIR', 'POOR');
create type alert_priority as enum ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL');
create type alert_status as enum ('PENDING', 'SENT', 'DELIVERED', 'FAILED', 'CANCELLED');

create table surveys (
  id uuid primary key,
  name varchar(100) not null unique,
  description text,
  base_url varchar(500),
  api_endpoint varchar(500),
  is_active boolean not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());

create table observations (
  id uuid primary key,
  survey_id uuid not null references surveys,
  observation_id varchar(255) not null,
  ra numeric(10,7) not null check (ra >= 0 and ra <= 360),
  "dec" numeric(10,7) not null check ("dec" >= -90 and "dec" <= 90),
  observation_time timestamptz not null,
  filter_band varchar(50) not null,
  exposure_time numeric(10,3) not null check (exposure_time > 0),
  fits_url varchar(1000) not null,
  pixel_scale numeric(8,4),
  image_width integer,
  image_height integer,
  airmass numeric(5,2) check (airmass > 0),
  seeing numeric(6,3) check (seeing > 0),
  status varchar(50) not null,
  fits_file_path varchar(500),
  thumbnail_path varchar(500),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());
create index idx_observations_survey_id on observations (survey_id);
create index idx_observations_observation_time on observations (observation_time);
create index idx_observations_status on observations (status);
create index idx_observations_ra_dec on observations (ra, "dec");

create table system_config (
  id uuid primary key,
  key varchar(100) not null unique,
  value jsonb not null,
  description text,
  is_active boolean not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());

create table processing_jobs (
  id uuid primary key,
  job_type varchar(50) not null,
  entity_id uuid not null,
  entity_type varchar(50) not null,
  status processing_job_status not null,
  priority integer not null,
  workflow_id varchar(100),
  task_id varchar(100),
  retry_count integer not null,
  max_retries integer not null,
  scheduled_at timestamptz,
  started_at timestamptz,
  completed_at timestamptz,
  error_message text,
  error_details jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());

create table audit_log (
  id uuid primary key,
  entity_type varchar(50) not null,
  entity_id uuid not null,
  action varchar(50) not null,
  user_id varchar(100),
  old_values jsonb,
  new_values jsonb,
  change_summary text,
  ip_address varchar(45),
  user_agent text,
  created_at timestamptz not null default now());

create table preprocess_runs (
  id uuid primary key,
  observation_id uuid not null references observations,
  status varchar(50) not null,
  calibration_applied boolean not null,
  wcs_aligned boolean not null,
  registration_quality numeric(5,3),
  processed_fits_path varchar(500),
  wcs_info jsonb,
  started_at timestamptz,
  completed_at timestamptz,
  processing_time_seconds integer,
  error_message text,
  retry_count integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());

create table difference_runs (
  id uuid primary key,
  observation_id uuid not null references observations,
  reference_observation_id uuid references observations,
  status difference_run_status not null,
  algorithm varchar(50) not null,
  parameters jsonb,
  difference_image_path varchar(500),
  significance_map_path varchar(500),
  noise_level numeric(10,6),
  detection_threshold numeric(10,6),
  candidates_found integer not null,
  started_at timestamptz,
  completed_at timestamptz,
  processing_time_seconds integer,
  error_message text,
  retry_count integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());

create table candidates (
  id uuid primary key,
  difference_run_id uuid not null references difference_runs,
  observation_id uuid not null references observations,
  ra numeric(10,7) not null,
  "dec" numeric(10,7) not null,
  pixel_x integer not null,
  pixel_y integer not null,
  flux numeric(15,6),
  flux_error numeric(15,6),
  significance numeric(10,3),
  snr numeric(8,3),
  fwhm numeric(8,3),
  ellipticity numeric(5,3),
  position_angle numeric(6,2),
  is_saturated boolean not null,
  is_blended boolean not null,
  is_edge boolean not null,
  status candidate_status not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());

create table models (
  id uuid primary key,
  name varchar(100) not null,
  version varchar(50) not null,
  model_type model_type not null,
  architecture jsonb,
  hyperparameters jsonb,
  training_dataset varchar(200),
  training_metrics jsonb,
  "precision" numeric(5,4),
  recall numeric(5,4),
  f1_score numeric(5,4),
  accuracy numeric(5,4),
  is_active boolean not null,
  deployment_date timestamptz,
  model_path varchar(500),
  mlflow_run_id varchar(100),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());
create unique index idx_models_name_version on models (name, version);
create index idx_models_model_type on models (model_type);
create index idx_models_is_active on models (is_active);

create table model_runs (
  id uuid primary key,
  model_id uuid not null references models,
  observation_id uuid references observations,
  input_image_path varchar(500),
  output_mask_path varchar(500),
  confidence_map_path varchar(500),
  inference_time_ms integer,
  memory_usage_mb integer,
  total_predictions integer,
  high_confidence_predictions integer,
  status model_run_status not null,
  started_at timestamptz,
  completed_at timestamptz,
  error_message text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());

create table detections (
  id uuid primary key,
  model_run_id uuid not null references model_runs,
  observation_id uuid not null references observations,
  ra numeric(10,7) not null,
  "dec" numeric(10,7) not null,
  pixel_x integer not null,
  pixel_y integer not null,
  confidence_score numeric(5,4) not null check (confidence_score >= 0 and confidence_score <= 1),
  detection_type detection_type not null,
  model_version varchar(50) not null,
  inference_time_ms integer,
  prediction_metadata jsonb,
  status detection_status not null,
  is_validated boolean not null,
  validation_confidence numeric(5,4),
  human_label varchar(50),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());
create index idx_detections_ra_dec on detections (ra, "dec");
create index idx_detections_confidence_score on detections (confidence_score);
create index idx_detections_status on detections (status);
create index idx_detections_detection_type on detections (detection_type);
create index idx_detections_observation_id on detections (observation_id);

create table validation_events (
  id uuid primary key,
  detection_id uuid not null references detections,
  validator_id varchar(100) not null,
  is_valid boolean not null,
  label varchar(50),
  confidence_level confidence_level,
  notes text,
  tags jsonb,
  image_quality image_quality,
  detection_quality detection_quality,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());

create table alerts (
  id uuid primary key,
  detection_id uuid not null references detections,
  alert_type varchar(50) not null,
  priority alert_priority not null,
  title varchar(200) not null,
  message text not null,
  alert_metadata jsonb,
  status alert_status not null,
  sent_at timestamptz,
  delivery_attempts integer not null,
  error_message text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());
