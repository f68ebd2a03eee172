-- New columns beside the others, nullable and without a default: the catalogs change, no row does. What every row must have in
-- the end is made so by stage contract, once every row has it. What is there already, and as declared, is taken over where
-- that was asked for, by `--stamp`, and refused otherwise. The table of the tracklets is left as it is.
do $$ begin
	if current_setting('sluice.stamp', true) is distinct from 'on' and exists (
		select
		from pg_attribute
		where attrelid = 'public.videos'::regclass and not attisdropped
			and attname in ('cv_processed', 'tracklet_count', 'cv_job_id')) then
		raise exception 'public.videos has new columns, and Sluice has not made them. Next: npm run migrate -- --stamp takes over what is as declared'
			using errcode = 'SLUIC';
	end if;
end $$;
--> statement-breakpoint
ALTER TABLE "public"."videos"
	ADD COLUMN IF NOT EXISTS "cv_processed" boolean,
	ADD COLUMN IF NOT EXISTS "tracklet_count" integer,
	ADD COLUMN IF NOT EXISTS "cv_job_id" uuid;
