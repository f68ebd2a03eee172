-- Each table takes the name of the one that it has replaced.
ALTER TABLE "tracklets"."associations" SET SCHEMA "public";
--> statement-breakpoint
ALTER TABLE "tracklets"."tracklets" SET SCHEMA "public";
--> statement-breakpoint
DROP SCHEMA "tracklets";
