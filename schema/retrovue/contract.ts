import { inPublic } from './parts.ts'
import { tablesIn } from './tables.ts'

/** What exists at stage contract: the eleven tables under the names that the old ones had, and the ledger. */
export * from '../ledger.ts'

export const {
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
} = tablesIn(inPublic)
