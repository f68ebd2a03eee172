-- What is here is there already when this step is applied: `npm run contract` does the same beforehand, one thing at a time,
-- without a lock that anybody would wait for, and the guard before this step refuses where it has not. The step records it.
do $$ begin
	if (select not attnotnull from pg_attribute where attrelid = 'public.videos'::regclass and attname = 'mall_id') then
		ALTER TABLE "public"."videos" ALTER COLUMN "mall_id" SET NOT NULL;
	end if;
	if (select not attnotnull from pg_attribute where attrelid = 'public.videos'::regclass and attname = 'pin_id') then
		ALTER TABLE "public"."videos" ALTER COLUMN "pin_id" SET NOT NULL;
	end if;
	if (select not attnotnull from pg_attribute where attrelid = 'public.videos'::regclass and attname = 'filename') then
		ALTER TABLE "public"."videos" ALTER COLUMN "filename" SET NOT NULL;
	end if;
	if (select not atthasdef from pg_attribute where attrelid = 'public.videos'::regclass and attname = 'upload_status') then
		ALTER TABLE "public"."videos" ALTER COLUMN "upload_status" SET DEFAULT 'uploading';
	end if;
	if (select not attnotnull from pg_attribute where attrelid = 'public.videos'::regclass and attname = 'upload_status') then
		ALTER TABLE "public"."videos" ALTER COLUMN "upload_status" SET NOT NULL;
	end if;
	if (select not attnotnull from pg_attribute where attrelid = 'public.videos'::regclass and attname = 'uploaded_at') then
		ALTER TABLE "public"."videos" ALTER COLUMN "uploaded_at" SET NOT NULL;
	end if;
	if (select not attnotnull from pg_attribute where attrelid = 'public.videos'::regclass and attname = 'updated_at') then
		ALTER TABLE "public"."videos" ALTER COLUMN "updated_at" SET NOT NULL;
	end if;
end $$;
--> statement-breakpoint
do $$ begin
	if to_regclass('public.ix_videos_mall_id') is null then
		CREATE INDEX "ix_videos_mall_id" ON "public"."videos" ("mall_id");
	end if;
	if to_regclass('public.ix_videos_pin_id') is null then
		CREATE INDEX "ix_videos_pin_id" ON "public"."videos" ("pin_id");
	end if;
	if to_regclass('public.ix_videos_checksum') is null then
		CREATE INDEX "ix_videos_checksum" ON "public"."videos" ("checksum_sha256");
	end if;
	if to_regclass('public.ix_videos_uploaded_at') is null then
		CREATE INDEX "ix_videos_uploaded_at" ON "public"."videos" ("uploaded_at" DESC);
	end if;
	if to_regclass('public.ix_videos_recorded_at') is null then
		CREATE INDEX "ix_videos_recorded_at" ON "public"."videos" ("recorded_at" DESC);
	end if;
	if to_regclass('public.ix_videos_upload_status') is null then
		CREATE INDEX "ix_videos_upload_status" ON "public"."videos" ("upload_status");
	end if;
	if to_regclass('public.ix_videos_unique_checksum_pin') is null then
		CREATE UNIQUE INDEX "ix_videos_unique_checksum_pin" ON "public"."videos" ("checksum_sha256","pin_id") WHERE checksum_sha256 is not null;
	end if;
end $$;
--> statement-breakpoint
do $$ begin
	if not exists (select from pg_constraint where conrelid = 'public.videos'::regclass and conname = 'fk_videos_mall_id') then
		ALTER TABLE "public"."videos" ADD CONSTRAINT "fk_videos_mall_id" FOREIGN KEY ("mall_id") REFERENCES "public"."malls"("id") ON DELETE CASCADE;
	end if;
	if not exists (select from pg_constraint where conrelid = 'public.videos'::regclass and conname = 'fk_videos_pin_id') then
		ALTER TABLE "public"."videos" ADD CONSTRAINT "fk_videos_pin_id" FOREIGN KEY ("pin_id") REFERENCES "public"."camera_pins"("id") ON DELETE CASCADE;
	end if;
	if not exists (select from pg_constraint where conrelid = 'public.videos'::regclass and conname = 'fk_videos_uploaded_by') then
		ALTER TABLE "public"."videos" ADD CONSTRAINT "fk_videos_uploaded_by" FOREIGN KEY ("uploaded_by_user_id") REFERENCES "public"."users"("id") ON DELETE SET NULL;
	end if;
end $$;
