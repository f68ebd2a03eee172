CREATE TABLE "surveys" (
	"id" uuid PRIMARY KEY,
	"name" varchar(100) NOT NULL CONSTRAINT "surveys_name_key" UNIQUE,
	"description" text,
	"base_url" varchar(500),
	"api_endpoint" varchar(500),
	"is_active" boolean NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "observations" (
	"id" uuid PRIMARY KEY,
	"survey_id" uuid NOT NULL,
	"observation_id" varchar(255) NOT NULL,
	"ra" numeric(10,7) NOT NULL,
	"dec" numeric(10,7) NOT NULL,
	"observation_time" timestamp with time zone NOT NULL,
	"filter_band" varchar(50) NOT NULL,
	"exposure_time" numeric(10,3) NOT NULL,
	"fits_url" varchar(1000) NOT NULL,
	"pixel_scale" numeric(8,4),
	"image_width" integer,
	"image_height" integer,
	"airmass" numeric(5,2),
	"seeing" numeric(6,3),
	"status" varchar(50) NOT NULL,
	"fits_file_path" varchar(500),
	"thumbnail_path" varchar(500),
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "observations_ra_check" CHECK ("ra" >= 0 and "ra" <= 360),
	CONSTRAINT "observations_dec_check" CHECK ("dec" >= -90 and "dec" <= 90),
	CONSTRAINT "observations_exposure_time_check" CHECK ("exposure_time" > 0),
	CONSTRAINT "observations_airmass_check" CHECK ("airmass" > 0),
	CONSTRAINT "observations_seeing_check" CHECK ("seeing" > 0)
);
--> statement-breakpoint
CREATE TABLE "system_config" (
	"id" uuid PRIMARY KEY,
	"key" varchar(100) NOT NULL CONSTRAINT "system_config_key_key" UNIQUE,
	"value" jsonb NOT NULL,
	"description" text,
	"is_active" boolean NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "idx_observations_survey_id" ON "observations" ("survey_id");--> statement-breakpoint
CREATE INDEX "idx_observations_observation_time" ON "observations" ("observation_time");--> statement-breakpoint
CREATE INDEX "idx_observations_status" ON "observations" ("status");--> statement-breakpoint
CREATE INDEX "idx_observations_ra_dec" ON "observations" ("ra","dec");--> statement-breakpoint
ALTER TABLE "observations" ADD CONSTRAINT "observations_survey_id_fkey" FOREIGN KEY ("survey_id") REFERENCES "surveys"("id");
--> statement-breakpoint
comment on table public.surveys is 'Surveys of the sky';
comment on table public.observations is 'Exposures of a survey';
comment on column public.observations.observation_id is 'The survey''s own name of the exposure: a text, and not a reference';
comment on column public.observations.status is 'ingested, preprocessing, preprocessed, differencing, differenced, failed or archived; not checked';
comment on column public.observations.ra is 'Right ascension in degrees, 0 to 360';
comment on column public.observations.dec is 'Declination in degrees, -90 to 90';
comment on table public.system_config is 'Settings of the system and of its surveys';
comment on column public.system_config.key is 'Name of the setting; those of a survey begin with survey_config: and its name in lower case';
