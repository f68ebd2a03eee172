import type { Context } from '../../../scripts/engine/context.ts'
import { contract } from '../../../scripts/engine/contract/index.ts'
import { type CopyOptions, copy } from '../../../scripts/engine/copy.ts'
import { type ExpandOptions, expand } from '../../../scripts/engine/expand.ts'
import { gates } from '../../../scripts/engine/gate/index.ts'
import { rollback } from '../../../scripts/engine/rollback/index.ts'
import { rollbackTo } from '../../../scripts/engine/rollback/phase.ts'
import { startSync } from '../../../scripts/engine/sync/index.ts'
import type { System } from '../../../scripts/engine/system.ts'
import { verify } from '../../../scripts/engine/verify.ts'
import { silent } from '../../../scripts/report.ts'
import { astrid } from '../../../scripts/systems/astrid/index.ts'
import { createLegacy } from '../../../scripts/systems/astrid/legacy/index.ts'
import type { Options } from '../../../scripts/systems/generator.ts'
import { run } from '../../engine/migration.ts'
import type { Scratch } from '../../support/scratch.ts'

export const contextOf = ({ connection }: Pick<Scratch, 'connection'>, system: System = astrid): Context => ({
  system,
  connection,
  report: silent,
  signal: new AbortController().signal,
})

export const legacyIn = ({ connection }: Scratch, options: Partial<Options> = {}) =>
  createLegacy(connection, { rows: 1000, dirt: 0.1, seed: 3, ...options }, silent)

/** Applies all phases, or some. */
export const expandIn = (database: Scratch, options: ExpandOptions = {}, system = astrid) =>
  expand(contextOf(database, system), database.url, options)

/** Keeps both shapes in step from now on. */
export const syncIn = (database: Scratch) => startSync(contextOf(database))

export const copyIn = (database: Scratch, options: Partial<CopyOptions> = {}) =>
  copy(contextOf(database), { bulk: false, batchSize: 150, workers: 2, ...options })

export const verifyIn = (database: Scratch) => verify(contextOf(database), { show: 20 })

export const contractIn = (database: Scratch) => contract(contextOf(database), { keepViews: false })

export const rollbackIn = (database: Scratch, dryRun = false) => rollback(contextOf(database), { dryRun })

export const backTo = (database: Scratch, phase: string, dryRun = false) =>
  rollbackTo(contextOf(database), phase, { dryRun })

export const gatesIn = (database: Scratch, system = astrid) => gates(system, database.connection.db)

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
