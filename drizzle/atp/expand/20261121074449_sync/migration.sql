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
CREATE INDEX "idx_target_complement_system_target_family" ON "sluice"."target_complement" ("system","target_family");