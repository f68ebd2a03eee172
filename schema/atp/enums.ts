import { snakeCase } from 'drizzle-orm/pg-core'

/** Must stay exported at every stage: a stage without it would plan to drop the schema. */
export const atp = snakeCase.schema('atp')

/** Live databases from V25 on have tv_episode_pack as well. */
export const mediaType = atp.enum('media_type', ['movie', 'tv_show', 'tv_season', 'unknown'])

export const pipelineStatus = atp.enum('pipeline_status', [
  'ingested',
  'paused',
  'parsed',
  'rejected',
  'file_accepted',
  'metadata_collected',
  'media_accepted',
  'downloading',
  'downloaded',
  'transferred',
  'complete',
])

export const rejectionStatus = atp.enum('rejection_status', ['unfiltered', 'accepted', 'rejected', 'override'])

export const rssSource = atp.enum('rss_source', ['yts.mx', 'episodefeed.com'])

export const labelType = atp.enum('label_type', ['would_watch', 'would_not_watch'])
