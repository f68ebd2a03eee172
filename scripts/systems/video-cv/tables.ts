import { QueryBuilder } from 'drizzle-orm/pg-core'
import { finishedVideos, videos } from '../../../schema/video-cv/videos.ts'
import { extending } from '../../engine/extend/extension.ts'
import { legacy as phase1, finished as phase2 } from '../video/tables.ts'

/** The eleven tables that phase 2.1 has left, by the names that the queries use. */
export const legacy = { ...phase1, ...phase2 }

/** The table that is extended. */
export const target = { videos }

/** It and the table that it refers to, as they are in the end. */
export const finished = { videos: finishedVideos, processingJobs: phase2.processingJobs }

export const { derive, restore } = extending(legacy, target)

/** Builds queries; the engine runs them. */
export const db = new QueryBuilder()
