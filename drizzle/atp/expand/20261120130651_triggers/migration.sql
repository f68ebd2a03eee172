-- What the triggers on media and training do, on the tables that their columns went to. They stay quiet while Sluice
-- writes, which sets sluice.writing for its transaction: a copied row must arrive as it left.
-- Names that no legacy version has, and never "or replace": a live database owns its functions.
create function atp.keep_updated_at() returns trigger language plpgsql as $function$
begin
  new.updated_at := current_timestamp;
  return new;
end
$function$;
--> statement-breakpoint
comment on function atp.keep_updated_at() is 'Sets updated_at to the time of the change';
--> statement-breakpoint
-- One function and not one a rule: each rule may act on what the one before it set.
create function atp.downloads_reset() returns trigger language plpgsql as $function$
begin
  if new.pipeline_status = 'ingested' and old.pipeline_status <> 'ingested' then
    new.error_status := false;
    if new.rejection_status <> 'override' then
      new.rejection_status := 'unfiltered';
    end if;
  end if;
  if not new.error_status then
    new.error_condition := null;
  end if;
  if new.rejection_status <> 'rejected' then
    new.rejection_reason := null;
  end if;
  return new;
end
$function$;
--> statement-breakpoint
comment on function atp.downloads_reset() is
  'Clears errors and rejections of a download that begins again, and the reasons of those that no longer hold';
--> statement-breakpoint
create trigger downloads_keep_updated_at
before update on atp.downloads
for each row
when (current_setting('sluice.writing', true) is distinct from 'on')
execute function atp.keep_updated_at();
--> statement-breakpoint
create trigger downloads_reset
before update on atp.downloads
for each row
when (current_setting('sluice.writing', true) is distinct from 'on')
execute function atp.downloads_reset();
--> statement-breakpoint
create trigger files_keep_updated_at
before update on atp.files
for each row
when (current_setting('sluice.writing', true) is distinct from 'on')
execute function atp.keep_updated_at();
--> statement-breakpoint
create trigger media_metadata_keep_updated_at
before update on atp.media_metadata
for each row
when (current_setting('sluice.writing', true) is distinct from 'on')
execute function atp.keep_updated_at();
