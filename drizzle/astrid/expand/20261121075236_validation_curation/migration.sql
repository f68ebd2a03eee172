-- A type of this name may be left over: the application's own downgrade forgets one. Where it is the same it is used, and a
-- rollback leaves it; what is made here is noted, so that a rollback drops it.
do $types$
declare
  own constant text := 'astrid';
  wanted record;
  found text[];
begin
  for wanted in
    select *
    from (values
      ('alert_priority', array['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']),
      ('alert_status', array['PENDING', 'SENT', 'DELIVERED', 'FAILED', 'CANCELLED']),
      ('confidence_level', array['LOW', 'MEDIUM', 'HIGH', 'EXPERT']),
      ('detection_quality', array['EXCELLENT', 'GOOD', 'FAIR', 'POOR']),
      ('image_quality', array['EXCELLENT', 'GOOD', 'FAIR', 'POOR'])) as declared(name, labels)
  loop
    if to_regtype('public.' || wanted.name) is null then
      execute format('create type public.%I as enum (%s)', wanted.name,
        (select string_agg(quote_literal(label), ', ' order by n) from unnest(wanted.labels) with ordinality as u(label, n)));
      insert into sluice.definition (system, place, kind, name, statement)
      select own, coalesce(least(min(place), -1000), -1000) - 1, 'type', 'public.' || wanted.name,
        format('drop type public.%I', wanted.name)
      from sluice.definition
      where system = own;
      continue;
    end if;

    select array_agg(enumlabel::text order by enumsortorder) into found
    from pg_enum
    where enumtypid = to_regtype('public.' || wanted.name);
    if found is distinct from wanted.labels then
      raise exception 'type public.% exists with other labels (%). Next: rename or drop it, then start the same command again',
        wanted.name, array_to_string(found, ', ') using errcode = 'SLUIC';
    end if;
  end loop;
end
$types$;
--> statement-breakpoint
CREATE TABLE "validation_events" (
	"id" uuid PRIMARY KEY,
	"detection_id" uuid NOT NULL,
	"validator_id" varchar(100) NOT NULL,
	"is_valid" boolean NOT NULL,
	"label" varchar(50),
	"confidence_level" "confidence_level",
	"notes" text,
	"tags" jsonb,
	"image_quality" "image_quality",
	"detection_quality" "detection_quality",
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"id" uuid PRIMARY KEY,
	"detection_id" uuid NOT NULL,
	"alert_type" varchar(50) NOT NULL,
	"priority" "alert_priority" NOT NULL,
	"title" varchar(200) NOT NULL,
	"message" text NOT NULL,
	"alert_metadata" jsonb,
	"status" "alert_status" NOT NULL,
	"sent_at" timestamp with time zone,
	"delivery_attempts" integer NOT NULL,
	"error_message" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" uuid PRIMARY KEY,
	"entity_type" varchar(50) NOT NULL,
	"entity_id" uuid NOT NULL,
	"action" varchar(50) NOT NULL,
	"user_id" varchar(100),
	"old_values" jsonb,
	"new_values" jsonb,
	"change_summary" text,
	"ip_address" varchar(45),
	"user_agent" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "validation_events" ADD CONSTRAINT "validation_events_detection_id_fkey" FOREIGN KEY ("detection_id") REFERENCES "detections"("id");--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_detection_id_fkey" FOREIGN KEY ("detection_id") REFERENCES "detections"("id");
--> statement-breakpoint
comment on table public.validation_events is 'Judgements of a detection by a person';
comment on column public.validation_events.tags is 'Array of texts';
comment on table public.alerts is 'Notifications of a detection';
comment on table public.audit_log is 'What was done to which entity, and by whom';
comment on column public.audit_log.entity_id is 'Row of the table that entity_type names; no reference can hold it';
