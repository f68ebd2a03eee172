import { QueryBuilder } from 'drizzle-orm/pg-core'
import { tables } from '../../../schema/tracklets/tables.ts'
import { associations, tracklets } from '../../../schema/video/tracklets.ts'
import { transforms } from '../../engine/system.ts'

/** The tables of both shapes by the names that the transforms use, referenced ones first: the same two, twice. */
export const legacy = { tracklets, associations }
export const target = tables

export const { derive, restore } = transforms(legacy, target)

/** Builds queries; the engine runs them. */
export const db = new QueryBuilder()
