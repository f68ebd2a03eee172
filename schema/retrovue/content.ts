import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  unique,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core'
import { id, oneOf, type Place, stamp } from './parts.ts'

/** Movies and shows, with their seasons and episodes. */
export function titlesIn(place: Place) {
  const titles = place.table(
    'titles',
    {
      id: id(),
      kind: varchar({ length: 50 }).notNull(),
      name: varchar({ length: 255 }).notNull(),
      year: integer(),
      externalIds: jsonb(),
      createdAt: stamp(),
    },
    (table) => [oneOf('titles', 'kind', table.kind, ['movie', 'show'])],
  )
  const seasons = place.table(
    'seasons',
    { id: id(), titleId: uuid().notNull(), number: integer().notNull(), createdAt: stamp() },
    (table) => [
      foreignKey({ name: 'seasons_title_id_fkey', columns: [table.titleId], foreignColumns: [titles.id] }).onDelete(
        'cascade',
      ),
      index('ix_seasons_title_id').on(table.titleId),
    ],
  )
  const episodes = place.table(
    'episodes',
    {
      id: id(),
      titleId: uuid().notNull(),
      seasonId: uuid(),
      number: integer(),
      name: varchar({ length: 255 }),
      externalIds: jsonb(),
      createdAt: stamp(),
    },
    (table) => [
      foreignKey({ name: 'episodes_title_id_fkey', columns: [table.titleId], foreignColumns: [titles.id] }).onDelete(
        'cascade',
      ),
      foreignKey({ name: 'episodes_season_id_fkey', columns: [table.seasonId], foreignColumns: [seasons.id] }).onDelete(
        'cascade',
      ),
      index('ix_episodes_title_id').on(table.titleId),
      index('ix_episodes_season_id').on(table.seasonId),
    ],
  )
  return { titles, seasons, episodes }
}

/** Media files, and of which episodes they are. */
export function assetsIn(place: Place, { episodes }: ReturnType<typeof titlesIn>) {
  const assets = place.table(
    'assets',
    {
      id: id(),
      uri: text().notNull(),
      size: bigint({ mode: 'bigint' }).notNull(),
      durationMs: integer(),
      videoCodec: varchar({ length: 50 }),
      audioCodec: varchar({ length: 50 }),
      container: varchar({ length: 50 }),
      hashSha256: varchar('hash_sha256', { length: 64 }),
      discoveredAt: stamp(),
      canonical: boolean().notNull().default(false),
    },
    (table) => [
      unique('assets_uri_key').on(table.uri),
      index('ix_assets_canonical').on(table.canonical),
      index('ix_assets_discovered_at').on(table.discoveredAt),
    ],
  )
  const episodeAssets = place.table(
    'episode_assets',
    { episodeId: uuid().notNull(), assetId: uuid().notNull() },
    (table) => [
      primaryKey({ name: 'episode_assets_pkey', columns: [table.episodeId, table.assetId] }),
      foreignKey({
        name: 'episode_assets_episode_id_fkey',
        columns: [table.episodeId],
        foreignColumns: [episodes.id],
      }).onDelete('cascade'),
      foreignKey({
        name: 'episode_assets_asset_id_fkey',
        columns: [table.assetId],
        foreignColumns: [assets.id],
      }).onDelete('cascade'),
      index('ix_episode_assets_asset_id').on(table.assetId),
    ],
  )
  return { assets, episodeAssets }
}
