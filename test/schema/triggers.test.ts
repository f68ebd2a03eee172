import type { Sql, TransactionSql } from 'postgres'
import { expect } from 'vitest'
import { test as scratch } from '../support/scratch.ts'
import { expanded } from './kit.ts'

const test = scratch.extend({ source: await expanded() })

const past = '2001-02-03 04:05:06.789012+00'

async function insertRows(sql: Sql) {
  await sql.unsafe(`
    insert into atp.media_metadata (imdb_id, media_type, media_title, release_year, updated_at)
    values ('tt0000001', 'movie', 'One', 1999, '${past}');
    insert into atp.files (hash, parent_path, updated_at) values (repeat('a', 40), '/p', '${past}');
    insert into atp.downloads (
      hash, original_title, pipeline_status, error_status, error_condition, rejection_status, rejection_reason, updated_at
    )
    values (repeat('a', 40), 'one', 'rejected', true, 'timeout', 'rejected', 'too old', '${past}')`)
}

/** Sets `changes` on the only download, as Sluice does where it `writes`, and returns what came of it. */
function update(sql: Sql, changes: Record<string, unknown>, writes = false) {
  return sql.begin(async (transaction: TransactionSql) => {
    if (writes) await transaction`set local sluice.writing = 'on'`
    const [row] = await transaction`
      update atp.downloads
      set ${transaction(changes)}
      returning pipeline_status, error_status, error_condition, rejection_status, rejection_reason,
        updated_at::text`
    return row
  })
}

test('updated_at follows every change of the three tables that have it', async ({ database }) => {
  const sql = database.connection.db.$client
  await insertRows(sql)
  for (const table of ['atp.downloads', 'atp.files', 'atp.media_metadata']) {
    const rows = await sql`
      update ${sql(table)}
      set updated_at = updated_at
      returning updated_at = now() as fresh`
    expect([...rows], table).toEqual([{ fresh: true }])
  }
})

test('updated_at is right in a session of any time zone', async ({ database }) => {
  const sql = database.connection.db.$client
  await insertRows(sql)
  const [row] = await sql.begin(async (transaction) => {
    await transaction`set local time zone 'America/New_York'`
    return transaction`
      update atp.files
      set parent_path = '/q'
      returning updated_at = now() as fresh`
  })
  expect(row).toEqual({ fresh: true })
})

test('a download that begins again loses its errors and its rejection', async ({ database }) => {
  const sql = database.connection.db.$client
  await insertRows(sql)
  expect(await update(sql, { pipeline_status: 'ingested' })).toMatchObject({
    pipeline_status: 'ingested',
    error_status: false,
    error_condition: null,
    rejection_status: 'unfiltered',
    rejection_reason: null,
  })
})

test('a download that begins again keeps an override', async ({ database }) => {
  const sql = database.connection.db.$client
  await insertRows(sql)
  await update(sql, { rejection_status: 'override' })
  expect(await update(sql, { pipeline_status: 'ingested' })).toMatchObject({ rejection_status: 'override' })
})

test('an error that is over loses its condition, and nothing else', async ({ database }) => {
  const sql = database.connection.db.$client
  await insertRows(sql)
  expect(await update(sql, { error_status: false })).toMatchObject({
    pipeline_status: 'rejected',
    error_condition: null,
    rejection_status: 'rejected',
    rejection_reason: 'too old',
  })
})

test('a rejection that is over loses its reason, and nothing else', async ({ database }) => {
  const sql = database.connection.db.$client
  await insertRows(sql)
  expect(await update(sql, { rejection_status: 'accepted' })).toMatchObject({
    error_condition: 'timeout',
    rejection_reason: null,
  })
})

test('what Sluice writes arrives unchanged, and only its own transaction is exempt', async ({ database }) => {
  const sql = database.connection.db.$client
  await insertRows(sql)
  expect(await update(sql, { pipeline_status: 'ingested', error_status: false }, true)).toEqual({
    pipeline_status: 'ingested',
    error_status: false,
    error_condition: 'timeout',
    rejection_status: 'rejected',
    rejection_reason: 'too old',
    updated_at: '2001-02-03 04:05:06.789012+00',
  })
  for (const table of ['atp.files', 'atp.media_metadata']) {
    const rows = await sql.begin(async (transaction) => {
      await transaction`set local sluice.writing = 'on'`
      return transaction`
        update ${transaction(table)}
        set created_at = created_at
        returning updated_at::text`
    })
    expect([...rows], table).toEqual([{ updated_at: past }])
  }
  expect(await update(sql, { uploader: 'x' })).toMatchObject({ error_condition: null })
})
