/** What exists at stage contract: the same tables; the new columns that every row must have are not null, and the references and indexes are there. */
export * from '../ledger.ts'
export { processingJobs } from './processing-jobs.ts'
export * from './unchanged.ts'
export { finishedVideos as videos } from './videos.ts'
