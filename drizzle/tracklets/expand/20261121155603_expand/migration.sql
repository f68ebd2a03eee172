CREATE SCHEMA "tracklets";
--> statement-breakpoint
CREATE TABLE "tracklets"."associations" (
	"id" uuid PRIMARY KEY,
	"mall_id" uuid NOT NULL,
	"from_tracklet_id" uuid,
	"to_tracklet_id" uuid,
	"score" double precision NOT NULL,
	"decision" varchar(20) NOT NULL,
	"scores" jsonb NOT NULL,
	"components" jsonb NOT NULL,
	"candidate_count" integer NOT NULL,
	"created_at" timestamp NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tracklets"."tracklets" (
	"id" uuid PRIMARY KEY,
	"mall_id" uuid NOT NULL,
	"pin_id" uuid NOT NULL,
	"video_id" uuid NOT NULL,
	"track_id" integer NOT NULL,
	"t_in" timestamp with time zone NOT NULL,
	"t_out" timestamp with time zone NOT NULL,
	"duration_seconds" numeric(20,6),
	"outfit_vec" bytea NOT NULL,
	"outfit_json" jsonb NOT NULL,
	"physique" jsonb NOT NULL,
	"box_stats" jsonb NOT NULL,
	"quality" numeric(5,4) NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tracklets_track_id_check" CHECK ("track_id" >= 0),
	CONSTRAINT "tracklets_t_out_check" CHECK ("t_in" <= "t_out"),
	CONSTRAINT "tracklets_outfit_vec_check" CHECK (octet_length("outfit_vec") % 8 = 0),
	CONSTRAINT "tracklets_quality_check" CHECK ("quality" between 0 and 1)
);
--> statement-breakpoint
CREATE INDEX "ix_associations_mall_id" ON "tracklets"."associations" ("mall_id");--> statement-breakpoint
CREATE INDEX "ix_associations_from_tracklet_id" ON "tracklets"."associations" ("from_tracklet_id");--> statement-breakpoint
CREATE INDEX "ix_associations_to_tracklet_id" ON "tracklets"."associations" ("to_tracklet_id");--> statement-breakpoint
CREATE INDEX "ix_tracklet_pin_time" ON "tracklets"."tracklets" ("pin_id","t_in","t_out");--> statement-breakpoint
CREATE INDEX "ix_tracklets_mall_id" ON "tracklets"."tracklets" ("mall_id");--> statement-breakpoint
CREATE INDEX "ix_tracklets_pin_id" ON "tracklets"."tracklets" ("pin_id");--> statement-breakpoint
CREATE INDEX "ix_tracklets_video_id" ON "tracklets"."tracklets" ("video_id");--> statement-breakpoint
ALTER TABLE "tracklets"."associations" ADD CONSTRAINT "associations_from_tracklet_id_fkey" FOREIGN KEY ("from_tracklet_id") REFERENCES "tracklets"."tracklets"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "tracklets"."associations" ADD CONSTRAINT "associations_to_tracklet_id_fkey" FOREIGN KEY ("to_tracklet_id") REFERENCES "tracklets"."tracklets"("id") ON DELETE CASCADE;
--> statement-breakpoint
comment on table tracklets.tracklets is 'Somebody''s ways through the picture of one camera';
comment on column tracklets.tracklets.track_id is 'Number of the way within its video';
comment on column tracklets.tracklets.t_in is 'When it begins';
comment on column tracklets.tracklets.t_out is 'When it ends, not before t_in';
comment on column tracklets.tracklets.duration_seconds is 'From t_in to t_out; null where one of them is without end';
comment on column tracklets.tracklets.outfit_vec is 'What the outfit looks like: numbers of eight bytes, IEEE 754, most significant byte first';
comment on column tracklets.tracklets.quality is 'How good the picture was, 0 to 1';
comment on column tracklets.tracklets.created_at is 'When the row was made; of rows older than this column, t_in';
comment on table tracklets.associations is 'Pairs of tracklets that may be of the same person';
comment on column tracklets.associations.from_tracklet_id is 'The earlier one; null where it could not be taken over';
comment on column tracklets.associations.to_tracklet_id is 'The later one; null where it could not be taken over';
