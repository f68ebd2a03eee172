import type { Sql } from 'postgres'
import { describe, expect } from 'vitest'
import { scratchDatabase, test } from '../support/scratch.ts'
import { contractIn, copyIn, expandIn, legacyIn, syncIn, verifyIn } from '../systems/tracklets/migration.ts'
import { publicShapeOf, runFile } from './catalog.ts'
import { kit } from './kit.ts'

const tables = ['tracklets', 'associations']
const SYSTEM = 'tracklets'

test('the two tables are those that the revision means, in the end and side by side without drift', async ({
  database,
}) => {
  const drift = async (STAGE: string) =>
    JSON.parse((await kit(['push', '--explain', '--output', 'json'], database.url, { SYSTEM, STAGE })).stdout)
  await legacyIn(database, { rows: 200, dirt: 0.2 })
  await expandIn(database)
  expect(await drift('expand')).toEqual({ status: 'no_changes', dialect: 'postgresql' })
  await syncIn(database)
  await copyIn(database)
  await verifyIn(database)
  await contractIn(database)
  expect(await drift('contract')).toEqual({ status: 'no_changes', dialect: 'postgresql' })
  const meant = await scratchDatabase()
  try {
    await legacyIn(meant, { rows: 0, dirt: 0 })
    await meant.connection.db.$client.begin(async (inner) => {
      await inner`set local search_path to public`
      await runFile(inner as unknown as Sql, 'tracklets.sql')
    })
    const expected = await publicShapeOf(meant.connection.db.$client, tables)
    expect(expected.columns).toHaveLength(24)
    expect(await publicShapeOf(database.connection.db.$client, tables)).toEqual(expected)
  } finally {
    await meant.drop()
  }
  const bare = await database.connection.db.$client`
    select relname from pg_class where relname in ${database.connection.db.$client(tables)} and obj_description(oid, 'pg_class') is null`
  expect([...bare]).toEqual([])
})

describe('without a database', () => {
  for (const STAGE of ['expand', 'contract']) {
    test(`there is nothing to generate at stage ${STAGE}, and the steps pass the check`, async () => {
      const { code, stdout } = await kit(['generate', '--output', 'json'], undefined, { SYSTEM, STAGE })
      expect(JSON.parse(stdout)).toMatchObject({ status: 'no_changes' })
      expect(code).toBe(0)
      const checked = await kit(['check', '--output', 'json'], undefined, { SYSTEM, STAGE })
      expect(JSON.parse(checked.stdout)).toEqual({ status: 'ok', dialect: 'postgresql' })
    })
  }
})
