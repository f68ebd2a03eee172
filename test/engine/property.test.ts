import fc from 'fast-check'
import { expect } from 'vitest'
import { type Scratch, scratchDatabase, test } from '../support/scratch.ts'
import {
  bulk,
  copied,
  divide,
  expanded,
  inBatches,
  legacyOf,
  legacyTables,
  made,
  proven,
  targetTables,
} from './copying.ts'
import { run } from './migration.ts'
import { type Legacy, legacyRows } from './property-rows.ts'
import { legacyNames, lost, rebuild } from './rebuild.ts'

/** Runs of each shape of the legacy; without it as many as fit into the time. */
const runs = Number(process.env.SLUICE_PROPERTY_RUNS ?? 0)
const budget = runs
  ? { numRuns: runs }
  : { numRuns: 10_000, interruptAfterTimeLimit: 4_000, markInterruptAsFailure: false }

const shapes = [
  { version: 23, bare: false },
  { version: 24, bare: true },
  { version: 28, bare: false },
  { version: 28, bare: true },
]

const targets = targetTables.map((name) => `atp.${name}`)
const emptied = `
  truncate ${targets};
  truncate sluice.complement, sluice.quarantine, sluice.shard`

/** Fills the legacy with rows in text form; the server reads every value as it reads its own dump. */
async function fill(database: Scratch, legacy: Legacy) {
  await run(database, `truncate ${legacyTables.map((name) => `atp.${name}`)}; ${emptied}`)
  for (const name of legacyTables) {
    await database.connection.db.$client.unsafe(
      `insert into atp.${name} select * from jsonb_populate_recordset(null::atp.${name}, $1::text::jsonb)`,
      [JSON.stringify(legacy[name])],
    )
  }
}

async function expectRebuilt(database: Scratch) {
  await run(database, 'drop schema if exists rebuilt cascade')
  await rebuild(database)
  for (const name of legacyNames) expect(await lost(database, name), name).toEqual([])
}

async function expectProven(database: Scratch) {
  expect((await proven(database)).shown).toEqual([])
  expect(await proven(database)).toMatchObject({ identical: true })
}

/** Keys of training that the ledger reports as no keys. */
const reported = async (database: Scratch) =>
  (await run(database, `select key from sluice.quarantine where relation = 'training' order by key collate "C"`)).map(
    ({ key }) => key,
  )

/** Keys that several rows of training share. */
const sharedKeys = ({ training }: Legacy) =>
  [...new Set(training.map((row) => row.imdb_id))]
    .filter((key) => training.filter((row) => row.imdb_id === key).length > 1)
    .sort()

const how = fc.record({
  bulk: fc.boolean(),
  batchSize: fc.constantFrom(1000, 3, 1),
  workers: fc.constantFrom(1, 2),
  divided: fc.boolean(),
})

for (const { version, bare } of shapes) {
  test(`whatever the rows are, V${version}${bare ? ' without constraints on training' : ''} comes back to the byte`, async () => {
    const options = { rows: 0, version, dirt: 0, seed: 1, withoutTrainingConstraints: bare }
    const database = await scratchDatabase(await expanded(options))
    try {
      await fc.assert(
        fc.asyncProperty(legacyRows(version, bare), how, async (legacy, { divided, ...options }) => {
          await fill(database, legacy)
          const before = await legacyOf(database)
          if (divided) await divide(database, ['tt0000002'])
          await copied(database, options)
          await expectProven(database)
          await expectRebuilt(database)
          expect(await legacyOf(database)).toEqual(before)
          expect(await reported(database)).toEqual(sharedKeys(legacy))
          const first = await made(database)

          // copying again changes nothing
          await copied(database, inBatches(2))
          expect(await made(database)).toEqual(first)

          // what is derived of the restored legacy is the target again
          await run(
            database,
            legacyTables
              .map((name) => `truncate atp.${name}; insert into atp.${name} select * from rebuilt.${name}`)
              .join(';'),
          )
          await run(database, emptied)
          await copied(database, bulk)
          expect(await made(database)).toEqual(first)
        }),
        { seed: version, ...budget },
      )
    } finally {
      await database.drop()
    }
  }, 3_600_000)
}
