import { getTableConfig } from 'drizzle-orm/pg-core'
import { inject } from 'vitest'
import type { Context } from '../../../scripts/engine/context.ts'
import { contract } from '../../../scripts/engine/contract/index.ts'
import { type CopyOptions, copy } from '../../../scripts/engine/copy.ts'
import { type ExpandOptions, expand } from '../../../scripts/engine/expand.ts'
import { rollback } from '../../../scripts/engine/rollback/index.ts'
import { startSync } from '../../../scripts/engine/sync/index.ts'
import type { System } from '../../../scripts/engine/system.ts'
import { verify } from '../../../scripts/engine/verify.ts'
import { silent } from '../../../scripts/report.ts'
import type { Options } from '../../../scripts/systems/generator.ts'
import { tracklets } from '../../../scripts/systems/tracklets/index.ts'
import { createLegacy } from '../../../scripts/systems/tracklets/legacy/index.ts'
import { catalogsOf } from '../../engine/catalogs.ts'
import { run } from '../../engine/migration.ts'
import { type Scratch, template } from '../../support/scratch.ts'

export const contextOf = ({ connection }: Pick<Scratch, 'connection'>, system: System = tracklets): Context => ({
  system,
  connection,
  report: silent,
  signal: new AbortController().signal,
})

export const legacyIn = ({ connection }: Scratch, options: Partial<Options> = {}) =>
  createLegacy(connection, { rows: 1000, dirt: 0.1, seed: 3, ...options }, silent)

/** Makes the new tables beside the old ones. */
export const expandIn = (database: Scratch, options: ExpandOptions = {}, system = tracklets) =>
  expand(contextOf(database, system), database.url, options)

/** Keeps both shapes in step from now on. */
export const syncIn = (database: Scratch) => startSync(contextOf(database))

export const copyIn = (database: Scratch, options: Partial<CopyOptions> = {}) =>
  copy(contextOf(database), { bulk: false, batchSize: 150, workers: 2, ...options })

export const verifyIn = (database: Scratch) => verify(contextOf(database), { show: 20 })

export const contractIn = (database: Scratch) => contract(contextOf(database), { keepViews: false })

export const rollbackIn = (database: Scratch, dryRun = false) => rollback(contextOf(database), { dryRun })

export const names = Object.values(tracklets.legacy).map((table) => getTableConfig(table).name)

/** The rows of every legacy table, to the byte. */
export async function rowsOf(database: Scratch, schema = 'public'): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {}
  for (const name of names)
    found[name] = (
      await run(database, `select t::text as row from ${schema}.${name} as t order by t::text collate "C"`)
    ).map(({ row }) => row)
  return found
}

/** Where the database is: rows and catalogs. */
export const stateOf = async (database: Scratch) => ({
  rows: await rowsOf(database),
  catalogs: await catalogsOf(database),
})

/** A template of a legacy with every trap, kept in step, copied and proven. */
export const verified = () =>
  template('tracklets_verified', async (connection) => {
    const [row] = await run({ connection }, 'select current_database() as name')
    const url = new URL(inject('serverUrl'))
    url.pathname = `/${row?.name}`
    const database = { connection, url: url.href, drop: async () => {} }
    await legacyIn(database)
    await expandIn(database)
    await syncIn(database)
    await copyIn(database)
    const { identical } = await verifyIn(database)
    if (!identical) throw new Error('a fresh copy is not identical')
  })
