-- A rollback leaves the archive where there is something in it, and the way forward again finds it.
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
CREATE TABLE "sluice"."definition" (
	"system" text,
	"place" integer,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"statement" text NOT NULL,
	"refused" text,
	CONSTRAINT "definition_pkey" PRIMARY KEY("system","place")
);
