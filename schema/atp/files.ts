import { char, foreignKey, index, text, varchar } from 'drizzle-orm/pg-core'
import { atp } from './enums.ts'
import { mediaMetadata } from './media-metadata.ts'
import { hashCheck, moment } from './parts.ts'

/** One row a file that the pipeline put in its place. */
export const files = atp.table(
  'files',
  {
    hash: char({ length: 40 }).primaryKey(),
    parentPath: text(),
    targetPath: text(),
    resolution: varchar({ length: 10 }),
    videoCodec: varchar({ length: 10 }),
    audioCodec: varchar({ length: 10 }),
    uploadType: varchar({ length: 10 }),
    imdbId: varchar({ length: 10 }),
    createdAt: moment(),
    updatedAt: moment(),
  },
  (table) => [
    hashCheck('files', table),
    foreignKey({ name: 'files_imdb_id_fkey', columns: [table.imdbId], foreignColumns: [mediaMetadata.imdbId] }),
    index('idx_files_imdb_id').on(table.imdbId),
    index('idx_files_created_at').on(table.createdAt),
  ],
)
