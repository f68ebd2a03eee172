import { QueryBuilder } from 'drizzle-orm/pg-core'
import { processingJobs } from '../../../schema/video/processing-jobs.ts'
import * as unchanged from '../../../schema/video/unchanged.ts'
import { finishedVideos, legacyVideos, videos } from '../../../schema/video/videos.ts'
import { extending } from '../../engine/extend/extension.ts'

const { malls, tenants, stores, users, cameraPins, visitorProfiles, journeys, tracklets, associations } = unchanged

/** The ten tables by the names that the queries use. */
export const legacy = {
  malls,
  visitorProfiles,
  tenants,
  stores,
  users,
  cameraPins,
  journeys,
  videos: legacyVideos,
  tracklets,
  associations,
}

/** The table that is extended, and the one that is new. */
export const target = { videos, processingJobs }

/** Both as they are in the end. */
export const finished = { videos: finishedVideos, processingJobs }

export const { derive, restore } = extending(legacy, target)

/** Builds queries; the engine runs them. */
export const db = new QueryBuilder()
