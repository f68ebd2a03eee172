import type { System } from '../../engine/system.ts'
import { contentDerives, contentRestores } from './content.ts'
import { providerDerives, providerRestores } from './providers.ts'
import { qualityDerives, qualityRestores } from './quality.ts'
import { sourceDerives, sourceRestores } from './sources.ts'
import { legacy, target } from './tables.ts'

/** Eleven tables take other types: what they hold is the same, row by row, but for how it is written. */
export const retrovue: System = {
  name: 'retrovue',
  legacy,
  target,
  settlesIn: 'public',
  startsEmpty: true,
  // every row by itself, with what is found by an index of either shape: references lead from family to family
  family: {
    titles: ['id'],
    seasons: ['id'],
    episodes: ['id'],
    episodeAssets: ['episodeId'],
    assets: ['id'],
    markers: ['assetId'],
    reviewQueue: ['assetId'],
    providerRefs: ['id'],
    sources: ['id'],
    sourceCollections: ['id'],
    pathMappings: ['collectionId'],
  },
  derive: [...contentDerives, ...providerDerives, ...qualityDerives, ...sourceDerives],
  restore: [...contentRestores, ...providerRestores, ...qualityRestores, ...sourceRestores],
}
