import { tables } from './tables.ts'

/** What exists at stage expand: the two tables in a schema of their own beside the old ones, and the ledger. */
export * from '../ledger.ts'
export { associations as legacyAssociations, tracklets as legacyTracklets } from '../video/tracklets.ts'
// drizzle-kit compares all types of the schema, whosever tables have them
export { userrole } from '../video/users.ts'
export { relations } from './relations.ts'
export { beside } from './tables.ts'

export const { tracklets, associations } = tables
