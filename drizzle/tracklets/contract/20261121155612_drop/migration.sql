-- Never "cascade": what depends on these stops the contract. Children go first, whatever their foreign keys are called.
DROP TABLE "public"."associations";--> statement-breakpoint
DROP TABLE "public"."tracklets";
