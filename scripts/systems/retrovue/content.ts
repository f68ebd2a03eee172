import { getColumns } from 'drizzle-orm'
import { titlekind } from '../../../schema/retrovue/legacy.ts'
import { db, derive, legacy, restore, target } from './tables.ts'
import { asInteger, asJsonb, labelOf, lower } from './values.ts'

/** Titles, seasons, episodes, assets, and which assets are of which episodes: row by row what they were, in other types. */
export const contentDerives = [
  derive(target.titles, ({ titles }, keys) =>
    db
      .select({ ...getColumns(titles), kind: lower(titles.kind), externalIds: asJsonb(titles.externalIds) })
      .from(titles)
      .where(keys.match(titles)),
  ),
  derive(target.seasons, ({ seasons }, keys) =>
    db.select(getColumns(seasons)).from(seasons).where(keys.match(seasons)),
  ),
  derive(target.episodes, ({ episodes }, keys) =>
    db
      .select({ ...getColumns(episodes), externalIds: asJsonb(episodes.externalIds) })
      .from(episodes)
      .where(keys.match(episodes)),
  ),
  derive(target.assets, ({ assets }, keys) => db.select(getColumns(assets)).from(assets).where(keys.match(assets))),
  derive(target.episodeAssets, ({ episodeAssets }, keys) =>
    db.select(getColumns(episodeAssets)).from(episodeAssets).where(keys.match(episodeAssets)),
  ),
]

/** The same rows again. */
export const contentRestores = [
  restore(legacy.titles, ({ titles }, keys) =>
    db
      .select({ ...getColumns(titles), kind: labelOf(titles.kind, titlekind) })
      .from(titles)
      .where(keys.match(titles)),
  ),
  restore(legacy.seasons, ({ seasons }, keys) =>
    db.select(getColumns(seasons)).from(seasons).where(keys.match(seasons)),
  ),
  restore(legacy.episodes, ({ episodes }, keys) =>
    db.select(getColumns(episodes)).from(episodes).where(keys.match(episodes)),
  ),
  restore(legacy.assets, ({ assets }, keys) =>
    db
      .select({ ...getColumns(assets), size: asInteger(assets.size) })
      .from(assets)
      .where(keys.match(assets)),
  ),
  restore(legacy.episodeAssets, ({ episodeAssets }, keys) =>
    db.select(getColumns(episodeAssets)).from(episodeAssets).where(keys.match(episodeAssets)),
  ),
]
