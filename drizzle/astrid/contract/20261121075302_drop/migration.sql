-- Never "cascade": what depends on it stops the contract.
DROP TABLE "public"."example_models";
