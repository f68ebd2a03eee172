import { boolean, foreignKey, index, integer, numeric, uuid } from 'drizzle-orm/pg-core'
import { differenceRuns } from './difference-runs.ts'
import { candidateStatus } from './enums.ts'
import { observations } from './observations.ts'
import { astrid, id, place, stamps } from './parts.ts'

/** One row a potential transient that differencing has found. */
export const candidates = astrid.table(
  'candidates',
  {
    id: id(),
    differenceRunId: uuid().notNull(),
    observationId: uuid().notNull(),
    ...place,
    pixelX: integer().notNull(),
    pixelY: integer().notNull(),
    flux: numeric({ precision: 15, scale: 6 }),
    fluxError: numeric({ precision: 15, scale: 6 }),
    significance: numeric({ precision: 10, scale: 3 }),
    snr: numeric({ precision: 8, scale: 3 }),
    fwhm: numeric({ precision: 8, scale: 3 }),
    ellipticity: numeric({ precision: 5, scale: 3 }),
    positionAngle: numeric({ precision: 6, scale: 2 }),
    isSaturated: boolean()
      .notNull()
      .$default(() => false),
    isBlended: boolean()
      .notNull()
      .$default(() => false),
    isEdge: boolean()
      .notNull()
      .$default(() => false),
    status: candidateStatus()
      .notNull()
      .$default(() => 'PENDING'),
    ...stamps,
  },
  (table) => [
    foreignKey({
      name: 'candidates_difference_run_id_fkey',
      columns: [table.differenceRunId],
      foreignColumns: [differenceRuns.id],
    }),
    foreignKey({
      name: 'candidates_observation_id_fkey',
      columns: [table.observationId],
      foreignColumns: [observations.id],
    }),
    // Promised by the design, and missing from the real database.
    index('idx_candidates_difference_run_id').on(table.differenceRunId),
    index('idx_candidates_ra_dec').on(table.ra, table.dec),
    index('idx_candidates_significance').on(table.significance),
    index('idx_candidates_status').on(table.status),
  ],
)
