import { boolean, foreignKey, index, jsonb, unique, uuid, varchar } from 'drizzle-orm/pg-core'
import { id, type Place, stamp } from './parts.ts'

/** Where media files come from, the collections there, and how their paths are called here. */
export function sourcesIn(place: Place) {
  const sources = place.table(
    'sources',
    {
      id: id(),
      externalId: varchar({ length: 255 }).notNull(),
      name: varchar({ length: 255 }).notNull(),
      kind: varchar({ length: 50 }).notNull(),
      config: jsonb(),
      createdAt: stamp(),
      updatedAt: stamp(),
    },
    (table) => [unique('sources_external_id_key').on(table.externalId)],
  )
  const sourceCollections = place.table(
    'source_collections',
    {
      id: id(),
      sourceId: uuid().notNull(),
      externalId: varchar({ length: 255 }).notNull(),
      name: varchar({ length: 255 }).notNull(),
      enabled: boolean().notNull().default(false),
      config: jsonb(),
      createdAt: stamp(),
      updatedAt: stamp(),
    },
    (table) => [
      foreignKey({
        name: 'source_collections_source_id_fkey',
        columns: [table.sourceId],
        foreignColumns: [sources.id],
      }).onDelete('cascade'),
      unique('source_collections_source_id_external_id_key').on(table.sourceId, table.externalId),
      index('ix_source_collections_source_id').on(table.sourceId),
      index('ix_source_collections_enabled').on(table.enabled),
    ],
  )
  const pathMappings = place.table(
    'path_mappings',
    {
      id: id(),
      collectionId: uuid().notNull(),
      plexPath: varchar({ length: 500 }).notNull(),
      localPath: varchar({ length: 500 }).notNull(),
      createdAt: stamp(),
    },
    (table) => [
      foreignKey({
        name: 'path_mappings_collection_id_fkey',
        columns: [table.collectionId],
        foreignColumns: [sourceCollections.id],
      }).onDelete('cascade'),
      index('ix_path_mappings_collection_id').on(table.collectionId),
    ],
  )
  return { sources, sourceCollections, pathMappings }
}
