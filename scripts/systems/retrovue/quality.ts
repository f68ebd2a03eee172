import { getColumns } from 'drizzle-orm'
import { markerkind, reviewstatus } from '../../../schema/retrovue/legacy.ts'
import { db, derive, legacy, restore, target } from './tables.ts'
import { asJsonb, labelOf, lower } from './values.ts'

/** Places in an asset, and assets that a person must look at. */
export const qualityDerives = [
  derive(target.markers, ({ markers }, keys) =>
    db
      .select({ ...getColumns(markers), kind: lower(markers.kind), payload: asJsonb(markers.payload) })
      .from(markers)
      .where(keys.match(markers)),
  ),
  derive(target.reviewQueue, ({ reviewQueue: review }, keys) =>
    db
      .select({ ...getColumns(review), status: lower(review.status) })
      .from(review)
      .where(keys.match(review)),
  ),
]

/** The same rows again; the old types know neither every kind of a marker nor that a review may be rejected. */
export const qualityRestores = [
  restore(legacy.markers, ({ markers }, keys) =>
    db
      .select({ ...getColumns(markers), kind: labelOf(markers.kind, markerkind) })
      .from(markers)
      .where(keys.match(markers)),
  ),
  restore(legacy.reviewQueue, ({ reviewQueue: review }, keys) =>
    db
      .select({ ...getColumns(review), status: labelOf(review.status, reviewstatus) })
      .from(review)
      .where(keys.match(review)),
  ),
]
