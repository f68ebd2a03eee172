import { describe, expect } from 'vitest'
import type { Options } from '../../scripts/systems/atp/legacy/options.ts'
import { type Scratch, test } from '../support/scratch.ts'
import { copyIn, expandIn, legacyIn, run, verifyIn } from './migration.ts'
import { catalog, fingerprint, legacies, legacyNames, lost, rebuild, targets } from './rebuild.ts'

/** Every case of dirt needs 1000 rows: some versions have them, for the others the seed picks other titles. */
const sizeAt = (version: number) => ([9, 24, 29, 32].includes(version) ? 1000 : 350)
const versions = Array.from({ length: 24 }, (_, index) => index + 9)
const bare = [9, 10, 18, 23, 24, 27, 28, 29]

/** Migrates a generated legacy, and expects of the outcome all that holds of every version. */
async function migrated(
  database: Scratch,
  { change = '', ...options }: Partial<Options> & { change?: string },
  bulk = false,
) {
  const made = await legacyIn(database, options)
  await run(database, change)
  const before = await fingerprint(database, legacyNames)
  await expandIn(database)
  const shape = await catalog(database)
  await copyIn(database, { bulk, batchSize: 150, workers: 2 })
  const proof = await verifyIn(database)
  expect(proof).toMatchObject({ identical: true, differences: 0, shown: [] })
  for (const name of legacyNames) {
    const rows = made.tables[name]
    const { carried = -1, complemented = -1, quarantined = -1, ...account } = proof.accounts[name] ?? {}
    expect(proof.tables[name], name).toEqual({ rows, missing: 0, extra: 0, differing: 0 })
    expect(account, name).toEqual({ rows })
    expect(carried + complemented + quarantined, name).toBe(rows)
    expect(carried, `${name}: rows about which the ledger has nothing to say`).toBe(await unmentioned(database, name))
  }
  expect(await fingerprint(database, legacyNames), 'the legacy tables are untouched').toEqual(before)
  expect(await catalog(database), 'the target has its keys and indexes').toEqual(shape)
  await rebuild(database)
  for (const name of legacyNames) expect(await lost(database, name), name).toEqual([])
}

/** Rows of a legacy table that are neither in the complement nor of a family of which the target refused a row of theirs. */
async function unmentioned(database: Scratch, name: keyof typeof legacies): Promise<number> {
  const readers = {
    media: `'media_metadata', 'downloads', 'files'`,
    training: `'media_metadata'`,
    prediction: `'media_metrics'`,
  }
  const family = name === 'media' ? 'coalesce(t.imdb_id, t.hash)' : 't.imdb_id'
  const [row] = await run(
    database,
    `select count(*)::int as rows
     from atp.${name} as t
     where not exists (
         select from sluice.complement where relation = '${name}' and key = coalesce(t.${legacies[name]}::text, '\\N') and kind <> 'absent')
       and not exists (
         select from sluice.quarantine
         where family = ${family} and (scope = 'family' or scope = 'row' and relation in (${readers[name]})))`,
  )
  return Number(row?.rows)
}

describe.concurrent('every version of the legacy comes back to the byte', () => {
  test.for(versions)('V%i', async (version, { database }) => {
    await migrated(database, { version, rows: sizeAt(version), seed: version })
  })

  test.for(bare)("V%i without training's constraints", async (version, { database }) => {
    await migrated(database, { version, rows: sizeAt(version), seed: version, withoutTrainingConstraints: true })
  })

  test.for([9, 24, 32])('V%i in bulk', async (version, { database }) => {
    await migrated(database, { version, rows: sizeAt(version), seed: version }, true)
  })

  test("V29 without training's constraints in bulk", async ({ database }) => {
    await migrated(database, { version: 29, withoutTrainingConstraints: true }, true)
  })
})

test.for([true, false])('rows without any key at all come back too, bulk = %s', async (bulk, { database }) => {
  const change = `
    alter table atp.training alter imdb_id drop not null;
    update atp.training set imdb_id = null where imdb_id in (select imdb_id from atp.training order by 1 limit 3)`
  await migrated(database, { version: 28, rows: 100, dirt: 0.3, withoutTrainingConstraints: true, change }, bulk)
  const [row] = await run(
    database,
    `select sqlstate from sluice.quarantine where relation = 'training' and key = '\\N'`,
  )
  expect(row).toEqual({ sqlstate: '23505' })
})

/** The ledger without what differs from run to run. */
const ledger = async (database: Scratch) => ({
  complement: await run(database, 'select * from sluice.complement order by relation, key, ordinal'),
  quarantine: await run(
    database,
    `select relation, key, family, scope, constraint_name, sqlstate, reason, held
     from sluice.quarantine
     order by relation, key, constraint_name`,
  ),
})

test('by batches of one family, in larger ones, in bulk and done again: the same target and ledger', async ({
  database,
}) => {
  await legacyIn(database, { version: 27, rows: 400, dirt: 0.5, withoutTrainingConstraints: true })
  await expandIn(database)
  const outcome = async () => ({ rows: await fingerprint(database, targets, false), ...(await ledger(database)) })
  await copyIn(database, { bulk: true })
  const inBulk = await outcome()
  expect(inBulk.quarantine.length).toBeGreaterThan(10)
  await copyIn(database, { batchSize: 37 })
  expect(await outcome(), 'again').toEqual(inBulk)
  await run(
    database,
    `truncate atp.media_metadata, atp.downloads, atp.files, atp.media_metrics, sluice.shard, sluice.complement,
       sluice.quarantine`,
  )
  await copyIn(database, { batchSize: 11, workers: 3 })
  expect(await outcome(), 'by small batches').toEqual(inBulk)
})
