import { defineRelations } from 'drizzle-orm'
import { tables } from './tables.ts'

/** How rows belong together, for Drizzle Studio and relational queries, while the old tables are there. */
export const relations = defineRelations(tables, (r) => ({
  titles: {
    seasons: r.many.seasons(),
    episodes: r.many.episodes(),
    providerRefs: r.many.providerRefs(),
  },
  seasons: {
    title: r.one.titles({ from: r.seasons.titleId, to: r.titles.id }),
    episodes: r.many.episodes(),
  },
  episodes: {
    title: r.one.titles({ from: r.episodes.titleId, to: r.titles.id }),
    season: r.one.seasons({ from: r.episodes.seasonId, to: r.seasons.id }),
    assets: r.many.assets({
      from: r.episodes.id.through(r.episodeAssets.episodeId),
      to: r.assets.id.through(r.episodeAssets.assetId),
    }),
    providerRefs: r.many.providerRefs(),
  },
  assets: {
    episodes: r.many.episodes(),
    markers: r.many.markers(),
    reviews: r.many.reviewQueue(),
    providerRefs: r.many.providerRefs(),
  },
  providerRefs: {
    title: r.one.titles({ from: r.providerRefs.titleId, to: r.titles.id }),
    episode: r.one.episodes({ from: r.providerRefs.episodeId, to: r.episodes.id }),
    asset: r.one.assets({ from: r.providerRefs.assetId, to: r.assets.id }),
  },
  markers: { asset: r.one.assets({ from: r.markers.assetId, to: r.assets.id }) },
  reviewQueue: { asset: r.one.assets({ from: r.reviewQueue.assetId, to: r.assets.id }) },
  sources: { collections: r.many.sourceCollections() },
  sourceCollections: {
    source: r.one.sources({ from: r.sourceCollections.sourceId, to: r.sources.id }),
    pathMappings: r.many.pathMappings(),
  },
  pathMappings: {
    collection: r.one.sourceCollections({ from: r.pathMappings.collectionId, to: r.sourceCollections.id }),
  },
}))
