import { sql } from 'drizzle-orm'
import { check, foreignKey, index, jsonb, text, uuid, varchar } from 'drizzle-orm/pg-core'
import type { assetsIn, titlesIn } from './content.ts'
import { id, lowerCase, oneOf, type Place } from './parts.ts'

/** What other systems call titles, episodes and assets. */
export function providersIn(
  place: Place,
  { titles, episodes, assets }: ReturnType<typeof titlesIn> & ReturnType<typeof assetsIn>,
) {
  const providerRefs = place.table(
    'provider_refs',
    {
      id: id(),
      entityType: varchar({ length: 50 }).notNull(),
      entityId: uuid().notNull(),
      provider: varchar({ length: 50 }).notNull(),
      providerKey: text().notNull(),
      raw: jsonb(),
      titleId: uuid(),
      episodeId: uuid(),
      assetId: uuid(),
    },
    (table) => [
      oneOf('provider_refs', 'entity_type', table.entityType, ['title', 'episode', 'asset']),
      lowerCase('provider_refs', 'provider', table.provider),
      // exactly one of the three, and the one that the other two columns speak of
      check(
        'provider_refs_entity_check',
        sql`num_nonnulls(${table.titleId}, ${table.episodeId}, ${table.assetId}) = 1 and ${table.entityId} is not distinct from case ${table.entityType} when 'title' then ${table.titleId} when 'episode' then ${table.episodeId} when 'asset' then ${table.assetId} end`,
      ),
      foreignKey({
        name: 'provider_refs_title_id_fkey',
        columns: [table.titleId],
        foreignColumns: [titles.id],
      }).onDelete('cascade'),
      foreignKey({
        name: 'provider_refs_episode_id_fkey',
        columns: [table.episodeId],
        foreignColumns: [episodes.id],
      }).onDelete('cascade'),
      foreignKey({
        name: 'provider_refs_asset_id_fkey',
        columns: [table.assetId],
        foreignColumns: [assets.id],
      }).onDelete('cascade'),
      index('ix_provider_refs_title_id').on(table.titleId),
      index('ix_provider_refs_episode_id').on(table.episodeId),
      index('ix_provider_refs_asset_id').on(table.assetId),
    ],
  )
  return { providerRefs }
}
