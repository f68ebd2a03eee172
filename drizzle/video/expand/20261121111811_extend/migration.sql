-- New columns beside the old ones, all nullable and without a default: the catalogs change, no row does. What every row must have
-- in the end is made so by stage contract, once every row has it. What is there already, and as declared, is taken over where
-- that was asked for, by `--stamp`, and refused otherwise.
do $$ begin
	if current_setting('sluice.stamp', true) is distinct from 'on' and (
		to_regclass('public.processing_jobs') is not null
		or exists (
			select
			from pg_attribute
			where attrelid = 'public.videos'::regclass and not attisdropped and attname in (
			'mall_id', 'pin_id', 'filename', 'original_path', 'proxy_path', 'checksum_sha256',
			'width', 'height', 'fps', 'codec', 'recorded_at', 'operator_notes',
			'uploaded_by_user_id', 'upload_status', 'processing_job_id', 'processing_error', 'uploaded_at', 'processing_started_at',
			'processing_completed_at', 'updated_at'))) then
		raise exception 'public.videos has new columns, or public.processing_jobs is there, and Sluice has not made them. Next: npm run migrate -- --stamp takes over what is as declared'
			using errcode = 'SLUIC';
	end if;
end $$;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "processing_jobs" (
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
--> statement-breakpoint
ALTER TABLE "videos"
	ADD COLUMN IF NOT EXISTS "mall_id" uuid,
	ADD COLUMN IF NOT EXISTS "pin_id" uuid,
	ADD COLUMN IF NOT EXISTS "filename" varchar(255),
	ADD COLUMN IF NOT EXISTS "original_path" varchar(512),
	ADD COLUMN IF NOT EXISTS "proxy_path" varchar(512),
	ADD COLUMN IF NOT EXISTS "checksum_sha256" varchar(64),
	ADD COLUMN IF NOT EXISTS "width" integer,
	ADD COLUMN IF NOT EXISTS "height" integer,
	ADD COLUMN IF NOT EXISTS "fps" numeric(5,2),
	ADD COLUMN IF NOT EXISTS "codec" varchar(50),
	ADD COLUMN IF NOT EXISTS "recorded_at" timestamp with time zone,
	ADD COLUMN IF NOT EXISTS "operator_notes" text,
	ADD COLUMN IF NOT EXISTS "uploaded_by_user_id" uuid,
	ADD COLUMN IF NOT EXISTS "upload_status" varchar(20),
	ADD COLUMN IF NOT EXISTS "processing_job_id" varchar(255),
	ADD COLUMN IF NOT EXISTS "processing_error" text,
	ADD COLUMN IF NOT EXISTS "uploaded_at" timestamp with time zone,
	ADD COLUMN IF NOT EXISTS "processing_started_at" timestamp with time zone,
	ADD COLUMN IF NOT EXISTS "processing_completed_at" timestamp with time zone,
	ADD COLUMN IF NOT EXISTS "updated_at" timestamp with time zone;
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "ix_jobs_video_id" ON "processing_jobs" ("video_id");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "ix_jobs_status" ON "processing_jobs" ("status");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "ix_jobs_celery_task_id" ON "processing_jobs" ("celery_task_id");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "ix_jobs_queued_at" ON "processing_jobs" ("queued_at" DESC);--> statement-breakpoint
do $$ begin
	if not exists (select from pg_constraint where conrelid = to_regclass('processing_jobs') and conname = 'processing_jobs_video_id_fkey') then
		ALTER TABLE "processing_jobs" ADD CONSTRAINT "processing_jobs_video_id_fkey" FOREIGN KEY ("video_id") REFERENCES "videos"("id") ON DELETE CASCADE;
	end if;
end $$;