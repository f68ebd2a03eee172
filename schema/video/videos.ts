import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  numeric,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core'
import { cameraPins } from './camera-pins.ts'
import { malls } from './malls.ts'
import { bare, id, moment, video } from './parts.ts'
import { users } from './users.ts'

/** The columns that the legacy has, and keeps as they are. */
const old = () => ({
  id: id(),
  cameraPinId: uuid().notNull(),
  filePath: varchar({ length: 500 }).notNull(),
  originalFilename: varchar({ length: 255 }).notNull(),
  fileSizeBytes: bigint({ mode: 'number' }).notNull(),
  durationSeconds: integer(),
  processed: boolean().notNull(),
  processingStatus: varchar({ length: 50 }).notNull(),
  uploadTimestamp: bare().notNull(),
  createdAt: bare().notNull(),
})

/** The columns of phase 2, as they are while they are being filled. */
const added = () => ({
  mallId: uuid(),
  pinId: uuid(),
  filename: varchar({ length: 255 }),
  originalPath: varchar({ length: 512 }),
  proxyPath: varchar({ length: 512 }),
  checksumSha256: varchar('checksum_sha256', { length: 64 }),
  width: integer(),
  height: integer(),
  fps: numeric({ precision: 5, scale: 2 }),
  codec: varchar({ length: 50 }),
  recordedAt: moment(),
  operatorNotes: text(),
  uploadedByUserId: uuid(),
  uploadStatus: varchar({ length: 20 }),
  processingJobId: varchar({ length: 255 }),
  processingError: text(),
  uploadedAt: moment(),
  processingStartedAt: moment(),
  processingCompletedAt: moment(),
  updatedAt: moment(),
})

/** The same when every row has them. */
const filled = () => ({
  ...added(),
  mallId: uuid().notNull(),
  pinId: uuid().notNull(),
  filename: varchar({ length: 255 }).notNull(),
  uploadStatus: varchar({ length: 20 }).notNull().default('uploading'),
  uploadedAt: moment().notNull(),
  updatedAt: moment().notNull(),
})

type Old = Record<'id' | 'cameraPinId' | 'processingStatus', never>

const kept = (table: Old) => [
  primaryKey({ name: 'videos_pkey', columns: [table.id] }),
  foreignKey({
    name: 'videos_camera_pin_id_fkey',
    columns: [table.cameraPinId],
    foreignColumns: [cameraPins.id],
  }).onDelete('cascade'),
  index('ix_videos_camera_pin_id').on(table.cameraPinId),
  index('ix_videos_processing_status').on(table.processingStatus),
]

/** One row a recording of a camera, as the legacy has it. */
export const legacyVideos = video.table('videos', old(), (table) => kept(table as never))

/** The same table with the columns of phase 2 beside the old ones, while rows are still being filled. */
export const videos = video.table('videos', { ...old(), ...added() }, (table) => kept(table as never))

/** All columns when it is done. */
export const finishedColumns = () => ({ ...old(), ...filled() })

type Finished = Old &
  Record<'mallId' | 'pinId' | 'uploadedByUserId' | 'checksumSha256' | 'uploadStatus', never> &
  Record<'uploadedAt' | 'recordedAt', { desc(): { nullsFirst(): never } }>

/** The references and indexes when it is done. */
export const finishedConstraints = (table: Finished) => [
  ...kept(table),
  foreignKey({ name: 'fk_videos_mall_id', columns: [table.mallId], foreignColumns: [malls.id] }).onDelete('cascade'),
  foreignKey({ name: 'fk_videos_pin_id', columns: [table.pinId], foreignColumns: [cameraPins.id] }).onDelete('cascade'),
  foreignKey({
    name: 'fk_videos_uploaded_by',
    columns: [table.uploadedByUserId],
    foreignColumns: [users.id],
  }).onDelete('set null'),
  index('ix_videos_mall_id').on(table.mallId),
  index('ix_videos_pin_id').on(table.pinId),
  index('ix_videos_checksum').on(table.checksumSha256),
  index('ix_videos_uploaded_at').on(table.uploadedAt.desc().nullsFirst()),
  index('ix_videos_recorded_at').on(table.recordedAt.desc().nullsFirst()),
  index('ix_videos_upload_status').on(table.uploadStatus),
  uniqueIndex('ix_videos_unique_checksum_pin')
    .on(table.checksumSha256, table.pinId)
    .where(sql`checksum_sha256 is not null`),
]

/** The same table when it is done: what must be there is there, and the references and indexes hold. */
export const finishedVideos = video.table('videos', finishedColumns(), (table) => finishedConstraints(table as never))
