import { getColumns } from 'drizzle-orm'
import { db, derive, legacy, restore, target } from './tables.ts'
import { asJsonb } from './values.ts'

/** Where media files come from, the collections there, and what their paths are called here. */
export const sourceDerives = [
  derive(target.sources, ({ sources }, keys) =>
    db
      .select({ ...getColumns(sources), config: asJsonb(sources.config) })
      .from(sources)
      .where(keys.match(sources)),
  ),
  derive(target.sourceCollections, ({ sourceCollections: collections }, keys) =>
    db
      .select({ ...getColumns(collections), config: asJsonb(collections.config) })
      .from(collections)
      .where(keys.match(collections)),
  ),
  derive(target.pathMappings, ({ pathMappings }, keys) =>
    db.select(getColumns(pathMappings)).from(pathMappings).where(keys.match(pathMappings)),
  ),
]

/** The same rows again. */
export const sourceRestores = [
  restore(legacy.sources, ({ sources }, keys) =>
    db.select(getColumns(sources)).from(sources).where(keys.match(sources)),
  ),
  restore(legacy.sourceCollections, ({ sourceCollections }, keys) =>
    db.select(getColumns(sourceCollections)).from(sourceCollections).where(keys.match(sourceCollections)),
  ),
  restore(legacy.pathMappings, ({ pathMappings }, keys) =>
    db.select(getColumns(pathMappings)).from(pathMappings).where(keys.match(pathMappings)),
  ),
]
