import { migrate } from 'drizzle-orm/postgres-js/migrator'
import type { Connection } from '../../scripts/database/connect.ts'
import { contract } from '../../scripts/engine/contract/index.ts'
import { copy } from '../../scripts/engine/copy.ts'
import { currentPhase } from '../../scripts/engine/ledger.ts'
import { stepsFolder } from '../../scripts/engine/preflight/steps.ts'
import { rollback } from '../../scripts/engine/rollback/index.ts'
import { startSync } from '../../scripts/engine/sync/index.ts'
import { verify } from '../../scripts/engine/verify.ts'
import { atp } from '../../scripts/systems/atp/index.ts'
import { type Scratch, template } from '../support/scratch.ts'
import { contextOf, legacyIn, run } from './migration.ts'
import { fingerprint, legacyNames } from './rebuild.ts'

type Database = Pick<Scratch, 'connection'>

export const contractIn = (database: Database, keepViews = false) => contract(contextOf(database), { keepViews })

export const rollbackIn = (database: Database, dryRun = false) => rollback(contextOf(database), { dryRun })

export const phaseIn = (database: Database) => currentPhase(contextOf(database))

/** The bytes of every legacy row. */
export const legacyRows = (database: Database) => fingerprint(database, legacyNames, false)

/** The relations of the system's schema, each with its kind. */
export async function relations(database: Database): Promise<Record<string, unknown>> {
  const found = await run(
    database,
    `select relname::text as name, relkind::text as kind
     from pg_class
     where relnamespace = 'atp'::regnamespace and relkind in ('r', 'v')`,
  )
  return Object.fromEntries(found.map(({ name, kind }) => [name, kind]))
}

async function verified(connection: Connection) {
  const context = contextOf({ connection })
  await legacyIn({ url: '', connection }, { rows: 400, version: 24, seed: 7 })
  await migrate(connection.db, { migrationsFolder: stepsFolder(atp) })
  await startSync(context)
  await copy(context, { bulk: false, batchSize: 500, workers: 1 })
  await verify(context, { show: 0 })
}

/** A template of a small legacy of V24, dirt included, kept in step, copied and proven. */
export const verifiedLegacy = () => template('verified_v24', verified)

/** The same after the contract. */
export const contractedLegacy = () =>
  template('contracted_v24', async (connection) => {
    await verified(connection)
    await contractIn({ connection })
  })
