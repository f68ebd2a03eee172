import { getColumns, sql } from 'drizzle-orm'
import { db, derive, restore } from './tables.ts'

/**
 * No video was looked at before: its tracklets, of which the old analysis has left some, are not counted, as the design has
 * it.
 */
export const added = derive('videos', ({ videos }) =>
  db.select({ id: videos.id, cvProcessed: sql`false`, trackletCount: sql`0`, cvJobId: sql`null::uuid` }).from(videos),
)

/** The columns of phase 2.1 are in the new shape what they were. */
export const old = restore('videos', ({ videos }) => {
  const { cvProcessed: _, trackletCount: __, cvJobId: ___, ...kept } = getColumns(videos)
  return db.select(kept).from(videos)
})
