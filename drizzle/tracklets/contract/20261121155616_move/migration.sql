-- Each table takes the name of the one that it has replaced, and refers from then on to malls, pins and videos itself.
ALTER TABLE "tracklets"."associations" SET SCHEMA "public";--> statement-breakpoint
ALTER TABLE "tracklets"."tracklets" SET SCHEMA "public";--> statement-breakpoint
do $orphans$
declare
  found text;
begin
  select string_agg(orphans.name, ', ') into found
  from (
    select 'tracklet ' || t.id as name
    from public.tracklets as t
    where not exists (select from public.malls as m where m.id = t.mall_id)
      or not exists (select from public.camera_pins as p where p.id = t.pin_id)
      or not exists (select from public.videos as v where v.id = t.video_id)
    union all
    select 'association ' || a.id
    from public.associations as a
    where not exists (select from public.malls as m where m.id = a.mall_id)
    limit 5) as orphans;
  if found is not null then
    raise exception 'the new tables refer to malls, pins or videos that are not there (%). Next: delete these rows, then start the same command again', found
      using errcode = 'SLUIC';
  end if;
end
$orphans$;--> statement-breakpoint
ALTER TABLE "public"."associations" ADD CONSTRAINT "associations_mall_id_fkey" FOREIGN KEY ("mall_id") REFERENCES "public"."malls"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "public"."tracklets" ADD CONSTRAINT "tracklets_mall_id_fkey" FOREIGN KEY ("mall_id") REFERENCES "public"."malls"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "public"."tracklets" ADD CONSTRAINT "tracklets_pin_id_fkey" FOREIGN KEY ("pin_id") REFERENCES "public"."camera_pins"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "public"."tracklets" ADD CONSTRAINT "tracklets_video_id_fkey" FOREIGN KEY ("video_id") REFERENCES "public"."videos"("id") ON DELETE CASCADE;--> statement-breakpoint
DROP SCHEMA "tracklets";
