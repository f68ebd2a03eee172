import { sql } from 'drizzle-orm'
import {
  bytea,
  check,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  type PgColumn,
  type PgSchema,
  primaryKey,
  snakeCase,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core'
import { cameraPins } from '../video/camera-pins.ts'
import { malls } from '../video/malls.ts'
import { bare, id, moment } from '../video/parts.ts'
import { legacyVideos } from '../video/videos.ts'

/** Where the tables are until a contract gives them the names of the old ones; applications find them by their search_path. */
export const beside: PgSchema = snakeCase.schema('tracklets')

/**
 * Tracklets as revision c7115132462a means them, and the associations between them, in one place or the other.
 * @param isSettled whether they refer to malls, pins and videos themselves, wherever those are on their own way. While the
 * old tables do, which are kept in step with these, what is deleted there goes from them by that, and not from both at once
 */
export function tablesIn(place: PgSchema, isSettled: boolean) {
  const refersTo = (name: string, column: PgColumn, parent: PgColumn) =>
    isSettled ? [foreignKey({ name, columns: [column], foreignColumns: [parent] }).onDelete('cascade')] : []
  const tracklets = place.table(
    'tracklets',
    {
      id: id(),
      mallId: uuid().notNull(),
      pinId: uuid().notNull(),
      videoId: uuid().notNull(),
      trackId: integer().notNull(),
      tIn: moment().notNull(),
      tOut: moment().notNull(),
      durationSeconds: numeric({ precision: 20, scale: 6 }),
      outfitVec: bytea().notNull(),
      outfitJson: jsonb().notNull(),
      physique: jsonb().notNull(),
      boxStats: jsonb().notNull(),
      quality: numeric({ precision: 5, scale: 4 }).notNull(),
      createdAt: moment().notNull().defaultNow(),
    },
    (table) => [
      primaryKey({ name: 'tracklets_pkey', columns: [table.id] }),
      ...refersTo('tracklets_mall_id_fkey', table.mallId, malls.id),
      ...refersTo('tracklets_pin_id_fkey', table.pinId, cameraPins.id),
      ...refersTo('tracklets_video_id_fkey', table.videoId, legacyVideos.id),
      check('tracklets_track_id_check', sql`${table.trackId} >= 0`),
      check('tracklets_t_out_check', sql`${table.tIn} <= ${table.tOut}`),
      check('tracklets_outfit_vec_check', sql`octet_length(${table.outfitVec}) % 8 = 0`),
      check('tracklets_quality_check', sql`${table.quality} between 0 and 1`),
      index('ix_tracklet_pin_time').on(table.pinId, table.tIn, table.tOut),
      index('ix_tracklets_mall_id').on(table.mallId),
      index('ix_tracklets_pin_id').on(table.pinId),
      index('ix_tracklets_video_id').on(table.videoId),
    ],
  )
  const associations = place.table(
    'associations',
    {
      id: id(),
      mallId: uuid().notNull(),
      // null where the tracklet is set aside: the rest of the row is what it was
      fromTrackletId: uuid(),
      toTrackletId: uuid(),
      score: doublePrecision().notNull(),
      decision: varchar({ length: 20 }).notNull(),
      scores: jsonb().notNull(),
      components: jsonb().notNull(),
      candidateCount: integer().notNull(),
      createdAt: bare().notNull(),
    },
    (table) => [
      primaryKey({ name: 'associations_pkey', columns: [table.id] }),
      ...refersTo('associations_mall_id_fkey', table.mallId, malls.id),
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
  return { tracklets, associations }
}

/** The two tables while the old ones are there. */
export const tables = tablesIn(beside, false)
