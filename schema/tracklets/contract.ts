import { video } from '../video/parts.ts'
import { tablesIn } from './tables.ts'

/** What exists at stage contract: the two tables under the names that the old ones had, with their references to others, and the ledger. */
export * from '../ledger.ts'
export { userrole } from '../video/users.ts'

export const { tracklets, associations } = tablesIn(video, true)
