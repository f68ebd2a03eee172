import path from 'node:path'
import { expect } from 'vitest'
import { connect } from '../../../scripts/database/connect.ts'
import { startEmbedded } from '../../../scripts/database/embedded.ts'
import { startSync } from '../../../scripts/engine/sync/index.ts'
import { test } from '../../support/folder.ts'
import { contextOf, copyIn, expandIn, legacyIn, one, run, syncIn, verifyIn } from '../migration.ts'

test('sync survives a restart of the server and of the tool', async ({ folder }) => {
  const dataDir = path.join(folder, 'data')
  const settings = { fsync: 'off' }
  const first = await startEmbedded({ dataDir, settings })
  const before = { url: first.url, connection: await connect(first.url) }
  await legacyIn(before, { rows: 60 })
  await expandIn(before)
  await syncIn(before)
  await copyIn(before)
  await run(before, `update atp.media set uploader = 'before'`)
  await before.connection.close()
  await first.stop()

  const second = await startEmbedded({ dataDir, settings })
  const after = { url: second.url, connection: await connect(second.url) }
  try {
    expect(await one(after, 'select pg_postmaster_start_time() > now() - interval $$1 minute$$')).toBe(true)
    await run(after, `update atp.media set original_path = 'after'; update atp.downloads set original_link = 'new'`)
    expect(await run(after, 'select distinct uploader, original_path, original_link from atp.downloads')).toEqual([
      { uploader: 'before', original_path: 'after', original_link: 'new' },
    ])
    expect(await one(after, 'select count(distinct original_link)::int from atp.media')).toBe(1)
    expect(await verifyIn(after)).toMatchObject({ shown: [], identical: true })
    expect(await startSync(contextOf(after))).toEqual({ already: true })
    await run(after, `update atp.media set uploader = 'again'`)
    expect(await verifyIn(after)).toMatchObject({ shown: [], identical: true })
  } finally {
    await after.connection.close()
    await second.stop()
  }
})
