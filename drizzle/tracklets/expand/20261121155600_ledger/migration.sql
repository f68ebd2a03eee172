-- The ledger may be there already, made for another system of the same database: what is there stays as it is.
CREATE SCHEMA IF NOT EXISTS "sluice";
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "sluice"."archive" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sluice"."archive_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"system" text NOT NULL,
	"relation" text NOT NULL,
	"key" text NOT NULL,
	"row" jsonb NOT NULL,
	"reason" text NOT NULL,
	"archived_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "sluice"."complement" (
	"system" text,
	"relation" text,
	"key" text,
	"ordinal" integer DEFAULT 1,
	"family" text NOT NULL,
	"kind" text NOT NULL,
	"kept" jsonb NOT NULL,
	CONSTRAINT "complement_pkey" PRIMARY KEY("system","relation","key","ordinal"),
	CONSTRAINT "complement_kind_check" CHECK ("kind" in ('part', 'whole', 'absent'))
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "sluice"."definition" (
	"system" text,
	"place" integer,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"statement" text NOT NULL,
	"refused" text,
	CONSTRAINT "definition_pkey" PRIMARY KEY("system","place")
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "sluice"."family" (
	"system" text,
	"family" text,
	"touched_by" xid8 NOT NULL,
	CONSTRAINT "family_pkey" PRIMARY KEY("system","family")
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "sluice"."migration" (
	"system" text PRIMARY KEY,
	"phase" text NOT NULL,
	"shape" jsonb,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "migration_phase_check" CHECK ("phase" in ('legacy', 'expanded', 'syncing', 'verified', 'contracted'))
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "sluice"."proof" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sluice"."proof_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"system" text NOT NULL,
	"identical" boolean NOT NULL,
	"differences" bigint NOT NULL,
	"tables" jsonb NOT NULL,
	"seconds" double precision NOT NULL,
	"proven_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "sluice"."quarantine" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sluice"."quarantine_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"system" text NOT NULL,
	"relation" text NOT NULL,
	"key" text NOT NULL,
	"family" text NOT NULL,
	"scope" text NOT NULL,
	"constraint_name" text NOT NULL,
	"sqlstate" text NOT NULL,
	"reason" text NOT NULL,
	"held" jsonb DEFAULT '{}' NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "quarantine_system_relation_key_constraint_name_key" UNIQUE("system","relation","key","constraint_name"),
	CONSTRAINT "quarantine_scope_check" CHECK ("scope" in ('family', 'row', 'value')),
	CONSTRAINT "quarantine_sqlstate_check" CHECK (length("sqlstate") = 5)
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "sluice"."shard" (
	"system" text,
	"number" integer,
	"lower_bound" text,
	"upper_bound" text,
	"position" text,
	"families" bigint DEFAULT 0 NOT NULL,
	"rows" bigint DEFAULT 0 NOT NULL,
	"finished" boolean DEFAULT false NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "shard_pkey" PRIMARY KEY("system","number")
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "sluice"."target_complement" (
	"system" text,
	"relation" text,
	"key" text,
	"family" text NOT NULL,
	"target_family" text NOT NULL,
	"kind" text NOT NULL,
	"kept" jsonb NOT NULL,
	"derived" jsonb DEFAULT '{}' NOT NULL,
	CONSTRAINT "target_complement_pkey" PRIMARY KEY("system","relation","key"),
	CONSTRAINT "target_complement_kind_check" CHECK ("kind" in ('part', 'whole', 'absent'))
);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "idx_complement_system_family" ON "sluice"."complement" ("system","family");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "idx_quarantine_system_family" ON "sluice"."quarantine" ("system","family");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "idx_quarantine_constraint_name_held" ON "sluice"."quarantine" ("constraint_name","held");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "idx_target_complement_system_family" ON "sluice"."target_complement" ("system","family");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "idx_target_complement_system_target_family" ON "sluice"."target_complement" ("system","target_family");
--> statement-breakpoint
-- Comments belong to whoever made the ledger.
do $comments$
begin
  if obj_description('sluice'::regnamespace, 'pg_namespace') is not null then
    return;
  end if;

  comment on schema sluice is 'Sluice: how far a migration is, what the target cannot hold, and what was proven';
  comment on table sluice.migration is 'Where the migration of each system is';
  comment on column sluice.migration.system is 'Name of the system, such as atp';
  comment on column sluice.migration.phase is 'How far the migration is: legacy, expanded, syncing, verified or contracted';
  comment on column sluice.migration.shape is 'The live legacy shape as it was found, before anything was changed';
  comment on column sluice.migration.started_at is 'When the migration of this system began';
  comment on column sluice.migration.changed_at is 'When the phase last changed';
  comment on table sluice.shard is 'Ranges of families that are copied side by side, each with its own cursor';
  comment on column sluice.shard.system is 'Name of the system';
  comment on column sluice.shard.number is 'Number of the shard within the system';
  comment on column sluice.shard.lower_bound is 'Families after this one belong to the shard; null begins at the first';
  comment on column sluice.shard.upper_bound is 'Families up to and including this one belong to the shard; null goes to the last';
  comment on column sluice.shard.position is 'Last family copied; null before the first';
  comment on column sluice.shard.families is 'Number of families copied so far';
  comment on column sluice.shard.rows is 'Number of legacy rows copied so far';
  comment on column sluice.shard.finished is 'Whether every family of the shard has been copied';
  comment on column sluice.shard.changed_at is 'When the cursor last moved';
  comment on table sluice.complement is 'What restoring a legacy row from the target does not give back: restored rows overlaid with this are the legacy rows';
  comment on column sluice.complement.system is 'Name of the system';
  comment on column sluice.complement.relation is 'Name of the legacy table';
  comment on column sluice.complement.key is 'Text form of the legacy row''s key';
  comment on column sluice.complement.ordinal is 'Tells rows of one key apart where the legacy table does not enforce it';
  comment on column sluice.complement.family is 'Family that the row belongs to';
  comment on column sluice.complement.kind is 'part: some columns differ; whole: the target yields no such row; absent: the target yields one too many';
  comment on column sluice.complement.kept is 'The legacy values that differ, as the text form of each column';
  comment on table sluice.quarantine is 'What the constraints of the target refused, and why; its legacy rows live on whole in the complement';
  comment on column sluice.quarantine.id is 'Number of the entry';
  comment on column sluice.quarantine.system is 'Name of the system';
  comment on column sluice.quarantine.relation is 'Name of the target table that refused';
  comment on column sluice.quarantine.key is 'Text form of the refused row''s key';
  comment on column sluice.quarantine.family is 'Family that the row belongs to';
  comment on column sluice.quarantine.scope is 'What was set aside: the whole family, one row, or some values of a row';
  comment on column sluice.quarantine.constraint_name is 'Constraint that refused';
  comment on column sluice.quarantine.sqlstate is 'SQLSTATE of the refusal';
  comment on column sluice.quarantine.reason is 'The refusal in words';
  comment on column sluice.quarantine.held is 'The columns set aside, as the text form of each';
  comment on column sluice.quarantine.recorded_at is 'When the refusal was recorded';
  comment on table sluice.proof is 'Proofs that the legacy shape and the target hold the same, newest last';
  comment on column sluice.proof.id is 'Number of the proof';
  comment on column sluice.proof.system is 'Name of the system';
  comment on column sluice.proof.identical is 'Whether every legacy row could be rebuilt exactly, and none too many';
  comment on column sluice.proof.differences is 'Number of rows that differed';
  comment on column sluice.proof.tables is 'What was counted and compared, by table';
  comment on column sluice.proof.seconds is 'How long the proof took, in seconds';
  comment on column sluice.proof.proven_at is 'When the proof ended';
  comment on table sluice.definition is 'What it takes to undo what a step did: the legacy shape as it was live when it was dropped, one statement a row';
  comment on column sluice.definition.system is 'Name of the system';
  comment on column sluice.definition.place is 'Statements are run in this order';
  comment on column sluice.definition.kind is 'What the statement makes, such as table or trigger; undo: it takes back what a step did beside the target';
  comment on column sluice.definition.name is 'Name of the object that the statement belongs to';
  comment on column sluice.definition.statement is 'The statement';
  comment on column sluice.definition.refused is 'For a constraint: a query for the ctid of the rows that it would refuse';
  comment on table sluice.archive is 'What the legacy shape could not hold when it was rebuilt';
  comment on column sluice.archive.id is 'Number of the entry';
  comment on column sluice.archive.system is 'Name of the system';
  comment on column sluice.archive.relation is 'Name of the table that the row was or would have been in';
  comment on column sluice.archive.key is 'Text form of the row''s key';
  comment on column sluice.archive.row is 'The whole row, as the text form of each column';
  comment on column sluice.archive.reason is 'Why the legacy shape could not hold it';
  comment on column sluice.archive.archived_at is 'When it was archived';
  comment on table sluice.target_complement is 'What the target''s own applications wrote and deriving from the legacy does not give';
  comment on column sluice.target_complement.system is 'Name of the system';
  comment on column sluice.target_complement.relation is 'Name of the target table';
  comment on column sluice.target_complement.key is 'Text form of the target row''s key';
  comment on column sluice.target_complement.family is 'Family that the row is derived in';
  comment on column sluice.target_complement.target_family is 'Family that the row is found under in the target';
  comment on column sluice.target_complement.kind is 'part: some columns differ; whole: no derive yields the row; absent: it is derived, and gone';
  comment on column sluice.target_complement.kept is 'The target''s own values, as the text form of each column';
  comment on column sluice.target_complement.derived is 'What deriving gave then, as the text form of each column';
  comment on table sluice.family is 'Families carried since both shapes are kept in step; the row is the family''s lock';
  comment on column sluice.family.system is 'Name of the system';
  comment on column sluice.family.family is 'The family';
  comment on column sluice.family.touched_by is 'Last transaction that touched the family';
end
$comments$;
