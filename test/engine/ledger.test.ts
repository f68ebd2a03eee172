import { describe, expect } from 'vitest'
import { scratchDatabase } from '../support/scratch.ts'
import { copyIn, expandIn, legacyIn, run, sharing, verifyIn } from './migration.ts'
import { keep, provenAfter } from './tampering.ts'

/** A proven migration of a legacy in which keys are missing, so that rows share them and are set aside. */
const test = sharing(async () => {
  const database = await scratchDatabase()
  await legacyIn(database, { version: 23, withoutTrainingConstraints: true })
  await expandIn(database)
  await copyIn(database)
  expect(await verifyIn(database)).toMatchObject({ identical: true })
  await keep(database, [])
  return database
})

const duplicates = `relation = 'training' and constraint_name = 'training_pkey'`

describe('the proof names an entry of the ledger', () => {
  test('that duplicates of a missing key are set aside in the first place', async ({ shared }) => {
    const [found] = await run(shared, `select count(*)::int as rows from sluice.quarantine where ${duplicates}`)
    expect(found?.rows).toBeGreaterThan(0)
  })

  test.for([
    [
      'of a table that is not in the system',
      'complement',
      `update sluice.complement set relation = 'nothing'
      where (relation, key) = (select relation, min(key) from sluice.complement group by relation limit 1)`,
    ],
    [
      'set aside from a table that is not in the system',
      'quarantine',
      `insert into sluice.quarantine
      (system, relation, key, family, scope, constraint_name, sqlstate, reason)
      values ('atp', 'nothing', 'a', 'a', 'row', 'nothing_check', '23514', 'made up')`,
    ],
    ['of a duplicate that is gone', 'quarantine', `delete from sluice.quarantine where ${duplicates}`],
    [
      'of a duplicate of another family',
      'quarantine',
      `update sluice.quarantine set family = 'another' where ${duplicates}`,
    ],
    [
      'of a duplicate by another SQLSTATE',
      'quarantine',
      `update sluice.quarantine set sqlstate = '23514' where ${duplicates}`,
    ],
    [
      'of a duplicate that holds something',
      'quarantine',
      `update sluice.quarantine set held = '{"a": "b"}' where ${duplicates}`,
    ],
    [
      'of a duplicate that is made up',
      'quarantine',
      `insert into sluice.quarantine
      (system, relation, key, family, scope, constraint_name, sqlstate, reason)
      values ('atp', 'training', 'tt0', 'tt0', 'row', 'training_pkey', '23505', 'made up')`,
    ],
  ] as const)('%s', async ([, kind, text], { shared }) => {
    const proof = await provenAfter(shared, `sluice.${kind}`, text)
    expect(proof.identical).toBe(false)
    expect(proof.shown.map((each) => each.kind)).toContain(kind)
  })

  test('and nothing once it is put right', async ({ shared }) => {
    expect(await verifyIn(shared)).toMatchObject({ identical: true, differences: 0 })
  })
})
