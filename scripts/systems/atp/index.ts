import { sql } from 'drizzle-orm'
import { movies } from '../../../schema/atp/views.ts'
import type { System } from '../../engine/system.ts'
import { downloads } from './downloads.ts'
import { files } from './files.ts'
import { media } from './media.ts'
import { mediaMetadata } from './media-metadata.ts'
import { mediaMetrics } from './media-metrics.ts'
import { prediction } from './prediction.ts'
import { legacy, target } from './tables.ts'
import { training } from './training.ts'

/** Media, training and prediction become downloads, files, media_metadata and media_metrics. */
export const atp: System = {
  name: 'atp',
  legacy,
  target,
  views: [movies],
  // a title, or the single torrent where it has none
  family: {
    media: ['imdbId', 'hash'],
    training: ['imdbId'],
    prediction: ['imdbId'],
    mediaMetadata: ['imdbId'],
    downloads: ['imdbId', 'hash'],
    files: ['imdbId', 'hash'],
    mediaMetrics: ['imdbId'],
  },
  derive: [mediaMetadata, downloads, files, mediaMetrics],
  restore: [media, training, prediction],
  legacyVersion: {
    table: 'public.flyway_schema_history',
    query: sql`
      select max(version::integer) as version
      from public.flyway_schema_history
      where success
        and version ~ '^[0-9]+$'`,
  },
}
