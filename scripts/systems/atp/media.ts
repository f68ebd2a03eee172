import { eq } from 'drizzle-orm'
import { metadataOf } from '../../../schema/atp/parts.ts'
import { db, legacy, restore } from './tables.ts'

/** A download with its file's paths and its title's metadata is the media row again. */
export const media = restore(legacy.media, ({ downloads, files, mediaMetadata: title }, keys) =>
  db
    .select({
      hash: downloads.hash,
      mediaType: title.mediaType,
      mediaTitle: title.mediaTitle,
      season: title.season,
      episode: title.episode,
      releaseYear: title.releaseYear,
      pipelineStatus: downloads.pipelineStatus,
      errorStatus: downloads.errorStatus,
      errorCondition: downloads.errorCondition,
      rejectionStatus: downloads.rejectionStatus,
      rejectionReason: downloads.rejectionReason,
      parentPath: files.parentPath,
      targetPath: files.targetPath,
      originalTitle: downloads.originalTitle,
      originalPath: downloads.originalPath,
      originalLink: downloads.originalLink,
      rssSource: downloads.rssSource,
      uploader: downloads.uploader,
      imdbId: downloads.imdbId,
      tmdbId: title.tmdbId,
      ...metadataOf(title),
      resolution: downloads.resolution,
      videoCodec: downloads.videoCodec,
      uploadType: downloads.uploadType,
      audioCodec: downloads.audioCodec,
      createdAt: downloads.createdAt,
      updatedAt: downloads.updatedAt,
    })
    .from(downloads)
    .leftJoin(files, eq(files.hash, downloads.hash))
    .leftJoin(title, eq(title.imdbId, downloads.imdbId))
    .where(keys.match(downloads)),
)
