-- The eleven tables as phase 2.1 leaves them, for databases that have none; drizzle-kit's snapshot beside this file describes them.
-- A live database keeps what it has: where public.videos exists, nothing happens here.
do $baseline$
begin
  if to_regclass('public.videos') is not null then
    return;
  end if;

  CREATE TYPE "public"."userrole" AS ENUM('MALL_OPERATOR', 'TENANT_MANAGER', 'TENANT_VIEWER');
  CREATE TABLE "public"."processing_jobs" (
    "id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "video_id" uuid NOT NULL,
    "job_type" varchar(50) NOT NULL,
    "status" varchar(20) DEFAULT 'pending' NOT NULL,
    "celery_task_id" varchar(255),
    "worker_hostname" varchar(255),
    "result_data" jsonb,
    "error_message" text,
    "queued_at" timestamp with time zone DEFAULT now() NOT NULL,
    "started_at" timestamp with time zone,
    "completed_at" timestamp with time zone
  );
  CREATE TABLE "public"."videos" (
    "id" uuid PRIMARY KEY,
    "camera_pin_id" uuid NOT NULL,
    "file_path" varchar(500) NOT NULL,
    "original_filename" varchar(255) NOT NULL,
    "file_size_bytes" bigint NOT NULL,
    "duration_seconds" integer,
    "processed" boolean NOT NULL,
    "processing_status" varchar(50) NOT NULL,
    "upload_timestamp" timestamp NOT NULL,
    "created_at" timestamp NOT NULL,
    "mall_id" uuid NOT NULL,
    "pin_id" uuid NOT NULL,
    "filename" varchar(255) NOT NULL,
    "original_path" varchar(512),
    "proxy_path" varchar(512),
    "checksum_sha256" varchar(64),
    "width" integer,
    "height" integer,
    "fps" numeric(5,2),
    "codec" varchar(50),
    "recorded_at" timestamp with time zone,
    "operator_notes" text,
    "uploaded_by_user_id" uuid,
    "upload_status" varchar(20) DEFAULT 'uploading' NOT NULL,
    "processing_job_id" varchar(255),
    "processing_error" text,
    "uploaded_at" timestamp with time zone NOT NULL,
    "processing_started_at" timestamp with time zone,
    "processing_completed_at" timestamp with time zone,
    "updated_at" timestamp with time zone NOT NULL
  );
  CREATE TABLE "public"."camera_pins" (
    "id" uuid PRIMARY KEY,
    "mall_id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "label" varchar(255) NOT NULL,
    "location_lat" double precision NOT NULL,
    "location_lng" double precision NOT NULL,
    "pin_type" varchar(20) NOT NULL,
    "adjacent_to" uuid[] DEFAULT '{}'::uuid[],
    "transit_times" jsonb,
    "store_id" uuid,
    "camera_fps" integer NOT NULL,
    "camera_note" text,
    "created_at" timestamp NOT NULL,
    "updated_at" timestamp NOT NULL
  );
  CREATE TABLE "public"."journeys" (
    "id" uuid PRIMARY KEY,
    "visitor_id" uuid NOT NULL,
    "mall_id" uuid NOT NULL,
    "journey_date" date NOT NULL,
    "entry_time" timestamp NOT NULL,
    "exit_time" timestamp,
    "total_duration_minutes" integer,
    "confidence" double precision NOT NULL,
    "path" jsonb NOT NULL,
    "entry_point" uuid NOT NULL,
    "exit_point" uuid,
    "created_at" timestamp NOT NULL
  );
  CREATE TABLE "public"."visitor_profiles" (
    "id" uuid PRIMARY KEY,
    "outfit_hash" varchar(64) NOT NULL,
    "detection_date" date NOT NULL,
    "outfit" jsonb NOT NULL,
    "first_seen" timestamp NOT NULL,
    "last_seen" timestamp NOT NULL
  );
  CREATE TABLE "public"."malls" (
    "id" uuid PRIMARY KEY,
    "name" varchar(255) NOT NULL,
    "geojson_map" jsonb,
    "created_at" timestamp NOT NULL,
    "updated_at" timestamp NOT NULL
  );
  CREATE TABLE "public"."stores" (
    "id" uuid PRIMARY KEY,
    "mall_id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "category" varchar(100),
    "polygon" jsonb,
    "tenant_id" uuid,
    "created_at" timestamp NOT NULL
  );
  CREATE TABLE "public"."tenants" (
    "id" uuid PRIMARY KEY,
    "mall_id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "contact_email" varchar(255),
    "status" varchar(20) NOT NULL,
    "created_at" timestamp NOT NULL
  );
  CREATE TABLE "public"."associations" (
    "id" uuid PRIMARY KEY,
    "mall_id" uuid NOT NULL,
    "from_tracklet_id" uuid NOT NULL,
    "to_tracklet_id" uuid NOT NULL,
    "score" double precision NOT NULL,
    "decision" varchar(20) NOT NULL,
    "scores" jsonb NOT NULL,
    "components" jsonb NOT NULL,
    "candidate_count" integer NOT NULL,
    "created_at" timestamp NOT NULL
  );
  CREATE TABLE "public"."tracklets" (
    "id" uuid PRIMARY KEY,
    "mall_id" uuid NOT NULL,
    "pin_id" uuid NOT NULL,
    "video_id" uuid NOT NULL,
    "track_id" integer NOT NULL,
    "t_in" timestamp NOT NULL,
    "t_out" timestamp NOT NULL,
    "outfit_vec" double precision[] NOT NULL,
    "outfit_json" jsonb NOT NULL,
    "physique" jsonb NOT NULL,
    "box_stats" jsonb NOT NULL,
    "quality" double precision NOT NULL
  );
  CREATE TABLE "public"."users" (
    "id" uuid PRIMARY KEY,
    "email" varchar(255) NOT NULL,
    "username" varchar(100) NOT NULL,
    "password_hash" varchar(255) NOT NULL,
    "role" "public"."userrole" NOT NULL,
    "is_active" boolean NOT NULL,
    "mall_id" uuid,
    "tenant_id" uuid,
    "created_at" timestamp NOT NULL,
    "last_login" timestamp
  );
  CREATE INDEX "ix_jobs_video_id" ON "public"."processing_jobs" ("video_id");
  CREATE INDEX "ix_jobs_status" ON "public"."processing_jobs" ("status");
  CREATE INDEX "ix_jobs_celery_task_id" ON "public"."processing_jobs" ("celery_task_id");
  CREATE INDEX "ix_jobs_queued_at" ON "public"."processing_jobs" ("queued_at" DESC);
  CREATE INDEX "ix_videos_camera_pin_id" ON "public"."videos" ("camera_pin_id");
  CREATE INDEX "ix_videos_processing_status" ON "public"."videos" ("processing_status");
  CREATE INDEX "ix_videos_mall_id" ON "public"."videos" ("mall_id");
  CREATE INDEX "ix_videos_pin_id" ON "public"."videos" ("pin_id");
  CREATE INDEX "ix_videos_checksum" ON "public"."videos" ("checksum_sha256");
  CREATE INDEX "ix_videos_uploaded_at" ON "public"."videos" ("uploaded_at" DESC);
  CREATE INDEX "ix_videos_recorded_at" ON "public"."videos" ("recorded_at" DESC);
  CREATE INDEX "ix_videos_upload_status" ON "public"."videos" ("upload_status");
  CREATE UNIQUE INDEX "ix_videos_unique_checksum_pin" ON "public"."videos" ("checksum_sha256","pin_id") WHERE checksum_sha256 is not null;
  CREATE INDEX "ix_camera_pins_mall_id" ON "public"."camera_pins" ("mall_id");
  CREATE INDEX "ix_camera_pins_store_id" ON "public"."camera_pins" ("store_id");
  CREATE INDEX "ix_journey_date_mall" ON "public"."journeys" ("journey_date","mall_id");
  CREATE INDEX "ix_journeys_entry_point" ON "public"."journeys" ("entry_point");
  CREATE INDEX "ix_journeys_exit_point" ON "public"."journeys" ("exit_point");
  CREATE INDEX "ix_journeys_journey_date" ON "public"."journeys" ("journey_date");
  CREATE INDEX "ix_journeys_mall_id" ON "public"."journeys" ("mall_id");
  CREATE INDEX "ix_journeys_visitor_id" ON "public"."journeys" ("visitor_id");
  CREATE INDEX "ix_visitor_profiles_outfit_hash" ON "public"."visitor_profiles" ("outfit_hash");
  CREATE INDEX "ix_visitor_profiles_detection_date" ON "public"."visitor_profiles" ("detection_date");
  CREATE INDEX "ix_visitor_profile_outfit_date" ON "public"."visitor_profiles" ("outfit_hash","detection_date");
  CREATE INDEX "ix_stores_mall_id" ON "public"."stores" ("mall_id");
  CREATE INDEX "ix_stores_tenant_id" ON "public"."stores" ("tenant_id");
  CREATE INDEX "ix_tenants_mall_id" ON "public"."tenants" ("mall_id");
  CREATE INDEX "ix_associations_mall_id" ON "public"."associations" ("mall_id");
  CREATE INDEX "ix_associations_from_tracklet_id" ON "public"."associations" ("from_tracklet_id");
  CREATE INDEX "ix_associations_to_tracklet_id" ON "public"."associations" ("to_tracklet_id");
  CREATE INDEX "ix_tracklet_pin_time" ON "public"."tracklets" ("pin_id","t_in","t_out");
  CREATE INDEX "ix_tracklets_mall_id" ON "public"."tracklets" ("mall_id");
  CREATE INDEX "ix_tracklets_pin_id" ON "public"."tracklets" ("pin_id");
  CREATE INDEX "ix_tracklets_video_id" ON "public"."tracklets" ("video_id");
  CREATE UNIQUE INDEX "ix_users_email" ON "public"."users" ("email");
  CREATE UNIQUE INDEX "ix_users_username" ON "public"."users" ("username");
  CREATE INDEX "ix_users_mall_id" ON "public"."users" ("mall_id");
  ALTER TABLE "public"."processing_jobs" ADD CONSTRAINT "processing_jobs_video_id_fkey" FOREIGN KEY ("video_id") REFERENCES "public"."videos"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."videos" ADD CONSTRAINT "videos_camera_pin_id_fkey" FOREIGN KEY ("camera_pin_id") REFERENCES "public"."camera_pins"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."videos" ADD CONSTRAINT "fk_videos_mall_id" FOREIGN KEY ("mall_id") REFERENCES "public"."malls"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."videos" ADD CONSTRAINT "fk_videos_pin_id" FOREIGN KEY ("pin_id") REFERENCES "public"."camera_pins"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."videos" ADD CONSTRAINT "fk_videos_uploaded_by" FOREIGN KEY ("uploaded_by_user_id") REFERENCES "public"."users"("id") ON DELETE SET NULL;
  ALTER TABLE "public"."camera_pins" ADD CONSTRAINT "camera_pins_mall_id_fkey" FOREIGN KEY ("mall_id") REFERENCES "public"."malls"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."camera_pins" ADD CONSTRAINT "camera_pins_store_id_fkey" FOREIGN KEY ("store_id") REFERENCES "public"."stores"("id") ON DELETE SET NULL;
  ALTER TABLE "public"."journeys" ADD CONSTRAINT "journeys_visitor_id_fkey" FOREIGN KEY ("visitor_id") REFERENCES "public"."visitor_profiles"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."journeys" ADD CONSTRAINT "journeys_mall_id_fkey" FOREIGN KEY ("mall_id") REFERENCES "public"."malls"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."journeys" ADD CONSTRAINT "journeys_entry_point_fkey" FOREIGN KEY ("entry_point") REFERENCES "public"."camera_pins"("id") ON DELETE RESTRICT;
  ALTER TABLE "public"."journeys" ADD CONSTRAINT "journeys_exit_point_fkey" FOREIGN KEY ("exit_point") REFERENCES "public"."camera_pins"("id") ON DELETE RESTRICT;
  ALTER TABLE "public"."stores" ADD CONSTRAINT "stores_mall_id_fkey" FOREIGN KEY ("mall_id") REFERENCES "public"."malls"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."stores" ADD CONSTRAINT "stores_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE SET NULL;
  ALTER TABLE "public"."tenants" ADD CONSTRAINT "tenants_mall_id_fkey" FOREIGN KEY ("mall_id") REFERENCES "public"."malls"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."associations" ADD CONSTRAINT "associations_mall_id_fkey" FOREIGN KEY ("mall_id") REFERENCES "public"."malls"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."associations" ADD CONSTRAINT "associations_from_tracklet_id_fkey" FOREIGN KEY ("from_tracklet_id") REFERENCES "public"."tracklets"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."associations" ADD CONSTRAINT "associations_to_tracklet_id_fkey" FOREIGN KEY ("to_tracklet_id") REFERENCES "public"."tracklets"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."tracklets" ADD CONSTRAINT "tracklets_mall_id_fkey" FOREIGN KEY ("mall_id") REFERENCES "public"."malls"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."tracklets" ADD CONSTRAINT "tracklets_pin_id_fkey" FOREIGN KEY ("pin_id") REFERENCES "public"."camera_pins"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."tracklets" ADD CONSTRAINT "tracklets_video_id_fkey" FOREIGN KEY ("video_id") REFERENCES "public"."videos"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."users" ADD CONSTRAINT "users_mall_id_fkey" FOREIGN KEY ("mall_id") REFERENCES "public"."malls"("id") ON DELETE CASCADE;
  ALTER TABLE "public"."users" ADD CONSTRAINT "users_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE SET NULL;
end
$baseline$;
