import {
  date,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  primaryKey,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core'
import { cameraPins } from './camera-pins.ts'
import { malls } from './malls.ts'
import { bare, id, video } from './parts.ts'

/** One row somebody who was seen on a day, by their outfit. */
export const visitorProfiles = video.table(
  'visitor_profiles',
  {
    id: id(),
    outfitHash: varchar({ length: 64 }).notNull(),
    detectionDate: date({ mode: 'string' }).notNull(),
    outfit: jsonb().notNull(),
    firstSeen: bare().notNull(),
    lastSeen: bare().notNull(),
  },
  (table) => [
    primaryKey({ name: 'visitor_profiles_pkey', columns: [table.id] }),
    index('ix_visitor_profiles_outfit_hash').on(table.outfitHash),
    index('ix_visitor_profiles_detection_date').on(table.detectionDate),
    index('ix_visitor_profile_outfit_date').on(table.outfitHash, table.detectionDate),
  ],
)

/** One row a way through a mall. */
export const journeys = video.table(
  'journeys',
  {
    id: id(),
    visitorId: uuid().notNull(),
    mallId: uuid().notNull(),
    journeyDate: date({ mode: 'string' }).notNull(),
    entryTime: bare().notNull(),
    exitTime: bare(),
    totalDurationMinutes: integer(),
    confidence: doublePrecision().notNull(),
    path: jsonb().notNull(),
    entryPoint: uuid().notNull(),
    exitPoint: uuid(),
    createdAt: bare().notNull(),
  },
  (table) => [
    primaryKey({ name: 'journeys_pkey', columns: [table.id] }),
    foreignKey({
      name: 'journeys_visitor_id_fkey',
      columns: [table.visitorId],
      foreignColumns: [visitorProfiles.id],
    }).onDelete('cascade'),
    foreignKey({ name: 'journeys_mall_id_fkey', columns: [table.mallId], foreignColumns: [malls.id] }).onDelete(
      'cascade',
    ),
    foreignKey({
      name: 'journeys_entry_point_fkey',
      columns: [table.entryPoint],
      foreignColumns: [cameraPins.id],
    }).onDelete('restrict'),
    foreignKey({
      name: 'journeys_exit_point_fkey',
      columns: [table.exitPoint],
      foreignColumns: [cameraPins.id],
    }).onDelete('restrict'),
    index('ix_journey_date_mall').on(table.journeyDate, table.mallId),
    index('ix_journeys_entry_point').on(table.entryPoint),
    index('ix_journeys_exit_point').on(table.exitPoint),
    index('ix_journeys_journey_date').on(table.journeyDate),
    index('ix_journeys_mall_id').on(table.mallId),
    index('ix_journeys_visitor_id').on(table.visitorId),
  ],
)
