import { db, derive, target } from './tables.ts'

/** Every media row is a download. */
export const downloads = derive(target.downloads, ({ media }, keys) =>
  db
    .select({
      hash: media.hash,
      originalTitle: media.originalTitle,
      originalPath: media.originalPath,
      originalLink: media.originalLink,
      rssSource: media.rssSource,
      uploader: media.uploader,
      pipelineStatus: media.pipelineStatus,
      errorStatus: media.errorStatus,
      errorCondition: media.errorCondition,
      rejectionStatus: media.rejectionStatus,
      rejectionReason: media.rejectionReason,
      resolution: media.resolution,
      videoCodec: media.videoCodec,
      audioCodec: media.audioCodec,
      uploadType: media.uploadType,
      imdbId: media.imdbId,
      createdAt: media.createdAt,
      updatedAt: media.updatedAt,
    })
    .from(media)
    .where(keys.match(media)),
)
