import { sql } from 'drizzle-orm'
import { check, doublePrecision, foreignKey, index, integer, jsonb, text, uuid, varchar } from 'drizzle-orm/pg-core'
import type { assetsIn } from './content.ts'
import { id, lowerCase, moment, oneOf, type Place, stamp } from './parts.ts'

/** Places in an asset, and assets that a person must look at. */
export function qualityIn(place: Place, { assets }: ReturnType<typeof assetsIn>) {
  const markers = place.table(
    'markers',
    {
      id: id(),
      assetId: uuid().notNull(),
      kind: varchar({ length: 50 }).notNull(),
      startMs: integer().notNull(),
      endMs: integer().notNull(),
      payload: jsonb(),
    },
    (table) => [
      lowerCase('markers', 'kind', table.kind),
      check('markers_end_ms_check', sql`${table.startMs} < ${table.endMs}`),
      foreignKey({ name: 'markers_asset_id_fkey', columns: [table.assetId], foreignColumns: [assets.id] }).onDelete(
        'cascade',
      ),
      index('ix_markers_asset_id').on(table.assetId),
      index('ix_markers_kind').on(table.kind),
    ],
  )
  const reviewQueue = place.table(
    'review_queue',
    {
      id: id(),
      assetId: uuid().notNull(),
      reason: text().notNull(),
      confidence: doublePrecision().notNull(),
      status: varchar({ length: 50 }).notNull().default('pending'),
      createdAt: stamp(),
      resolvedAt: moment(),
    },
    (table) => [
      check('review_queue_confidence_check', sql`${table.confidence} between 0 and 1`),
      oneOf('review_queue', 'status', table.status, ['pending', 'resolved', 'rejected']),
      foreignKey({
        name: 'review_queue_asset_id_fkey',
        columns: [table.assetId],
        foreignColumns: [assets.id],
      }).onDelete('cascade'),
      index('ix_review_queue_asset_id').on(table.assetId),
      index('ix_review_queue_status').on(table.status),
      index('ix_review_queue_created_at').on(table.createdAt),
    ],
  )
  return { markers, reviewQueue }
}
