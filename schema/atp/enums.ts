import { snakeCase } from 'drizzle-orm/pg-core'

/** ATP's schema. Stays exported at every stage: a stage without it would plan to drop the schema. */
export const atp = snakeCase.schema('atp')

/** What a title is; live databases from V25 on have tv_episode_pack as well. */
export const mediaType = atp.enum('media_type', ['movie', 'tv_show', 'tv_season', 'unknown'])

/** How far the pipeline has taken a download, in its order. */
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

/** What the filters or a person decided about a download. */
export const rejectionStatus = atp.enum('rejection_status', ['unfiltered', 'accepted', 'rejected', 'override'])

/** Where a download came from. */
export const rssSource = atp.enum('rss_source', ['yts.mx', 'episodefeed.com'])

/** What a person or the model says of a title. */
export const labelType = atp.enum('label_type', ['would_watch', 'would_not_watch'])
