/** What exists at stage expand: the eleven tables of phase 2.1, of which one has new columns beside its own, and the ledger. */
export * from '../ledger.ts'
export { processingJobs } from '../video/processing-jobs.ts'
export * from '../video/unchanged.ts'
export { relations } from './relations.ts'
export { videos } from './videos.ts'
