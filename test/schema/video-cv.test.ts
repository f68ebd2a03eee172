import type { Sql } from 'postgres'
import { describe, expect } from 'vitest'
import { test as scratch, scratchDatabase } from '../support/scratch.ts'
import * as phase2 from '../systems/video/migration.ts'
import { contractIn, copyIn, expandIn, legacyIn, syncIn, verifyIn } from '../systems/video-cv/migration.ts'
import { publicShapeOf, runFile } from './catalog.ts'
import { kit } from './kit.ts'

const tables = ['videos', 'processing_jobs', 'tracklets', 'associations']
const SYSTEM = 'video-cv'

scratch(
  'three columns and a reference to the jobs, which refer to the videos, and nothing else: as the specification has it',
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
      await phase2.legacyIn(specified, { rows: 0, dirt: 0 })
      await specified.connection.db.$client.begin(async (inner) => {
        await inner`set local search_path to public`
        await inner`alter table tracklets drop constraint tracklets_video_id_fkey`
        await inner`drop table videos`
        await runFile(inner as unknown as Sql, 'video.sql')
        await runFile(inner as unknown as Sql, 'video-cv.sql')
        await inner`alter table tracklets add constraint tracklets_video_id_fkey foreign key (video_id) references videos on delete cascade`
      })
      const expected = await publicShapeOf(specified.connection.db.$client, tables)
      expect(expected.columns.filter(({ relname }) => relname === 'videos')).toHaveLength(33)
      expect(actual).toEqual(expected)
    } finally {
      await specified.drop()
    }
    const { stdout } = await kit(['push', '--explain', '--output', 'json'], database.url, { SYSTEM, STAGE: 'contract' })
    expect(JSON.parse(stdout)).toEqual({ status: 'no_changes', dialect: 'postgresql' })
  },
)

scratch('an empty database gets the eleven tables and the new columns', async ({ database }) => {
  expect(await kit(['migrate'], database.url, { SYSTEM })).toMatchObject({ code: 0 })
  const { stdout } = await kit(['push', '--explain', '--output', 'json'], database.url, { SYSTEM })
  expect(JSON.parse(stdout)).toEqual({ status: 'no_changes', dialect: 'postgresql' })
})

describe('without a database', () => {
  for (const STAGE of ['expand', 'contract']) {
    scratch(`there is nothing to generate at stage ${STAGE}`, async () => {
      const { code, stdout } = await kit(['generate', '--output', 'json'], undefined, { SYSTEM, STAGE })
      expect(JSON.parse(stdout)).toMatchObject({ status: 'no_changes' })
      expect(code).toBe(0)
    })

    scratch(`the steps of stage ${STAGE} pass the check of drizzle-kit`, async () => {
      const { stdout } = await kit(['check', '--output', 'json'], undefined, { SYSTEM, STAGE })
      expect(JSON.parse(stdout)).toEqual({ status: 'ok', dialect: 'postgresql' })
    })
  }
})
