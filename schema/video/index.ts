/** What exists at stage expand: the ten tables, of which one has its new columns beside the old ones, jobs, and the ledger. */
export * from '../ledger.ts'
export { processingJobs } from './processing-jobs.ts'
export { relations } from './relations.ts'
export * from './unchanged.ts'
export { videos } from './videos.ts'
