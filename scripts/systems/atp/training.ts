import { and, isNotNull } from 'drizzle-orm'
import { metadataOf } from '../../../schema/atp/parts.ts'
import { db, legacy, restore } from './tables.ts'

/** A title with a label is a training row again; one whose label was NULL lives in the complement. */
export const training = restore(legacy.training, ({ mediaMetadata: title }, keys) =>
  db
    .select({
      imdbId: title.imdbId,
      tmdbId: title.tmdbId,
      label: title.label,
      humanLabeled: title.humanLabeled,
      anomalous: title.anomalous,
      reviewed: title.reviewed,
      mediaType: title.mediaType,
      mediaTitle: title.mediaTitle,
      season: title.season,
      episode: title.episode,
      releaseYear: title.releaseYear,
      ...metadataOf(title),
      createdAt: title.createdAt,
      updatedAt: title.updatedAt,
      confirmed: title.confirmed,
    })
    .from(title)
    .where(and(isNotNull(title.label), keys.match(title))),
)
