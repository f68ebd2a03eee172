import { expect } from 'vitest'
import { test } from '../support/scratch.ts'
import { copyIn, expandIn, legacyIn, run, verifyIn } from './migration.ts'

test.for([
  false,
  true,
])('a value that fits only the wider type of a live column is set aside, not cut (bulk: %s)', async (bulk, {
  database,
}) => {
  await legacyIn(database, { rows: 300, dirt: 0 })
  const [row] = await run(database, 'select min(hash) as hash from atp.media')
  await run(database, `alter table atp.media alter column uploader type text`)
  await run(database, `update atp.media set uploader = repeat('long', 10) where hash = '${row?.hash}'`)
  await expandIn(database)
  await copyIn(database, { bulk })
  expect(await verifyIn(database)).toMatchObject({ identical: true })
  expect(
    await run(database, `select key, constraint_name, sqlstate from sluice.quarantine where relation = 'downloads'`),
  ).toEqual([{ key: row?.hash, constraint_name: 'downloads_uploader_type', sqlstate: '22001' }])
  expect(await run(database, `select from atp.downloads where hash = '${row?.hash}'`)).toEqual([])
})
