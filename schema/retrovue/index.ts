import { tables } from './tables.ts'

/** What exists at stage expand: the eleven tables in a schema of their own beside the old ones, and the ledger. */
export * from '../ledger.ts'
export {
  assets as legacyAssets,
  entitytype,
  episodeAssets as legacyEpisodeAssets,
  episodes as legacyEpisodes,
  markerkind,
  markers as legacyMarkers,
  pathMappings as legacyPathMappings,
  provider,
  providerRefs as legacyProviderRefs,
  reviewQueue as legacyReviewQueue,
  reviewstatus,
  seasons as legacySeasons,
  sourceCollections as legacySourceCollections,
  sources as legacySources,
  titlekind,
  titles as legacyTitles,
} from './legacy.ts'
export { retrovue } from './parts.ts'
export { relations } from './relations.ts'

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
} = tables
