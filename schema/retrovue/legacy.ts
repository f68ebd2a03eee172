import {
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  json,
  pgEnum,
  primaryKey,
  text,
  unique,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core'
import { inPublic, moment, stamp } from './parts.ts'

/** The types and tables as the real database has them at revision a0f57a8b7188 of its own tool. */
export const titlekind = pgEnum('titlekind', ['MOVIE', 'SHOW'])
export const markerkind = pgEnum('markerkind', ['CHAPTER', 'AVAIL', 'BUMPER', 'INTRO', 'OUTRO'])
export const reviewstatus = pgEnum('reviewstatus', ['PENDING', 'RESOLVED'])
export const entitytype = pgEnum('entitytype', ['TITLE', 'EPISODE', 'ASSET'])
export const provider = pgEnum('provider', ['PLEX', 'JELLYFIN', 'FILESYSTEM', 'MANUAL'])

const id = () => uuid().notNull()

export const titles = inPublic.table(
  'titles',
  {
    id: id(),
    kind: titlekind().notNull(),
    name: varchar({ length: 255 }).notNull(),
    year: integer(),
    externalIds: json(),
    createdAt: stamp(),
  },
  (table) => [primaryKey({ name: 'pk_titles', columns: [table.id] })],
)

export const seasons = inPublic.table(
  'seasons',
  { id: id(), titleId: uuid().notNull(), number: integer().notNull(), createdAt: stamp() },
  (table) => [
    primaryKey({ name: 'pk_seasons', columns: [table.id] }),
    foreignKey({ name: 'fk_seasons_title_id_titles', columns: [table.titleId], foreignColumns: [titles.id] }).onDelete(
      'cascade',
    ),
  ],
)

export const episodes = inPublic.table(
  'episodes',
  {
    id: id(),
    titleId: uuid().notNull(),
    seasonId: uuid(),
    number: integer(),
    name: varchar({ length: 255 }),
    externalIds: json(),
    createdAt: stamp(),
  },
  (table) => [
    primaryKey({ name: 'pk_episodes', columns: [table.id] }),
    foreignKey({ name: 'fk_episodes_title_id_titles', columns: [table.titleId], foreignColumns: [titles.id] }).onDelete(
      'cascade',
    ),
    foreignKey({
      name: 'fk_episodes_season_id_seasons',
      columns: [table.seasonId],
      foreignColumns: [seasons.id],
    }).onDelete('cascade'),
  ],
)

export const assets = inPublic.table(
  'assets',
  {
    id: id(),
    uri: text().notNull(),
    size: integer().notNull(),
    durationMs: integer(),
    videoCodec: varchar({ length: 50 }),
    audioCodec: varchar({ length: 50 }),
    container: varchar({ length: 50 }),
    hashSha256: varchar('hash_sha256', { length: 64 }),
    discoveredAt: stamp(),
    canonical: boolean().notNull(),
  },
  (table) => [
    primaryKey({ name: 'pk_assets', columns: [table.id] }),
    unique('uq_assets_uri').on(table.uri),
    index('ix_assets_canonical').on(table.canonical),
    index('ix_assets_discovered_at').on(table.discoveredAt),
  ],
)

export const episodeAssets = inPublic.table(
  'episode_assets',
  { episodeId: uuid().notNull(), assetId: uuid().notNull() },
  (table) => [
    primaryKey({ name: 'pk_episode_assets', columns: [table.episodeId, table.assetId] }),
    foreignKey({
      name: 'fk_episode_assets_episode_id_episodes',
      columns: [table.episodeId],
      foreignColumns: [episodes.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'fk_episode_assets_asset_id_assets',
      columns: [table.assetId],
      foreignColumns: [assets.id],
    }).onDelete('cascade'),
  ],
)

export const providerRefs = inPublic.table(
  'provider_refs',
  {
    id: id(),
    entityType: entitytype().notNull(),
    entityId: uuid().notNull(),
    provider: provider().notNull(),
    providerKey: text().notNull(),
    raw: json(),
    titleId: uuid(),
    episodeId: uuid(),
    assetId: uuid(),
  },
  (table) => [
    primaryKey({ name: 'pk_provider_refs', columns: [table.id] }),
    foreignKey({
      name: 'fk_provider_refs_title_id_titles',
      columns: [table.titleId],
      foreignColumns: [titles.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'fk_provider_refs_episode_id_episodes',
      columns: [table.episodeId],
      foreignColumns: [episodes.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'fk_provider_refs_asset_id_assets',
      columns: [table.assetId],
      foreignColumns: [assets.id],
    }).onDelete('cascade'),
  ],
)

export const markers = inPublic.table(
  'markers',
  {
    id: id(),
    assetId: uuid().notNull(),
    kind: markerkind().notNull(),
    startMs: integer().notNull(),
    endMs: integer().notNull(),
    payload: json(),
  },
  (table) => [
    primaryKey({ name: 'pk_markers', columns: [table.id] }),
    foreignKey({ name: 'fk_markers_asset_id_assets', columns: [table.assetId], foreignColumns: [assets.id] }).onDelete(
      'cascade',
    ),
    index('ix_markers_asset_id').on(table.assetId),
    index('ix_markers_kind').on(table.kind),
  ],
)

export const reviewQueue = inPublic.table(
  'review_queue',
  {
    id: id(),
    assetId: uuid().notNull(),
    reason: text().notNull(),
    confidence: doublePrecision().notNull(),
    status: reviewstatus().notNull(),
    createdAt: stamp(),
    resolvedAt: moment(),
  },
  (table) => [
    primaryKey({ name: 'pk_review_queue', columns: [table.id] }),
    foreignKey({
      name: 'fk_review_queue_asset_id_assets',
      columns: [table.assetId],
      foreignColumns: [assets.id],
    }).onDelete('cascade'),
    index('ix_review_queue_asset_id').on(table.assetId),
    index('ix_review_queue_status').on(table.status),
    index('ix_review_queue_created_at').on(table.createdAt),
  ],
)

export const sources = inPublic.table(
  'sources',
  {
    id: id(),
    externalId: varchar({ length: 255 }).notNull(),
    name: varchar({ length: 255 }).notNull(),
    kind: varchar({ length: 50 }).notNull(),
    config: json(),
    createdAt: stamp(),
    updatedAt: stamp(),
  },
  (table) => [
    primaryKey({ name: 'pk_sources', columns: [table.id] }),
    unique('uq_sources_external_id').on(table.externalId),
  ],
)

export const sourceCollections = inPublic.table(
  'source_collections',
  {
    id: id(),
    sourceId: uuid().notNull(),
    externalId: varchar({ length: 255 }).notNull(),
    name: varchar({ length: 255 }).notNull(),
    enabled: boolean().notNull(),
    config: json(),
    createdAt: stamp(),
    updatedAt: stamp(),
  },
  (table) => [
    primaryKey({ name: 'pk_source_collections', columns: [table.id] }),
    foreignKey({
      name: 'fk_source_collections_source_id_sources',
      columns: [table.sourceId],
      foreignColumns: [sources.id],
    }).onDelete('cascade'),
    unique('uq_source_collections_source_external').on(table.sourceId, table.externalId),
    index('ix_source_collections_source_id').on(table.sourceId),
    index('ix_source_collections_enabled').on(table.enabled),
  ],
)

export const pathMappings = inPublic.table(
  'path_mappings',
  {
    id: id(),
    collectionId: uuid().notNull(),
    plexPath: varchar({ length: 500 }).notNull(),
    localPath: varchar({ length: 500 }).notNull(),
    createdAt: stamp(),
  },
  (table) => [
    primaryKey({ name: 'pk_path_mappings', columns: [table.id] }),
    foreignKey({
      name: 'fk_path_mappings_collection_id_source_collections',
      columns: [table.collectionId],
      foreignColumns: [sourceCollections.id],
    }).onDelete('cascade'),
    index('ix_path_mappings_collection_id').on(table.collectionId),
  ],
)
