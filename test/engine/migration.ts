import type { Context } from '../../scripts/engine/context.ts'
import { type CopyOptions, copy } from '../../scripts/engine/copy.ts'
import { expand } from '../../scripts/engine/expand.ts'
import type { Proof } from '../../scripts/engine/results.ts'
import { startSync } from '../../scripts/engine/sync/index.ts'
import type { System } from '../../scripts/engine/system.ts'
import { verify } from '../../scripts/engine/verify.ts'
import { silent } from '../../scripts/report.ts'
import { atp } from '../../scripts/systems/atp/index.ts'
import { createLegacy } from '../../scripts/systems/atp/legacy/index.ts'
import type { Options } from '../../scripts/systems/atp/legacy/options.ts'
import { type Scratch, test } from '../support/scratch.ts'

type Database = Pick<Scratch, 'url' | 'connection'>

export const contextOf = ({ connection }: Pick<Scratch, 'connection'>, system: System = atp): Context => ({
  system,
  connection,
  report: silent,
  signal: new AbortController().signal,
})

/** Fills an empty database with a generated legacy. */
export const legacyIn = ({ connection }: Database, options: Partial<Options>) =>
  createLegacy(connection, { rows: 1000, version: 24, dirt: 0.2, seed: 5, ...options }, silent)

/** Makes the target's tables. */
export const expandIn = (database: Database) => expand(contextOf(database), database.url)

/** Keeps both shapes in step from now on. */
export const syncIn = (database: Pick<Scratch, 'connection'>) => startSync(contextOf(database))

/** Carries everything, by default in several batches. */
export const copyIn = (database: Database, options: Partial<CopyOptions> = {}) =>
  copy(contextOf(database), { bulk: false, batchSize: 200, workers: 1, ...options })

/** Proves it, and names every difference. */
export const verifyIn = (database: Database, show = 1000): Promise<Proof> => verify(contextOf(database), { show })

/** Runs SQL text; the rows of its last statement. */
export async function run(
  { connection }: Pick<Scratch, 'connection'>,
  text: string,
): Promise<Record<string, unknown>[]> {
  return [...(await connection.db.$client.unsafe(text))]
}

/** The first column of the only row. */
export async function one(database: Pick<Scratch, 'connection'>, text: string): Promise<unknown> {
  const [row] = await run(database, text)
  return row && Object.values(row)[0]
}

/** Tests that share one database, which `make` makes when the first of them needs it. */
export const sharing = (make: () => Promise<Scratch>) =>
  test.extend<{ shared: Scratch }>({
    shared: [
      // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the dependencies off the pattern
      async ({}, use) => {
        const database = await make()
        try {
          await use(database)
        } finally {
          await database.drop()
        }
      },
      { scope: 'file' },
    ],
  })
