import { getColumns, sql } from 'drizzle-orm'
import { db, derive, legacy, restore, target } from './tables.ts'
import { asBytes, asUtc, asVector, secondsBetween } from './values.ts'

/**
 * Tracklets in the new types, and what refers to them as it is. Nothing in the old row says when it was made: that is taken
 * for the moment from which it tells.
 */
export const derives = [
  derive(target.tracklets, ({ tracklets }, keys) =>
    db
      .select({
        ...getColumns(tracklets),
        tIn: asUtc(tracklets.tIn),
        tOut: asUtc(tracklets.tOut),
        durationSeconds: secondsBetween(tracklets.tIn, tracklets.tOut),
        outfitVec: asBytes(tracklets.outfitVec),
        quality: sql`${tracklets.quality}::numeric`,
        createdAt: asUtc(tracklets.tIn),
      })
      .from(tracklets)
      .where(keys.match(tracklets)),
  ),
  derive(target.associations, ({ associations }, keys) =>
    db.select(getColumns(associations)).from(associations).where(keys.match(associations)),
  ),
]

/** The same rows again; how long a tracklet lasts and when it was made the old table does not say. */
export const restores = [
  restore(legacy.tracklets, ({ tracklets }, keys) => {
    const { durationSeconds: _seconds, createdAt: _made, ...columns } = getColumns(tracklets)
    return db
      .select({
        ...columns,
        tIn: asUtc(tracklets.tIn),
        tOut: asUtc(tracklets.tOut),
        outfitVec: asVector(tracklets.outfitVec),
        quality: sql`${tracklets.quality}::float8`,
      })
      .from(tracklets)
      .where(keys.match(tracklets))
  }),
  restore(legacy.associations, ({ associations }, keys) =>
    db.select(getColumns(associations)).from(associations).where(keys.match(associations)),
  ),
]
