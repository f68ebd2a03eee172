import type { Sql } from 'postgres'
import { describe, expect } from 'vitest'
import { test as scratch, scratchDatabase } from '../support/scratch.ts'
import { contractIn, copyIn, expandIn, legacyIn, syncIn, verifyIn } from '../systems/video/migration.ts'
import { publicShapeOf, runFile } from './catalog.ts'
import { kit } from './kit.ts'

const tables = ['videos', 'processing_jobs']

scratch(
  'thirty columns, nine indexes and a key, four references, and jobs: as the specification has them',
  async ({ database }) => {
    await legacyIn(database, { rows: 200, dirt: 0.2 })
    await expandIn(database)
    await syncIn(database)
    await copyIn(database)
    await verifyIn(database)
    await contractIn(database)
    const actual = await publicShapeOf(database.connection.db.$client, tables)
    const specified = await scratchDatabase()
    try {
      await legacyIn(specified, { rows: 0, dirt: 0 })
      await specified.connection.db.$client.begin(async (inner) => {
        await inner`set local search_path to public`
        await inner`drop table videos cascade`
        await runFile(inner as unknown as Sql, 'video.sql')
      })
      const expected = await publicShapeOf(specified.connection.db.$client, tables)
      expect(expected.columns.filter(({ relname }) => relname === 'videos')).toHaveLength(30)
      expect(expected.indexes.filter(({ relname }) => relname === 'videos')).toHaveLength(10)
      expect(actual).toEqual(expected)
    } finally {
      await specified.drop()
    }
    const { stdout } = await kit(['push', '--explain', '--output', 'json'], database.url, {
      SYSTEM: 'video',
      STAGE: 'contract',
    })
    expect(JSON.parse(stdout)).toEqual({ status: 'no_changes', dialect: 'postgresql' })
  },
)

scratch('an empty database gets the ten tables, the new columns and the jobs', async ({ database }) => {
  expect(await kit(['migrate'], database.url, { SYSTEM: 'video' })).toMatchObject({ code: 0 })
  const { stdout } = await kit(['push', '--explain', '--output', 'json'], database.url, { SYSTEM: 'video' })
  expect(JSON.parse(stdout)).toEqual({ status: 'no_changes', dialect: 'postgresql' })
})

describe('without a database', () => {
  for (const STAGE of ['expand', 'contract']) {
    scratch(`there is nothing to generate at stage ${STAGE}`, async () => {
      const { code, stdout } = await kit(['generate', '--output', 'json'], undefined, { SYSTEM: 'video', STAGE })
      expect(JSON.parse(stdout)).toMatchObject({ status: 'no_changes' })
      expect(code).toBe(0)
    })

    scratch(`the steps of stage ${STAGE} pass the check of drizzle-kit`, async () => {
      const { stdout } = await kit(['check', '--output', 'json'], undefined, { SYSTEM: 'video', STAGE })
      expect(JSON.parse(stdout)).toEqual({ status: 'ok', dialect: 'postgresql' })
    })
  }
})
