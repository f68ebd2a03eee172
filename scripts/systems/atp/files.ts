import { and, isNotNull } from 'drizzle-orm'
import { db, derive, target } from './tables.ts'

/** A media row whose output is known, in its folder and under its name, is also a file. */
export const files = derive(target.files, ({ media }, keys) =>
  db
    .select({
      hash: media.hash,
      parentPath: media.parentPath,
      targetPath: media.targetPath,
      resolution: media.resolution,
      videoCodec: media.videoCodec,
      audioCodec: media.audioCodec,
      uploadType: media.uploadType,
      imdbId: media.imdbId,
      createdAt: media.createdAt,
      updatedAt: media.updatedAt,
    })
    .from(media)
    .where(and(isNotNull(media.parentPath), isNotNull(media.targetPath), keys.match(media))),
)
