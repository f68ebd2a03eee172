-- Each table takes the name of the one that it has replaced.
ALTER TABLE "retrovue"."assets" SET SCHEMA "public";--> statement-breakpoint
ALTER TABLE "retrovue"."episode_assets" SET SCHEMA "public";--> statement-breakpoint
ALTER TABLE "retrovue"."episodes" SET SCHEMA "public";--> statement-breakpoint
ALTER TABLE "retrovue"."markers" SET SCHEMA "public";--> statement-breakpoint
ALTER TABLE "retrovue"."path_mappings" SET SCHEMA "public";--> statement-breakpoint
ALTER TABLE "retrovue"."provider_refs" SET SCHEMA "public";--> statement-breakpoint
ALTER TABLE "retrovue"."review_queue" SET SCHEMA "public";--> statement-breakpoint
ALTER TABLE "retrovue"."seasons" SET SCHEMA "public";--> statement-breakpoint
ALTER TABLE "retrovue"."source_collections" SET SCHEMA "public";--> statement-breakpoint
ALTER TABLE "retrovue"."sources" SET SCHEMA "public";--> statement-breakpoint
ALTER TABLE "retrovue"."titles" SET SCHEMA "public";--> statement-breakpoint
DROP SCHEMA "retrovue";
