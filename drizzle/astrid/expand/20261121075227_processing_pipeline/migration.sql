-- A type of this name may be left over: the application's own downgrade forgets one. Where it is the same it is used, and a
-- rollback leaves it; what is made here is noted, so that a rollback drops it.
do $types$
declare
  own constant text := 'astrid';
  wanted record;
  found text[];
begin
  for wanted in
    select *
    from (values
      ('candidate_status', array['PENDING', 'PROCESSING', 'DETECTED', 'REJECTED', 'DUPLICATE']),
      ('difference_run_status', array['PENDING', 'RUNNING', 'COMPLETED', 'FAILED']),
      ('processing_job_status', array['PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED'])) as declared(name, labels)
  loop
    if to_regtype('public.' || wanted.name) is null then
      execute format('create type public.%I as enum (%s)', wanted.name,
        (select string_agg(quote_literal(label), ', ' order by n) from unnest(wanted.labels) with ordinality as u(label, n)));
      insert into sluice.definition (system, place, kind, name, statement)
      select own, coalesce(least(min(place), -1000), -1000) - 1, 'type', 'public.' || wanted.name,
        format('drop type public.%I', wanted.name)
      from sluice.definition
      where system = own;
      continue;
    end if;

    select array_agg(enumlabel::text order by enumsortorder) into found
    from pg_enum
    where enumtypid = to_regtype('public.' || wanted.name);
    if found is distinct from wanted.labels then
      raise exception 'type public.% exists with other labels (%). Next: rename or drop it, then start the same command again',
        wanted.name, array_to_string(found, ', ') using errcode = 'SLUIC';
    end if;
  end loop;
end
$types$;
--> statement-breakpoint
CREATE TABLE "preprocess_runs" (
	"id" uuid PRIMARY KEY,
	"observation_id" uuid NOT NULL,
	"status" varchar(50) NOT NULL,
	"calibration_applied" boolean NOT NULL,
	"wcs_aligned" boolean NOT NULL,
	"registration_quality" numeric(5,3),
	"processed_fits_path" varchar(500),
	"wcs_info" jsonb,
	"started_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	"processing_time_seconds" integer,
	"error_message" text,
	"retry_count" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "difference_runs" (
	"id" uuid PRIMARY KEY,
	"observation_id" uuid NOT NULL,
	"reference_observation_id" uuid,
	"status" "difference_run_status" NOT NULL,
	"algorithm" varchar(50) NOT NULL,
	"parameters" jsonb,
	"difference_image_path" varchar(500),
	"significance_map_path" varchar(500),
	"noise_level" numeric(10,6),
	"detection_threshold" numeric(10,6),
	"candidates_found" integer NOT NULL,
	"started_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	"processing_time_seconds" integer,
	"error_message" text,
	"retry_count" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "candidates" (
	"id" uuid PRIMARY KEY,
	"difference_run_id" uuid NOT NULL,
	"observation_id" uuid NOT NULL,
	"ra" numeric(10,7) NOT NULL,
	"dec" numeric(10,7) NOT NULL,
	"pixel_x" integer NOT NULL,
	"pixel_y" integer NOT NULL,
	"flux" numeric(15,6),
	"flux_error" numeric(15,6),
	"significance" numeric(10,3),
	"snr" numeric(8,3),
	"fwhm" numeric(8,3),
	"ellipticity" numeric(5,3),
	"position_angle" numeric(6,2),
	"is_saturated" boolean NOT NULL,
	"is_blended" boolean NOT NULL,
	"is_edge" boolean NOT NULL,
	"status" "candidate_status" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "processing_jobs" (
	"id" uuid PRIMARY KEY,
	"job_type" varchar(50) NOT NULL,
	"entity_id" uuid NOT NULL,
	"entity_type" varchar(50) NOT NULL,
	"status" "processing_job_status" NOT NULL,
	"priority" integer NOT NULL,
	"workflow_id" varchar(100),
	"task_id" varchar(100),
	"retry_count" integer NOT NULL,
	"max_retries" integer NOT NULL,
	"scheduled_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	"error_message" text,
	"error_details" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "preprocess_runs" ADD CONSTRAINT "preprocess_runs_observation_id_fkey" FOREIGN KEY ("observation_id") REFERENCES "observations"("id");--> statement-breakpoint
ALTER TABLE "difference_runs" ADD CONSTRAINT "difference_runs_observation_id_fkey" FOREIGN KEY ("observation_id") REFERENCES "observations"("id");--> statement-breakpoint
ALTER TABLE "difference_runs" ADD CONSTRAINT "difference_runs_reference_observation_id_fkey" FOREIGN KEY ("reference_observation_id") REFERENCES "observations"("id");--> statement-breakpoint
ALTER TABLE "candidates" ADD CONSTRAINT "candidates_difference_run_id_fkey" FOREIGN KEY ("difference_run_id") REFERENCES "difference_runs"("id");--> statement-breakpoint
ALTER TABLE "candidates" ADD CONSTRAINT "candidates_observation_id_fkey" FOREIGN KEY ("observation_id") REFERENCES "observations"("id");
--> statement-breakpoint
comment on table public.preprocess_runs is 'Runs that calibrate and align an observation';
comment on column public.preprocess_runs.status is 'pending, running, completed or failed, in lower case; not checked';
comment on table public.difference_runs is 'Runs that subtract a reference from an observation';
comment on table public.candidates is 'Potential transients that differencing has found';
comment on table public.processing_jobs is 'Jobs of the workflow';
comment on column public.processing_jobs.entity_id is 'Row of the table that entity_type names; no reference can hold it';
