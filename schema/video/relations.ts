import { defineRelations } from 'drizzle-orm'
import { processingJobs } from './processing-jobs.ts'
import {
  associations,
  cameraPins,
  journeys,
  malls,
  stores,
  tenants,
  tracklets,
  users,
  visitorProfiles,
} from './unchanged.ts'
import { videos } from './videos.ts'

const tables = {
  malls,
  tenants,
  stores,
  users,
  cameraPins,
  visitorProfiles,
  journeys,
  videos,
  processingJobs,
  tracklets,
  associations,
}

/** How rows belong together, for Drizzle Studio and relational queries. A video has its pin twice, by the old name and by the new. */
export const relations = defineRelations(tables, (r) => ({
  malls: { pins: r.many.cameraPins(), videos: r.many.videos(), tenants: r.many.tenants(), stores: r.many.stores() },
  tenants: { mall: r.one.malls({ from: r.tenants.mallId, to: r.malls.id }) },
  stores: {
    mall: r.one.malls({ from: r.stores.mallId, to: r.malls.id }),
    tenant: r.one.tenants({ from: r.stores.tenantId, to: r.tenants.id }),
  },
  cameraPins: {
    mall: r.one.malls({ from: r.cameraPins.mallId, to: r.malls.id }),
    videos: r.many.videos({ from: r.cameraPins.id, to: r.videos.pinId, alias: 'pin' }),
  },
  videos: {
    mall: r.one.malls({ from: r.videos.mallId, to: r.malls.id }),
    pin: r.one.cameraPins({ from: r.videos.pinId, to: r.cameraPins.id, alias: 'pin' }),
    cameraPin: r.one.cameraPins({ from: r.videos.cameraPinId, to: r.cameraPins.id, alias: 'camera_pin' }),
    uploadedBy: r.one.users({ from: r.videos.uploadedByUserId, to: r.users.id }),
    processingJobs: r.many.processingJobs(),
    tracklets: r.many.tracklets(),
  },
  processingJobs: { video: r.one.videos({ from: r.processingJobs.videoId, to: r.videos.id }) },
  tracklets: { video: r.one.videos({ from: r.tracklets.videoId, to: r.videos.id }) },
  journeys: { visitor: r.one.visitorProfiles({ from: r.journeys.visitorId, to: r.visitorProfiles.id }) },
}))
