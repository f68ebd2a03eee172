import { defineRelations } from 'drizzle-orm'
import { processingJobs } from '../video/processing-jobs.ts'
import { cameraPins, malls, tracklets } from '../video/unchanged.ts'
import { videos } from './videos.ts'

/** How a video, its jobs and its tracklets belong together: it has many jobs, one of which may be the one that looked at it. */
export const relations = defineRelations({ malls, cameraPins, videos, processingJobs, tracklets }, (r) => ({
  videos: {
    mall: r.one.malls({ from: r.videos.mallId, to: r.malls.id }),
    pin: r.one.cameraPins({ from: r.videos.pinId, to: r.cameraPins.id }),
    cvJob: r.one.processingJobs({ from: r.videos.cvJobId, to: r.processingJobs.id, alias: 'cv_job' }),
    processingJobs: r.many.processingJobs({ from: r.videos.id, to: r.processingJobs.videoId, alias: 'jobs' }),
    tracklets: r.many.tracklets({ from: r.videos.id, to: r.tracklets.videoId }),
  },
  processingJobs: { video: r.one.videos({ from: r.processingJobs.videoId, to: r.videos.id, alias: 'jobs' }) },
  tracklets: { video: r.one.videos({ from: r.tracklets.videoId, to: r.videos.id }) },
}))
