-- What the design promises and the real database has not. Rows that the application has written twice are named before
-- anything is changed: only a person can say which one is right.
do $duplicates$
declare
  found text;
begin
  select string_agg(twice, '; ') into found
  from (
    select format('%s in survey %s, %s rows', observation_id, survey_id, count(*)) as twice
    from public.observations
    group by survey_id, observation_id
    having count(*) > 1
    order by survey_id, observation_id
    limit 10) as duplicate;
  if found is not null then
    raise exception 'observations are there more than once: %. Next: keep one of each, then start the same command again', found
      using errcode = 'SLUIC';
  end if;
end
$duplicates$;
--> statement-breakpoint
ALTER TABLE "observations" ADD CONSTRAINT "observations_survey_id_observation_id_key" UNIQUE("survey_id","observation_id");--> statement-breakpoint
CREATE INDEX "idx_candidates_difference_run_id" ON "candidates" ("difference_run_id");--> statement-breakpoint
CREATE INDEX "idx_candidates_ra_dec" ON "candidates" ("ra","dec");--> statement-breakpoint
CREATE INDEX "idx_candidates_significance" ON "candidates" ("significance");--> statement-breakpoint
CREATE INDEX "idx_candidates_status" ON "candidates" ("status");
