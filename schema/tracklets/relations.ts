import { defineRelations } from 'drizzle-orm'
import { cameraPins } from '../video/camera-pins.ts'
import { malls } from '../video/malls.ts'
import { legacyVideos as videos } from '../video/videos.ts'
import { tables } from './tables.ts'

/** How rows belong together, for Drizzle Studio and relational queries, while the old tables are there. */
export const relations = defineRelations({ ...tables, malls, cameraPins, videos }, (r) => ({
  tracklets: {
    mall: r.one.malls({ from: r.tracklets.mallId, to: r.malls.id }),
    pin: r.one.cameraPins({ from: r.tracklets.pinId, to: r.cameraPins.id }),
    video: r.one.videos({ from: r.tracklets.videoId, to: r.videos.id }),
    following: r.many.associations({ from: r.tracklets.id, to: r.associations.fromTrackletId, alias: 'from' }),
    preceding: r.many.associations({ from: r.tracklets.id, to: r.associations.toTrackletId, alias: 'to' }),
  },
  associations: {
    mall: r.one.malls({ from: r.associations.mallId, to: r.malls.id }),
    from: r.one.tracklets({ from: r.associations.fromTrackletId, to: r.tracklets.id, alias: 'from' }),
    to: r.one.tracklets({ from: r.associations.toTrackletId, to: r.tracklets.id, alias: 'to' }),
  },
  videos: { tracklets: r.many.tracklets({ from: r.videos.id, to: r.tracklets.videoId }) },
}))
