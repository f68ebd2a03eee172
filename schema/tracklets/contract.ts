import { video } from '../video/parts.ts'
import { tablesIn } from './tables.ts'

/** What exists at stage contract: the two tables under the names that the old ones had, and the ledger. */
export * from '../ledger.ts'

export const { tracklets, associations } = tablesIn(video)
