import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import { expect } from 'vitest'
import { relations } from '../../schema/atp/index.ts'
import { movies } from '../../schema/atp/views.ts'
import { test as scratch, scratchDatabase } from '../support/scratch.ts'
import { runFile, shapeOf, targets } from './catalog.ts'
import { expanded } from './kit.ts'

const test = scratch.extend({ source: await expanded() })

test('the four tables are those of the plan, to the letter of the catalogs', async ({ database }) => {
  const plan = await scratchDatabase()
  try {
    await runFile(plan.connection.db.$client, 'plan.sql')
    const planned = await shapeOf(plan.connection.db.$client, targets)
    expect(planned.columns).toHaveLength(66)
    expect(planned.indexes).toHaveLength(15)
    expect(await shapeOf(database.connection.db.$client, targets)).toEqual(planned)
  } finally {
    await plan.drop()
  }
})

test('every new schema, table, column and function has a comment', async ({ database }) => {
  const sql = database.connection.db.$client
  const bare = await sql`
    select concat_ws('.', oid::regclass, attname) as name
    from pg_class
    join pg_attribute on attrelid = oid
    where relkind = 'r'
      and (relnamespace = 'sluice'::regnamespace or relnamespace = 'atp'::regnamespace and relname in ${sql(targets)})
      and attnum > 0
      and (col_description(oid, attnum) is null or obj_description(oid, 'pg_class') is null)
    union all
    select oid::regprocedure::text
    from pg_proc
    where pronamespace = 'atp'::regnamespace
      and proname in ('keep_updated_at', 'downloads_reset')
      and obj_description(oid, 'pg_proc') is null
    union all
    select nspname
    from pg_namespace
    where nspname = 'sluice' and obj_description(oid, 'pg_namespace') is null`
  expect([...bare]).toEqual([])
})

test('movies answers 36 columns, of titles that have a prediction', async ({ database: { connection } }) => {
  await connection.db.$client.unsafe(`
    insert into atp.training (imdb_id, label, media_type, media_title, release_year)
    values ('tt0000001', 'would_watch', 'movie', 'One', 1999), ('tt0000002', 'would_watch', 'movie', 'Two', 2000);
    insert into atp.prediction (imdb_id, prediction, probability, cm_value) values ('tt0000001', 1, 0.70, 'tp')`)
  const rows = await connection.db.select().from(movies)
  expect(rows).toMatchObject([{ imdbId: 'tt0000001', probability: '0.70', trainingCreatedAt: expect.any(String) }])
  expect(Object.keys(rows[0] ?? {})).toHaveLength(36)
})

test('relational queries follow a title to its downloads and metrics', async ({ database: { connection } }) => {
  const client = connection.db.$client
  await client.unsafe(`
    insert into atp.media_metadata (imdb_id, media_type, media_title, release_year) values ('tt0000001', 'movie', 'One', 1999);
    insert into atp.downloads (hash, original_title, imdb_id) values (repeat('a', 40), 'one', 'tt0000001');
    insert into atp.media_metrics (imdb_id, prediction) values ('tt0000001', 1)`)
  const title = await drizzle({ client, relations }).query.mediaMetadata.findFirst({
    where: { RAW: (table) => eq(table.imdbId, 'tt0000001') },
    with: { downloads: { with: { file: true } }, metrics: true },
  })
  expect(title).toMatchObject({
    mediaTitle: 'One',
    downloads: [{ originalTitle: 'one', file: null }],
    metrics: { prediction: 1 },
  })
})
