import { doublePrecision, foreignKey, index, integer, jsonb, primaryKey, uuid, varchar } from 'drizzle-orm/pg-core'
import { cameraPins } from './camera-pins.ts'
import { malls } from './malls.ts'
import { bare, id, video } from './parts.ts'
import { videos } from './videos.ts'

/** One row somebody's way through the picture of one camera. */
export const tracklets = video.table(
  'tracklets',
  {
    id: id(),
    mallId: uuid().notNull(),
    pinId: uuid().notNull(),
    videoId: uuid().notNull(),
    trackId: integer().notNull(),
    tIn: bare().notNull(),
    tOut: bare().notNull(),
    outfitVec: doublePrecision().array().notNull(),
    outfitJson: jsonb().notNull(),
    physique: jsonb().notNull(),
    boxStats: jsonb().notNull(),
    quality: doublePrecision().notNull(),
  },
  (table) => [
    primaryKey({ name: 'tracklets_pkey', columns: [table.id] }),
    foreignKey({ name: 'tracklets_mall_id_fkey', columns: [table.mallId], foreignColumns: [malls.id] }).onDelete(
      'cascade',
    ),
    foreignKey({ name: 'tracklets_pin_id_fkey', columns: [table.pinId], foreignColumns: [cameraPins.id] }).onDelete(
      'cascade',
    ),
    foreignKey({ name: 'tracklets_video_id_fkey', columns: [table.videoId], foreignColumns: [videos.id] }).onDelete(
      'cascade',
    ),
    index('ix_tracklet_pin_time').on(table.pinId, table.tIn, table.tOut),
    index('ix_tracklets_mall_id').on(table.mallId),
    index('ix_tracklets_pin_id').on(table.pinId),
    index('ix_tracklets_video_id').on(table.videoId),
  ],
)

/** One row two tracklets that may be of the same person. */
export const associations = video.table(
  'associations',
  {
    id: id(),
    mallId: uuid().notNull(),
    fromTrackletId: uuid().notNull(),
    toTrackletId: uuid().notNull(),
    score: doublePrecision().notNull(),
    decision: varchar({ length: 20 }).notNull(),
    scores: jsonb().notNull(),
    components: jsonb().notNull(),
    candidateCount: integer().notNull(),
    createdAt: bare().notNull(),
  },
  (table) => [
    primaryKey({ name: 'associations_pkey', columns: [table.id] }),
    foreignKey({ name: 'associations_mall_id_fkey', columns: [table.mallId], foreignColumns: [malls.id] }).onDelete(
      'cascade',
    ),
    foreignKey({
      name: 'associations_from_tracklet_id_fkey',
      columns: [table.fromTrackletId],
      foreignColumns: [tracklets.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'associations_to_tracklet_id_fkey',
      columns: [table.toTrackletId],
      foreignColumns: [tracklets.id],
    }).onDelete('cascade'),
    index('ix_associations_mall_id').on(table.mallId),
    index('ix_associations_from_tracklet_id').on(table.fromTrackletId),
    index('ix_associations_to_tracklet_id').on(table.toTrackletId),
  ],
)
