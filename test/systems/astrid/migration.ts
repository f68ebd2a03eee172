import { rollbackTo } from '../../../scripts/engine/rollback/phase.ts'
import { astrid } from '../../../scripts/systems/astrid/index.ts'
import { createLegacy } from '../../../scripts/systems/astrid/legacy/index.ts'
import { run } from '../../engine/migration.ts'
import type { Scratch } from '../../support/scratch.ts'
import { stepsOf } from '../steps.ts'

export const { contextOf, legacyIn, expandIn, syncIn, copyIn, verifyIn, contractIn, rollbackIn, gatesIn } = stepsOf(
  astrid,
  createLegacy,
)

export const backTo = (database: Scratch, phase: string, dryRun = false) =>
  rollbackTo(contextOf(database), phase, { dryRun })

/** The rows of the placeholder, to the byte. */
export const placeholder = (database: Scratch) =>
  run(database, 'select e::text from public.example_models as e order by e.id')

/** One row in each table that the applications fill, as they would in the weeks between the phases. */
export const observed = (database: Scratch) =>
  run(
    database,
    `insert into public.observations (id, survey_id, observation_id, ra, dec, observation_time, filter_band, exposure_time, fits_url, status)
     select 'b0000000-0000-4000-8000-000000000001', id, 'one', 10, 20, '2025-09-08 12:00+00', 'g', 30, 'https://example.org', 'ingested'
     from public.surveys
     order by id
     limit 1`,
  )
