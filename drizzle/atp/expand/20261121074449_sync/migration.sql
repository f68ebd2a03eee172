CREATE TABLE "sluice"."family" (
	"system" text,
	"family" text,
	"touched_by" xid8 NOT NULL,
	CONSTRAINT "family_pkey" PRIMARY KEY("system","family")
);
--> statement-breakpoint
CREATE TABLE "sluice"."target_complement" (
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
CREATE INDEX "idx_quarantine_constraint_name_held" ON "sluice"."quarantine" ("constraint_name","held");--> statement-breakpoint
CREATE INDEX "idx_target_complement_system_family" ON "sluice"."target_complement" ("system","family");--> statement-breakpoint
CREATE INDEX "idx_target_complement_system_target_family" ON "sluice"."target_complement" ("system","target_family");--> statement-breakpoint
comment on table sluice.target_complement is 'What the target''s own applications wrote and deriving from the legacy does not give';
--> statement-breakpoint
comment on column sluice.target_complement.system is 'Name of the system';
--> statement-breakpoint
comment on column sluice.target_complement.relation is 'Name of the target table';
--> statement-breakpoint
comment on column sluice.target_complement.key is 'Text form of the target row''s key';
--> statement-breakpoint
comment on column sluice.target_complement.family is 'Family that the row is derived in';
--> statement-breakpoint
comment on column sluice.target_complement.target_family is 'Family that the row is found under in the target';
--> statement-breakpoint
comment on column sluice.target_complement.kind is 'part: some columns differ; whole: no derive yields the row; absent: it is derived, and gone';
--> statement-breakpoint
comment on column sluice.target_complement.kept is 'The target''s own values, as the text form of each column';
--> statement-breakpoint
comment on column sluice.target_complement.derived is 'What deriving gave then, as the text form of each column';
--> statement-breakpoint
comment on table sluice.family is 'Families carried since both shapes are kept in step; the row is the family''s lock';
--> statement-breakpoint
comment on column sluice.family.system is 'Name of the system';
--> statement-breakpoint
comment on column sluice.family.family is 'The family';
--> statement-breakpoint
comment on column sluice.family.touched_by is 'Last transaction that touched the family';
