-- What is here is there already when this step is applied: `npm run contract` does the same beforehand, one thing at a time,
-- without a lock that anybody would wait for, and the guard before this step refuses where it has not. The step records it.
do $$ begin
	if (select not atthasdef from pg_attribute where attrelid = 'public.videos'::regclass and attname = 'cv_processed') then
		ALTER TABLE "public"."videos" ALTER COLUMN "cv_processed" SET DEFAULT false;
	end if;
	if (select not attnotnull from pg_attribute where attrelid = 'public.videos'::regclass and attname = 'cv_processed') then
		ALTER TABLE "public"."videos" ALTER COLUMN "cv_processed" SET NOT NULL;
	end if;
	if (select not atthasdef from pg_attribute where attrelid = 'public.videos'::regclass and attname = 'tracklet_count') then
		ALTER TABLE "public"."videos" ALTER COLUMN "tracklet_count" SET DEFAULT 0;
	end if;
	if (select not attnotnull from pg_attribute where attrelid = 'public.videos'::regclass and attname = 'tracklet_count') then
		ALTER TABLE "public"."videos" ALTER COLUMN "tracklet_count" SET NOT NULL;
	end if;
end $$;
--> statement-breakpoint
do $$ begin
	if not exists (select from pg_constraint where conrelid = 'public.videos'::regclass and conname = 'fk_videos_cv_job_id') then
		ALTER TABLE "public"."videos" ADD CONSTRAINT "fk_videos_cv_job_id" FOREIGN KEY ("cv_job_id") REFERENCES "public"."processing_jobs"("id") ON DELETE SET NULL;
	end if;
end $$;
