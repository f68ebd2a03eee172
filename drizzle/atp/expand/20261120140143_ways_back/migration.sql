comment on table sluice.definition is 'What it takes to undo what a step did: the legacy shape as it was live when it was dropped, one statement a row';
--> statement-breakpoint
comment on column sluice.definition.system is 'Name of the system';
--> statement-breakpoint
comment on column sluice.definition.place is 'Statements are run in this order';
--> statement-breakpoint
comment on column sluice.definition.kind is 'What the statement makes, such as table or trigger; undo: it takes back what a step did beside the target';
--> statement-breakpoint
comment on column sluice.definition.name is 'Name of the object that the statement belongs to';
--> statement-breakpoint
comment on column sluice.definition.statement is 'The statement';
--> statement-breakpoint
comment on column sluice.definition.refused is 'For a constraint: a query for the ctid of the rows that it would refuse';
--> statement-breakpoint
comment on table sluice.archive is 'What the legacy shape could not hold when it was rebuilt';
--> statement-breakpoint
comment on column sluice.archive.id is 'Number of the entry';
--> statement-breakpoint
comment on column sluice.archive.system is 'Name of the system';
--> statement-breakpoint
comment on column sluice.archive.relation is 'Name of the table that the row was or would have been in';
--> statement-breakpoint
comment on column sluice.archive.key is 'Text form of the row''s key';
--> statement-breakpoint
comment on column sluice.archive.row is 'The whole row, as the text form of each column';
--> statement-breakpoint
comment on column sluice.archive.reason is 'Why the legacy shape could not hold it';
--> statement-breakpoint
comment on column sluice.archive.archived_at is 'When it was archived';
--> statement-breakpoint
-- Some versions of the legacy grant rear_diff nothing at all. What is new to it is noted, to be taken back by a rollback.
do $usage$
begin
  if not exists (select from pg_roles where rolname = 'rear_diff') then
    return;
  end if;

  if exists (
    select
    from pg_namespace
    cross join aclexplode(nspacl) as granted
    where nspname = 'atp'
      and granted.grantee = 'rear_diff'::regrole
      and granted.privilege_type = 'USAGE')
  then
    return;
  end if;

  grant usage on schema atp to rear_diff;

  insert into sluice.definition (system, place, kind, name, statement)
  values ('atp', -1, 'undo', 'atp', 'revoke usage on schema atp from rear_diff')
  on conflict (system, place) do nothing;
end
$usage$;
