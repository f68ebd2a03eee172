import { QueryBuilder } from 'drizzle-orm/pg-core'
import { downloads } from '../../../schema/atp/downloads.ts'
import { files } from '../../../schema/atp/files.ts'
import { legacyRange } from '../../../schema/atp/legacy.ts'
import { mediaMetadata } from '../../../schema/atp/media-metadata.ts'
import { mediaMetrics } from '../../../schema/atp/media-metrics.ts'
import { transforms } from '../../engine/system.ts'

/** The tables of both shapes by the names that the transforms use. */
export const legacy = legacyRange
export const target = { mediaMetadata, downloads, files, mediaMetrics }

export const { derive, restore } = transforms(legacy, target)

/** Builds queries; the engine runs them. */
export const db = new QueryBuilder()
