import { sql } from 'drizzle-orm'
import {
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core'
import { malls, stores } from './malls.ts'
import { bare, id, video } from './parts.ts'

/** One row a camera on the map of a mall. */
export const cameraPins = video.table(
  'camera_pins',
  {
    id: id(),
    mallId: uuid().notNull(),
    name: varchar({ length: 255 }).notNull(),
    label: varchar({ length: 255 }).notNull(),
    locationLat: doublePrecision().notNull(),
    locationLng: doublePrecision().notNull(),
    pinType: varchar({ length: 20 }).notNull(),
    adjacentTo: uuid().array().default(sql`'{}'::uuid[]`),
    transitTimes: jsonb(),
    storeId: uuid(),
    cameraFps: integer().notNull(),
    cameraNote: text(),
    createdAt: bare().notNull(),
    updatedAt: bare().notNull(),
  },
  (table) => [
    primaryKey({ name: 'camera_pins_pkey', columns: [table.id] }),
    foreignKey({ name: 'camera_pins_mall_id_fkey', columns: [table.mallId], foreignColumns: [malls.id] }).onDelete(
      'cascade',
    ),
    foreignKey({ name: 'camera_pins_store_id_fkey', columns: [table.storeId], foreignColumns: [stores.id] }).onDelete(
      'set null',
    ),
    index('ix_camera_pins_mall_id').on(table.mallId),
    index('ix_camera_pins_store_id').on(table.storeId),
  ],
)
