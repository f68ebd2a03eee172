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
      ('detection_status', array['PENDING', 'VALIDATING', 'VALIDATED', 'REJECTED', 'CONFIRMED', 'ARCHIVED']),
      ('detection_type', array['SUPERNOVA', 'VARIABLE', 'TRANSIENT', 'UNKNOWN', 'ARTIFACT']),
      ('model_run_status', array['PENDING', 'RUNNING', 'COMPLETED', 'FAILED']),
      ('model_type', array['UNET', 'ANOMALY_DETECTOR', 'CLASSIFIER', 'SEGMENTATION'])) as declared(name, labels)
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
CREATE TABLE "models" (
	"id" uuid PRIMARY KEY,
	"name" varchar(100) NOT NULL,
	"version" varchar(50) NOT NULL,
	"model_type" "model_type" NOT NULL,
	"architecture" jsonb,
	"hyperparameters" jsonb,
	"training_dataset" varchar(200),
	"training_metrics" jsonb,
	"precision" numeric(5,4),
	"recall" numeric(5,4),
	"f1_score" numeric(5,4),
	"accuracy" numeric(5,4),
	"is_active" boolean NOT NULL,
	"deployment_date" timestamp with time zone,
	"model_path" varchar(500),
	"mlflow_run_id" varchar(100),
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "model_runs" (
	"id" uuid PRIMARY KEY,
	"model_id" uuid NOT NULL,
	"observation_id" uuid,
	"input_image_path" varchar(500),
	"output_mask_path" varchar(500),
	"confidence_map_path" varchar(500),
	"inference_time_ms" integer,
	"memory_usage_mb" integer,
	"total_predictions" integer,
	"high_confidence_predictions" integer,
	"status" "model_run_status" NOT NULL,
	"started_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	"error_message" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "detections" (
	"id" uuid PRIMARY KEY,
	"model_run_id" uuid NOT NULL,
	"observation_id" uuid NOT NULL,
	"ra" numeric(10,7) NOT NULL,
	"dec" numeric(10,7) NOT NULL,
	"pixel_x" integer NOT NULL,
	"pixel_y" integer NOT NULL,
	"confidence_score" numeric(5,4) NOT NULL,
	"detection_type" "detection_type" NOT NULL,
	"model_version" varchar(50) NOT NULL,
	"inference_time_ms" integer,
	"prediction_metadata" jsonb,
	"status" "detection_status" NOT NULL,
	"is_validated" boolean NOT NULL,
	"validation_confidence" numeric(5,4),
	"human_label" varchar(50),
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "detections_confidence_score_check" CHECK ("confidence_score" >= 0 and "confidence_score" <= 1)
);
--> statement-breakpoint
CREATE UNIQUE INDEX "idx_models_name_version" ON "models" ("name","version");--> statement-breakpoint
CREATE INDEX "idx_models_model_type" ON "models" ("model_type");--> statement-breakpoint
CREATE INDEX "idx_models_is_active" ON "models" ("is_active");--> statement-breakpoint
CREATE INDEX "idx_detections_ra_dec" ON "detections" ("ra","dec");--> statement-breakpoint
CREATE INDEX "idx_detections_confidence_score" ON "detections" ("confidence_score");--> statement-breakpoint
CREATE INDEX "idx_detections_status" ON "detections" ("status");--> statement-breakpoint
CREATE INDEX "idx_detections_detection_type" ON "detections" ("detection_type");--> statement-breakpoint
CREATE INDEX "idx_detections_observation_id" ON "detections" ("observation_id");--> statement-breakpoint
ALTER TABLE "model_runs" ADD CONSTRAINT "model_runs_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "models"("id");--> statement-breakpoint
ALTER TABLE "model_runs" ADD CONSTRAINT "model_runs_observation_id_fkey" FOREIGN KEY ("observation_id") REFERENCES "observations"("id");--> statement-breakpoint
ALTER TABLE "detections" ADD CONSTRAINT "detections_model_run_id_fkey" FOREIGN KEY ("model_run_id") REFERENCES "model_runs"("id");--> statement-breakpoint
ALTER TABLE "detections" ADD CONSTRAINT "detections_observation_id_fkey" FOREIGN KEY ("observation_id") REFERENCES "observations"("id");
--> statement-breakpoint
comment on table public.models is 'Versions of the models';
comment on table public.model_runs is 'Inferences of a model';
comment on table public.detections is 'Anomalies that a model has found';
