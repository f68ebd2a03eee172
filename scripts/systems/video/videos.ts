import { eq, type SQLWrapper, sql } from 'drizzle-orm'
import { db, derive, restore } from './tables.ts'

/** A time of the legacy, which is UTC, whatever the zone of the session or of the database. */
const asUtc = (time: SQLWrapper) => sql`${time} at time zone 'UTC'`

/**
 * The new columns of a video, as the design's update gives them. A pin that is missing leaves its mall unknown, and
 * nothing else. `processed` is in the new shape a status: whoever sets only the one sets the other.
 */
export const added = derive('videos', ({ videos, cameraPins }) =>
  db
    .select({
      id: videos.id,
      mallId: cameraPins.mallId,
      pinId: videos.cameraPinId,
      filename: videos.originalFilename,
      originalPath: videos.filePath,
      proxyPath: sql`null::varchar`,
      checksumSha256: sql`null::varchar`,
      width: sql`null::integer`,
      height: sql`null::integer`,
      fps: sql`null::numeric`,
      codec: sql`null::varchar`,
      recordedAt: sql`null::timestamptz`,
      operatorNotes: sql`null::text`,
      uploadedByUserId: sql`null::uuid`,
      uploadStatus: sql`'uploaded'`,
      processingJobId: sql`null::varchar`,
      processingError: sql`null::text`,
      uploadedAt: asUtc(videos.uploadTimestamp),
      processingStartedAt: sql`null::timestamptz`,
      processingCompletedAt: sql`null::timestamptz`,
      updatedAt: asUtc(videos.createdAt),
      processingStatus: sql`case
        when ${videos.processed} then 'completed'
        when ${videos.processingStatus} = 'completed' then 'pending'
        else ${videos.processingStatus}
      end`,
    })
    .from(videos)
    .leftJoin(cameraPins, eq(videos.cameraPinId, cameraPins.id)),
)

/** The old columns, for those who read and write the new ones alone. A path that is not known is empty: the old one must not be null. */
export const old = restore('videos', ({ videos }) =>
  db
    .select({
      id: videos.id,
      cameraPinId: videos.pinId,
      filePath: sql`coalesce(${videos.originalPath}, '')`,
      originalFilename: videos.filename,
      fileSizeBytes: videos.fileSizeBytes,
      durationSeconds: videos.durationSeconds,
      processed: sql`${videos.processingStatus} = 'completed'`,
      processingStatus: videos.processingStatus,
      uploadTimestamp: asUtc(videos.uploadedAt),
      createdAt: videos.createdAt,
    })
    .from(videos),
)
