import { getTableConfig } from 'drizzle-orm/pg-core'
import { expect, inject } from 'vitest'
import type { Connection } from '../../scripts/database/connect.ts'
import type { Context } from '../../scripts/engine/context.ts'
import { contract } from '../../scripts/engine/contract/index.ts'
import { type CopyOptions, copy } from '../../scripts/engine/copy.ts'
import { type ExpandOptions, expand } from '../../scripts/engine/expand.ts'
import { gates } from '../../scripts/engine/gate/index.ts'
import { rollback } from '../../scripts/engine/rollback/index.ts'
import { startSync, stopSync } from '../../scripts/engine/sync/index.ts'
import type { System } from '../../scripts/engine/system.ts'
import { verify } from '../../scripts/engine/verify.ts'
import { type Report, silent } from '../../scripts/report.ts'
import type { Options } from '../../scripts/systems/generator.ts'
import { catalogsOf } from '../engine/catalogs.ts'
import { run } from '../engine/migration.ts'
import { type Scratch, template } from '../support/scratch.ts'

type Generator = (
  connection: Connection,
  options: Options,
  report: Report,
) => Promise<{ tables: Record<string, number> }>

/** The steps of a system's migration, each on a scratch database. */
export function stepsOf(own: System, createLegacy: Generator) {
  const contextOf = ({ connection }: Pick<Scratch, 'connection'>, system = own): Context => ({
    system,
    connection,
    report: silent,
    signal: new AbortController().signal,
  })
  const names = Object.values(own.legacy).map((table) => getTableConfig(table).name)
  const steps = {
    contextOf,
    names,
    legacyIn: ({ connection }: Scratch, options: Partial<Options> = {}) =>
      createLegacy(connection, { rows: 1000, dirt: 0.1, seed: 3, ...options }, silent),
    expandIn: (database: Scratch, options: ExpandOptions = {}, system = own) =>
      expand(contextOf(database, system), database.url, options),
    syncIn: (database: Scratch) => startSync(contextOf(database)),
    stopIn: (database: Scratch) => stopSync(contextOf(database)),
    copyIn: (database: Scratch, options: Partial<CopyOptions> = {}) =>
      copy(contextOf(database), { bulk: false, batchSize: 150, workers: 2, ...options }),
    verifyIn: (database: Scratch, show = 20) => verify(contextOf(database), { show }),
    contractIn: (database: Scratch) => contract(contextOf(database), { keepViews: false }),
    rollbackIn: (database: Scratch, dryRun = false) => rollback(contextOf(database), { dryRun }),
    gatesIn: (database: Scratch, system = own) => gates(system, database.connection.db),

    /** Both shapes alive, filled and proven, of the legacy that is there. */
    async forwardIn(database: Scratch) {
      await steps.expandIn(database)
      await steps.syncIn(database)
      await steps.copyIn(database)
      return steps.verifyIn(database)
    },

    /** Runs each statement by itself, and proves once all are done. */
    async provenAfterAll(database: Scratch, statements: readonly string[]) {
      for (const statement of statements) await run(database, statement)
      const { identical, shown } = await steps.verifyIn(database)
      expect({ statements, identical, shown }).toEqual({ statements, identical: true, shown: [] })
    },

    /** The same, with a proof after each. */
    async provenAfterEach(database: Scratch, statements: readonly string[]) {
      for (const statement of statements) await steps.provenAfterAll(database, [statement])
    },

    /** The rows of every legacy table, to the byte. */
    async rowsOf(database: Scratch, schema = 'public'): Promise<Record<string, unknown[]>> {
      const found: Record<string, unknown[]> = {}
      for (const name of names)
        found[name] = (
          await run(database, `select t::text as row from ${schema}.${name} as t order by t::text collate "C"`)
        ).map(({ row }) => row)
      return found
    },

    /** Where the database is: rows and catalogs. */
    stateOf: async (database: Scratch) => ({
      rows: await steps.rowsOf(database),
      catalogs: await catalogsOf(database),
    }),

    /** A template of a legacy with every trap, kept in step, copied and proven. */
    verified: () =>
      template(`${own.name}_verified`, async (connection) => {
        const [row] = await run({ connection }, 'select current_database() as name')
        const url = new URL(inject('serverUrl'))
        url.pathname = `/${row?.name}`
        const database = { connection, url: url.href, drop: async () => {} }
        await steps.legacyIn(database)
        const { identical } = await steps.forwardIn(database)
        if (!identical) throw new Error('a fresh copy is not identical')
      }),
  }
  return steps
}
