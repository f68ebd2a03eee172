CREATE SCHEMA "retrovue";
--> statement-breakpoint
CREATE TABLE "retrovue"."assets" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	"uri" text NOT NULL CONSTRAINT "assets_uri_key" UNIQUE,
	"size" bigint NOT NULL,
	"duration_ms" integer,
	"video_codec" varchar(50),
	"audio_codec" varchar(50),
	"container" varchar(50),
	"hash_sha256" varchar(64),
	"discovered_at" timestamp with time zone DEFAULT now() NOT NULL,
	"canonical" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "retrovue"."episode_assets" (
	"episode_id" uuid,
	"asset_id" uuid,
	CONSTRAINT "episode_assets_pkey" PRIMARY KEY("episode_id","asset_id")
);
--> statement-breakpoint
CREATE TABLE "retrovue"."episodes" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	"title_id" uuid NOT NULL,
	"season_id" uuid,
	"number" integer,
	"name" varchar(255),
	"external_ids" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "retrovue"."markers" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	"asset_id" uuid NOT NULL,
	"kind" varchar(50) NOT NULL,
	"start_ms" integer NOT NULL,
	"end_ms" integer NOT NULL,
	"payload" jsonb,
	CONSTRAINT "markers_kind_check" CHECK ("kind" <> '' and "kind" = lower("kind")),
	CONSTRAINT "markers_end_ms_check" CHECK ("start_ms" < "end_ms")
);
--> statement-breakpoint
CREATE TABLE "retrovue"."path_mappings" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	"collection_id" uuid NOT NULL,
	"plex_path" varchar(500) NOT NULL,
	"local_path" varchar(500) NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "retrovue"."provider_refs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	"entity_type" varchar(50) NOT NULL,
	"entity_id" uuid NOT NULL,
	"provider" varchar(50) NOT NULL,
	"provider_key" text NOT NULL,
	"raw" jsonb,
	"title_id" uuid,
	"episode_id" uuid,
	"asset_id" uuid,
	CONSTRAINT "provider_refs_entity_type_check" CHECK ("entity_type" in ('title', 'episode', 'asset')),
	CONSTRAINT "provider_refs_provider_check" CHECK ("provider" <> '' and "provider" = lower("provider")),
	CONSTRAINT "provider_refs_entity_check" CHECK (num_nonnulls("title_id", "episode_id", "asset_id") = 1 and "entity_id" is not distinct from case "entity_type" when 'title' then "title_id" when 'episode' then "episode_id" when 'asset' then "asset_id" end)
);
--> statement-breakpoint
CREATE TABLE "retrovue"."review_queue" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	"asset_id" uuid NOT NULL,
	"reason" text NOT NULL,
	"confidence" double precision NOT NULL,
	"status" varchar(50) DEFAULT 'pending' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone,
	CONSTRAINT "review_queue_confidence_check" CHECK ("confidence" between 0 and 1),
	CONSTRAINT "review_queue_status_check" CHECK ("status" in ('pending', 'resolved', 'rejected'))
);
--> statement-breakpoint
CREATE TABLE "retrovue"."seasons" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	"title_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "retrovue"."source_collections" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	"source_id" uuid NOT NULL,
	"external_id" varchar(255) NOT NULL,
	"name" varchar(255) NOT NULL,
	"enabled" boolean DEFAULT false NOT NULL,
	"config" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "source_collections_source_id_external_id_key" UNIQUE("source_id","external_id")
);
--> statement-breakpoint
CREATE TABLE "retrovue"."sources" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	"external_id" varchar(255) NOT NULL CONSTRAINT "sources_external_id_key" UNIQUE,
	"name" varchar(255) NOT NULL,
	"kind" varchar(50) NOT NULL,
	"config" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "retrovue"."titles" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	"kind" varchar(50) NOT NULL,
	"name" varchar(255) NOT NULL,
	"year" integer,
	"external_ids" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "titles_kind_check" CHECK ("kind" in ('movie', 'show'))
);
--> statement-breakpoint
CREATE INDEX "ix_assets_canonical" ON "retrovue"."assets" ("canonical");--> statement-breakpoint
CREATE INDEX "ix_assets_discovered_at" ON "retrovue"."assets" ("discovered_at");--> statement-breakpoint
CREATE INDEX "ix_episode_assets_asset_id" ON "retrovue"."episode_assets" ("asset_id");--> statement-breakpoint
CREATE INDEX "ix_episodes_title_id" ON "retrovue"."episodes" ("title_id");--> statement-breakpoint
CREATE INDEX "ix_episodes_season_id" ON "retrovue"."episodes" ("season_id");--> statement-breakpoint
CREATE INDEX "ix_markers_asset_id" ON "retrovue"."markers" ("asset_id");--> statement-breakpoint
CREATE INDEX "ix_markers_kind" ON "retrovue"."markers" ("kind");--> statement-breakpoint
CREATE INDEX "ix_path_mappings_collection_id" ON "retrovue"."path_mappings" ("collection_id");--> statement-breakpoint
CREATE INDEX "ix_provider_refs_title_id" ON "retrovue"."provider_refs" ("title_id");--> statement-breakpoint
CREATE INDEX "ix_provider_refs_episode_id" ON "retrovue"."provider_refs" ("episode_id");--> statement-breakpoint
CREATE INDEX "ix_provider_refs_asset_id" ON "retrovue"."provider_refs" ("asset_id");--> statement-breakpoint
CREATE INDEX "ix_review_queue_asset_id" ON "retrovue"."review_queue" ("asset_id");--> statement-breakpoint
CREATE INDEX "ix_review_queue_status" ON "retrovue"."review_queue" ("status");--> statement-breakpoint
CREATE INDEX "ix_review_queue_created_at" ON "retrovue"."review_queue" ("created_at");--> statement-breakpoint
CREATE INDEX "ix_seasons_title_id" ON "retrovue"."seasons" ("title_id");--> statement-breakpoint
CREATE INDEX "ix_source_collections_source_id" ON "retrovue"."source_collections" ("source_id");--> statement-breakpoint
CREATE INDEX "ix_source_collections_enabled" ON "retrovue"."source_collections" ("enabled");--> statement-breakpoint
ALTER TABLE "retrovue"."episode_assets" ADD CONSTRAINT "episode_assets_episode_id_fkey" FOREIGN KEY ("episode_id") REFERENCES "retrovue"."episodes"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "retrovue"."episode_assets" ADD CONSTRAINT "episode_assets_asset_id_fkey" FOREIGN KEY ("asset_id") REFERENCES "retrovue"."assets"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "retrovue"."episodes" ADD CONSTRAINT "episodes_title_id_fkey" FOREIGN KEY ("title_id") REFERENCES "retrovue"."titles"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "retrovue"."episodes" ADD CONSTRAINT "episodes_season_id_fkey" FOREIGN KEY ("season_id") REFERENCES "retrovue"."seasons"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "retrovue"."markers" ADD CONSTRAINT "markers_asset_id_fkey" FOREIGN KEY ("asset_id") REFERENCES "retrovue"."assets"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "retrovue"."path_mappings" ADD CONSTRAINT "path_mappings_collection_id_fkey" FOREIGN KEY ("collection_id") REFERENCES "retrovue"."source_collections"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "retrovue"."provider_refs" ADD CONSTRAINT "provider_refs_title_id_fkey" FOREIGN KEY ("title_id") REFERENCES "retrovue"."titles"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "retrovue"."provider_refs" ADD CONSTRAINT "provider_refs_episode_id_fkey" FOREIGN KEY ("episode_id") REFERENCES "retrovue"."episodes"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "retrovue"."provider_refs" ADD CONSTRAINT "provider_refs_asset_id_fkey" FOREIGN KEY ("asset_id") REFERENCES "retrovue"."assets"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "retrovue"."review_queue" ADD CONSTRAINT "review_queue_asset_id_fkey" FOREIGN KEY ("asset_id") REFERENCES "retrovue"."assets"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "retrovue"."seasons" ADD CONSTRAINT "seasons_title_id_fkey" FOREIGN KEY ("title_id") REFERENCES "retrovue"."titles"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "retrovue"."source_collections" ADD CONSTRAINT "source_collections_source_id_fkey" FOREIGN KEY ("source_id") REFERENCES "retrovue"."sources"("id") ON DELETE CASCADE;
--> statement-breakpoint
comment on table retrovue.titles is 'Movies and shows';
comment on column retrovue.titles.kind is 'movie or show';
comment on column retrovue.titles.external_ids is 'What others call it: TMDB, TVDB and so on';
comment on table retrovue.seasons is 'Seasons of shows';
comment on table retrovue.episodes is 'Episodes, and movies, which have no season and no number';
comment on table retrovue.assets is 'Media files';
comment on column retrovue.assets.uri is 'Path or URL of the file';
comment on column retrovue.assets.size is 'Bytes; 0 where it was not known';
comment on column retrovue.assets.canonical is 'Whether it was approved as the version to play';
comment on table retrovue.episode_assets is 'Which assets are of which episode';
comment on table retrovue.provider_refs is 'What other systems call a title, an episode or an asset';
comment on column retrovue.provider_refs.entity_type is 'title, episode or asset: which of the three references is set';
comment on column retrovue.provider_refs.entity_id is 'The same as the reference that is set';
comment on column retrovue.provider_refs.provider is 'plex, jellyfin, filesystem, manual and so on, in lower case';
comment on column retrovue.provider_refs.raw is 'What the other system said of it';
comment on table retrovue.markers is 'Places in an asset';
comment on column retrovue.markers.kind is 'chapter, avail, bumper, intro, outro and so on, in lower case';
comment on column retrovue.markers.start_ms is 'Milliseconds from the beginning';
comment on column retrovue.markers.end_ms is 'Milliseconds from the beginning, after start_ms';
comment on table retrovue.review_queue is 'Assets that a person must look at';
comment on column retrovue.review_queue.confidence is 'How sure the import was, 0 to 1';
comment on column retrovue.review_queue.status is 'pending, resolved or rejected';
comment on table retrovue.sources is 'Where media files come from: servers, folders';
comment on column retrovue.sources.external_id is 'Name of the source outside';
comment on table retrovue.source_collections is 'Parts of a source: libraries, folders';
comment on column retrovue.source_collections.enabled is 'Whether it is imported from';
comment on table retrovue.path_mappings is 'What the paths of a collection are called here';
