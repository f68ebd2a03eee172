create schema if not exists "sluice";
--> statement-breakpoint
CREATE TABLE "sluice"."complement" (
	"system" text,
	"relation" text,
	"key" text,
	"ordinal" integer DEFAULT 1,
	"family" text NOT NULL,
	"kind" text NOT NULL,
	"kept" jsonb NOT NULL,
	CONSTRAINT "complement_pkey" PRIMARY KEY("system","relation","key","ordinal"),
	CONSTRAINT "complement_kind_check" CHECK ("kind" in ('part', 'whole', 'absent'))
);
--> statement-breakpoint
CREATE TABLE "sluice"."migration" (
	"system" text PRIMARY KEY,
	"phase" text NOT NULL,
	"shape" jsonb,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "migration_phase_check" CHECK ("phase" in ('legacy', 'expanded', 'syncing', 'verified', 'contracted'))
);
--> statement-breakpoint
CREATE TABLE "sluice"."proof" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sluice"."proof_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"system" text NOT NULL,
	"identical" boolean NOT NULL,
	"differences" bigint NOT NULL,
	"tables" jsonb NOT NULL,
	"seconds" double precision NOT NULL,
	"proven_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sluice"."quarantine" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sluice"."quarantine_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"system" text NOT NULL,
	"relation" text NOT NULL,
	"key" text NOT NULL,
	"family" text NOT NULL,
	"scope" text NOT NULL,
	"constraint_name" text NOT NULL,
	"sqlstate" text NOT NULL,
	"reason" text NOT NULL,
	"held" jsonb DEFAULT '{}' NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "quarantine_system_relation_key_constraint_name_key" UNIQUE("system","relation","key","constraint_name"),
	CONSTRAINT "quarantine_scope_check" CHECK ("scope" in ('family', 'row', 'value')),
	CONSTRAINT "quarantine_sqlstate_check" CHECK (length("sqlstate") = 5)
);
--> statement-breakpoint
CREATE TABLE "sluice"."shard" (
	"system" text,
	"number" integer,
	"lower_bound" text,
	"upper_bound" text,
	"position" text,
	"families" bigint DEFAULT 0 NOT NULL,
	"rows" bigint DEFAULT 0 NOT NULL,
	"finished" boolean DEFAULT false NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "shard_pkey" PRIMARY KEY("system","number")
);
--> statement-breakpoint
CREATE TABLE "atp"."downloads" (
	"hash" char(40) PRIMARY KEY,
	"original_title" text NOT NULL,
	"original_path" text,
	"original_link" text,
	"rss_source" "atp"."rss_source",
	"uploader" varchar(25),
	"pipeline_status" "atp"."pipeline_status" DEFAULT 'ingested'::"atp"."pipeline_status" NOT NULL,
	"error_status" boolean DEFAULT false NOT NULL,
	"error_condition" text,
	"rejection_status" "atp"."rejection_status" DEFAULT 'unfiltered'::"atp"."rejection_status" NOT NULL,
	"rejection_reason" text,
	"resolution" varchar(10),
	"video_codec" varchar(10),
	"audio_codec" varchar(10),
	"upload_type" varchar(10),
	"imdb_id" varchar(10),
	"created_at" timestamp with time zone DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC'::text) NOT NULL,
	"updated_at" timestamp with time zone DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC'::text) NOT NULL,
	CONSTRAINT "downloads_hash_check" CHECK ("hash" ~ '^[a-f0-9]+$' and length("hash") = 40)
);
--> statement-breakpoint
CREATE TABLE "atp"."files" (
	"hash" char(40) PRIMARY KEY,
	"parent_path" text,
	"target_path" text,
	"resolution" varchar(10),
	"video_codec" varchar(10),
	"audio_codec" varchar(10),
	"upload_type" varchar(10),
	"imdb_id" varchar(10),
	"created_at" timestamp with time zone DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC'::text) NOT NULL,
	"updated_at" timestamp with time zone DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC'::text) NOT NULL,
	CONSTRAINT "files_hash_check" CHECK ("hash" ~ '^[a-f0-9]+$' and length("hash") = 40)
);
--> statement-breakpoint
CREATE TABLE "atp"."media_metadata" (
	"imdb_id" varchar(10) PRIMARY KEY,
	"tmdb_id" integer CONSTRAINT "media_metadata_tmdb_id_key" UNIQUE,
	"media_type" "atp"."media_type" NOT NULL,
	"media_title" varchar(255) NOT NULL,
	"original_media_title" varchar(255),
	"season" smallint,
	"episode" smallint,
	"release_year" smallint NOT NULL,
	"runtime" integer,
	"budget" bigint,
	"revenue" bigint,
	"production_companies" varchar(255)[],
	"production_countries" char(2)[],
	"production_status" varchar(25),
	"origin_country" char(2)[],
	"original_language" char(2),
	"spoken_languages" char(2)[],
	"genre" varchar(20)[],
	"overview" text,
	"tagline" varchar(255),
	"tmdb_rating" numeric(5,3),
	"tmdb_votes" integer,
	"imdb_rating" numeric(4,1),
	"imdb_votes" integer,
	"rt_score" integer,
	"metascore" integer,
	"label" "atp"."label_type",
	"human_labeled" boolean DEFAULT false NOT NULL,
	"confirmed" boolean DEFAULT false NOT NULL,
	"anomalous" boolean DEFAULT false NOT NULL,
	"reviewed" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC'::text) NOT NULL,
	"updated_at" timestamp with time zone DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC'::text) NOT NULL,
	CONSTRAINT "media_metadata_imdb_id_check" CHECK ("imdb_id" ~ '^tt[0-9]{7,8}$'),
	CONSTRAINT "media_metadata_tmdb_id_check" CHECK ("tmdb_id" > 0),
	CONSTRAINT "media_metadata_release_year_check" CHECK ("release_year" between 1850 and 2100),
	CONSTRAINT "media_metadata_budget_check" CHECK ("budget" >= 0),
	CONSTRAINT "media_metadata_revenue_check" CHECK ("revenue" >= 0),
	CONSTRAINT "media_metadata_runtime_check" CHECK ("runtime" >= 0),
	CONSTRAINT "media_metadata_tmdb_rating_check" CHECK ("tmdb_rating" between 0 and 10),
	CONSTRAINT "media_metadata_tmdb_votes_check" CHECK ("tmdb_votes" >= 0),
	CONSTRAINT "media_metadata_rt_score_check" CHECK ("rt_score" is null or ("rt_score" between 0 and 100)),
	CONSTRAINT "media_metadata_metascore_check" CHECK ("metascore" is null or ("metascore" between 0 and 100)),
	CONSTRAINT "media_metadata_imdb_rating_check" CHECK ("imdb_rating" is null or ("imdb_rating" between 0 and 100)),
	CONSTRAINT "media_metadata_imdb_votes_check" CHECK ("imdb_votes" >= 0)
);
--> statement-breakpoint
CREATE TABLE "atp"."media_metrics" (
	"imdb_id" varchar(10) PRIMARY KEY,
	"prediction" smallint,
	"probability" numeric,
	"cm_value" char(2),
	"created_at" timestamp with time zone DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC'::text) NOT NULL,
	CONSTRAINT "media_metrics_prediction_check" CHECK ("prediction" in (0, 1)),
	CONSTRAINT "media_metrics_probability_check" CHECK ("probability" between 0 and 1)
);
--> statement-breakpoint
CREATE INDEX "idx_complement_system_family" ON "sluice"."complement" ("system","family");--> statement-breakpoint
CREATE INDEX "idx_quarantine_system_family" ON "sluice"."quarantine" ("system","family");--> statement-breakpoint
CREATE INDEX "idx_downloads_pipeline_status" ON "atp"."downloads" ("pipeline_status");--> statement-breakpoint
CREATE INDEX "idx_downloads_imdb_id" ON "atp"."downloads" ("imdb_id");--> statement-breakpoint
CREATE INDEX "idx_downloads_created_at" ON "atp"."downloads" ("created_at");--> statement-breakpoint
CREATE INDEX "idx_files_imdb_id" ON "atp"."files" ("imdb_id");--> statement-breakpoint
CREATE INDEX "idx_files_created_at" ON "atp"."files" ("created_at");--> statement-breakpoint
CREATE INDEX "idx_media_metadata_tmdb_id" ON "atp"."media_metadata" ("tmdb_id");--> statement-breakpoint
CREATE INDEX "idx_media_metadata_media_type" ON "atp"."media_metadata" ("media_type");--> statement-breakpoint
CREATE INDEX "idx_media_metadata_release_year" ON "atp"."media_metadata" ("release_year");--> statement-breakpoint
CREATE INDEX "idx_media_metadata_label" ON "atp"."media_metadata" ("label");--> statement-breakpoint
CREATE INDEX "idx_media_metrics_created_at" ON "atp"."media_metrics" ("created_at");--> statement-breakpoint
ALTER TABLE "atp"."downloads" ADD CONSTRAINT "downloads_imdb_id_fkey" FOREIGN KEY ("imdb_id") REFERENCES "atp"."media_metadata"("imdb_id");--> statement-breakpoint
ALTER TABLE "atp"."files" ADD CONSTRAINT "files_imdb_id_fkey" FOREIGN KEY ("imdb_id") REFERENCES "atp"."media_metadata"("imdb_id");--> statement-breakpoint
ALTER TABLE "atp"."media_metrics" ADD CONSTRAINT "media_metrics_imdb_id_fkey" FOREIGN KEY ("imdb_id") REFERENCES "atp"."media_metadata"("imdb_id");