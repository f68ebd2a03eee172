import { defineRelations } from 'drizzle-orm'
import { complement, migration, proof, quarantine, shard } from '../ledger.ts'
import { downloads } from './downloads.ts'
import { files } from './files.ts'
import { media, prediction, training } from './legacy.ts'
import { mediaMetadata } from './media-metadata.ts'
import { mediaMetrics } from './media-metrics.ts'

const tables = {
  media,
  training,
  prediction,
  downloads,
  files,
  mediaMetadata,
  mediaMetrics,
  migration,
  shard,
  complement,
  quarantine,
  proof,
}

/** How rows belong together, for Drizzle Studio and relational queries; the legacy ones have no foreign keys behind them. */
export const relations = defineRelations(tables, (r) => ({
  media: {
    training: r.one.training({ from: r.media.imdbId, to: r.training.imdbId }),
    download: r.one.downloads({ from: r.media.hash, to: r.downloads.hash }),
    file: r.one.files({ from: r.media.hash, to: r.files.hash }),
  },
  training: {
    media: r.many.media(),
    prediction: r.one.prediction({ from: r.training.imdbId, to: r.prediction.imdbId }),
  },
  downloads: {
    metadata: r.one.mediaMetadata({ from: r.downloads.imdbId, to: r.mediaMetadata.imdbId }),
    file: r.one.files({ from: r.downloads.hash, to: r.files.hash }),
  },
  files: {
    metadata: r.one.mediaMetadata({ from: r.files.imdbId, to: r.mediaMetadata.imdbId }),
  },
  mediaMetadata: {
    downloads: r.many.downloads(),
    files: r.many.files(),
    metrics: r.one.mediaMetrics({ from: r.mediaMetadata.imdbId, to: r.mediaMetrics.imdbId }),
  },
  migration: {
    shards: r.many.shard({ from: r.migration.system, to: r.shard.system }),
    complement: r.many.complement({ from: r.migration.system, to: r.complement.system }),
    quarantine: r.many.quarantine({ from: r.migration.system, to: r.quarantine.system }),
    proofs: r.many.proof({ from: r.migration.system, to: r.proof.system }),
  },
}))
