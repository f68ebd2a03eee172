import { sql } from 'drizzle-orm'
import { check, foreignKey, index, integer, numeric, unique, uuid, varchar } from 'drizzle-orm/pg-core'
import { astrid, id, moment, place, stamps } from './parts.ts'
import { surveys } from './surveys.ts'

/** One row an exposure of a survey. `observation_id` is the survey's own name for it, and not a reference. */
export const observations = astrid.table(
  'observations',
  {
    id: id(),
    surveyId: uuid().notNull(),
    observationId: varchar({ length: 255 }).notNull(),
    ...place,
    observationTime: moment().notNull(),
    filterBand: varchar({ length: 50 }).notNull(),
    exposureTime: numeric({ precision: 10, scale: 3 }).notNull(),
    fitsUrl: varchar({ length: 1000 }).notNull(),
    pixelScale: numeric({ precision: 8, scale: 4 }),
    imageWidth: integer(),
    imageHeight: integer(),
    airmass: numeric({ precision: 5, scale: 2 }),
    seeing: numeric({ precision: 6, scale: 3 }),
    status: varchar({ length: 50 })
      .notNull()
      .$default(() => 'ingested'),
    fitsFilePath: varchar({ length: 500 }),
    thumbnailPath: varchar({ length: 500 }),
    ...stamps,
  },
  (table) => [
    foreignKey({ name: 'observations_survey_id_fkey', columns: [table.surveyId], foreignColumns: [surveys.id] }),
    // Looked up by both, expecting one row at most; promised by the design, and missing from the real database.
    unique('observations_survey_id_observation_id_key').on(table.surveyId, table.observationId),
    check('observations_ra_check', sql`${table.ra} >= 0 and ${table.ra} <= 360`),
    check('observations_dec_check', sql`${table.dec} >= -90 and ${table.dec} <= 90`),
    check('observations_exposure_time_check', sql`${table.exposureTime} > 0`),
    check('observations_airmass_check', sql`${table.airmass} > 0`),
    check('observations_seeing_check', sql`${table.seeing} > 0`),
    index('idx_observations_survey_id').on(table.surveyId),
    index('idx_observations_observation_time').on(table.observationTime),
    index('idx_observations_status').on(table.status),
    index('idx_observations_ra_dec').on(table.ra, table.dec),
  ],
)
