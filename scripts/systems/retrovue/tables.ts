import { QueryBuilder } from 'drizzle-orm/pg-core'
import {
  assets,
  episodeAssets,
  episodes,
  markers,
  pathMappings,
  providerRefs,
  reviewQueue,
  seasons,
  sourceCollections,
  sources,
  titles,
} from '../../../schema/retrovue/legacy.ts'
import { tables } from '../../../schema/retrovue/tables.ts'
import { transforms } from '../../engine/system.ts'

/** The tables of both shapes by the names that the transforms use, referenced ones first: the same eleven, twice. */
export const legacy = {
  titles,
  seasons,
  episodes,
  assets,
  episodeAssets,
  providerRefs,
  markers,
  reviewQueue,
  sources,
  sourceCollections,
  pathMappings,
}
export const target = tables

export const { derive, restore } = transforms(legacy, target)

/** Builds queries; the engine runs them. */
export const db = new QueryBuilder()
