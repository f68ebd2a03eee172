import { boolean, char, foreignKey, index, text, varchar } from 'drizzle-orm/pg-core'
import { atp, pipelineStatus, rejectionStatus, rssSource } from './enums.ts'
import { mediaMetadata } from './media-metadata.ts'
import { hashCheck, moment } from './parts.ts'

/** One row a download: where it came from and how far the pipeline took it. */
export const downloads = atp.table(
  'downloads',
  {
    hash: char({ length: 40 }).primaryKey(),
    originalTitle: text().notNull(),
    originalPath: text(),
    originalLink: text(),
    rssSource: rssSource(),
    uploader: varchar({ length: 25 }),
    pipelineStatus: pipelineStatus().notNull().default('ingested'),
    errorStatus: boolean().notNull().default(false),
    errorCondition: text(),
    rejectionStatus: rejectionStatus().notNull().default('unfiltered'),
    rejectionReason: text(),
    resolution: varchar({ length: 10 }),
    videoCodec: varchar({ length: 10 }),
    audioCodec: varchar({ length: 10 }),
    uploadType: varchar({ length: 10 }),
    imdbId: varchar({ length: 10 }),
    createdAt: moment(),
    updatedAt: moment(),
  },
  (table) => [
    hashCheck('downloads', table),
    foreignKey({ name: 'downloads_imdb_id_fkey', columns: [table.imdbId], foreignColumns: [mediaMetadata.imdbId] }),
    index('idx_downloads_pipeline_status').on(table.pipelineStatus),
    index('idx_downloads_imdb_id').on(table.imdbId),
    index('idx_downloads_created_at').on(table.createdAt),
  ],
)
