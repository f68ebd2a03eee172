/** What exists at stage contract: the same tables; every video says whether it was looked at, and refers to a job that is there. */
export * from '../ledger.ts'
export { processingJobs } from '../video/processing-jobs.ts'
export * from '../video/unchanged.ts'
export { finishedVideos as videos } from './videos.ts'
