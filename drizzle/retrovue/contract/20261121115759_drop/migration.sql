-- Never "cascade": what depends on these stops the contract. Children go first, whatever their foreign keys are called.
DROP TABLE "public"."episode_assets";--> statement-breakpoint
DROP TABLE "public"."provider_refs";--> statement-breakpoint
DROP TABLE "public"."markers";--> statement-breakpoint
DROP TABLE "public"."review_queue";--> statement-breakpoint
DROP TABLE "public"."path_mappings";--> statement-breakpoint
DROP TABLE "public"."source_collections";--> statement-breakpoint
DROP TABLE "public"."sources";--> statement-breakpoint
DROP TABLE "public"."assets";--> statement-breakpoint
DROP TABLE "public"."episodes";--> statement-breakpoint
DROP TABLE "public"."seasons";--> statement-breakpoint
DROP TABLE "public"."titles";--> statement-breakpoint
DROP TYPE "public"."entitytype";--> statement-breakpoint
DROP TYPE "public"."markerkind";--> statement-breakpoint
DROP TYPE "public"."provider";--> statement-breakpoint
DROP TYPE "public"."reviewstatus";--> statement-breakpoint
DROP TYPE "public"."titlekind";
