import { expect } from 'vitest'
import type { Scratch } from '../../support/scratch.ts'
import { run } from '../migration.ts'
import { expectInStep, living, values } from './alive.ts'
import { everyRow, settleWhole } from './whole.ts'

/** More families than a statement of which the plans are made once and for all is meant for, and dirt among them. */
const test = living({ rows: 1900, dirt: 0.05, seed: 5 })

/** Hashes that no row has. */
const fresh = `'ffff' || lpad(to_hex(i), 36, '0')`

/** Parts of rows, and whole rows, that only the target has. */
const own = [
  `update atp.media_metadata set updated_at = now() where md5(imdb_id) < '04'`,
  `insert into atp.downloads (hash, original_title) select ${fresh}, 'of its own' from generate_series(1, 5) as i`,
]

/** How many families a write touches, which leaves the session's plans as they were. */
const touched = async (database: Scratch, write: string): Promise<number> => {
  const { count } = await database.connection.db.transaction(async (tx) => {
    await tx.execute('set local plan_cache_mode = auto')
    await tx.execute(write)
    const [row] = await tx.execute(
      `select count(*)::int as count from sluice.family where touched_by = pg_current_xact_id()`,
    )
    expect((await tx.execute('show plan_cache_mode'))[0]).toEqual({ plan_cache_mode: 'auto' })
    return row as { count: number }
  })
  return count
}

const most = (table: string, key: string) => `${key} in (select ${key} from atp.${table} where md5(${key}) < 'e0')`

test.for([
  ['what one row decides', `update atp.media set uploader = 'x' where ${most('media', 'hash')}`],
  ['what titles say', `update atp.media set media_title = media_title || '!' where ${most('media', 'hash')}`],
  ['labels', `update atp.training set reviewed = not reviewed where ${most('training', 'imdb_id')}`],
  ['downloads', `update atp.downloads set uploader = 'x' where ${most('downloads', 'hash')}`],
  ['titles', `update atp.media_metadata set tagline = 'x' where ${most('media_metadata', 'imdb_id')}`],
] as const)('an update of %s of many families leaves nothing for a whole settlement', async ([, write], {
  database,
}) => {
  for (const text of own) await run(database, text)
  expect(await touched(database, write)).toBeGreaterThan(500)
  const before = await everyRow(database)
  await settleWhole(database)
  expect(await everyRow(database)).toEqual(before)
  await expectInStep(database)
})

test.for([
  [
    'rows of the legacy that come',
    `insert into atp.media (hash, media_type, original_title) select ${fresh}, 'movie', 'x' from generate_series(1, 600) as i`,
  ],
  ['rows of the legacy that go', `delete from atp.media where ${most('media', 'hash')}`],
  ['keys of the legacy', `update atp.media set hash = reverse(hash) where ${most('media', 'hash')}`],
  [
    'titles that come',
    `insert into atp.media_metadata (imdb_id, label, media_type, media_title, release_year)
    select 'tt99' || lpad(i::text, 5, '0'), 'would_watch', 'movie', 'x', 2000 from generate_series(1, 600) as i`,
  ],
  ['files that go', `delete from atp.files`],
  ['downloads that go', `delete from atp.downloads where ${most('downloads', 'hash')}`],
  [
    'unique values that change hands',
    `update atp.media_metadata set tmdb_id = 100000000 + tmdb_id where ${most('media_metadata', 'imdb_id')}`,
  ],
] as const)('both shapes agree on many %s', async ([, write], { database }) => {
  for (const text of own) await run(database, text)
  expect(await touched(database, write)).toBeGreaterThan(500)
  await expectInStep(database)
})

test('of many rows of the target, the old tables lack those alone that they refuse', async ({ database }) => {
  const inserted = (table: string) =>
    values(database, `select count(*)::int from atp.${table} where original_title = 'new'`)
  await run(
    database,
    `insert into atp.downloads (hash, original_title, imdb_id)
     select ${fresh}, 'new', case when i % 2 = 0 then (select min(imdb_id) from atp.media_metadata) end
     from generate_series(1, 600) as i`,
  )
  expect(await inserted('downloads')).toEqual([600])
  expect(await inserted('media')).toEqual([300])
  await expectInStep(database)
})

/** A row of which nothing is noted, among many. */
const one = 'select min(hash) from atp.downloads where imdb_id not in (select family from sluice.quarantine)'

test('one value of many that the old table refuses stays with the target alone', async ({ database }) => {
  await run(database, `alter table atp.media add constraint polite check (uploader <> 'rude') not valid`)
  await run(database, `update atp.downloads set uploader = case hash when (${one}) then 'rude' else 'kind' end`)
  const kind = (table: string) => values(database, `select count(*) from atp.${table} where uploader = 'kind'`)
  expect(await kind('media')).toEqual(await kind('downloads'))
  expect(await values(database, 'select key from sluice.target_complement')).toEqual(await values(database, one))
  expect(await values(database, `select hash from atp.downloads where uploader = 'rude'`)).toEqual(
    await values(database, one),
  )
  await expectInStep(database)
})

test('what a trigger of the old table makes of one row of many comes to the target', async ({ database }) => {
  await run(
    database,
    `create function atp.place() returns trigger language plpgsql as
       'begin new.parent_path := ''/new''; new.target_path := ''new''; return new; end';
     create trigger place before update on atp.media for each row when (new.uploader = 'rude') execute function atp.place()`,
  )
  const missing = `${one} and hash not in (select hash from atp.files)`
  const [hash] = await values(database, missing)
  await run(database, `update atp.downloads set uploader = case hash when '${hash}' then 'rude' else 'kind' end`)
  expect(await values(database, `select hash from atp.files where target_path = 'new'`)).toEqual([hash])
  await expectInStep(database)
})

test('one value of many that the new table refuses sets its title aside, and no other', async ({ database }) => {
  await run(database, `alter table atp.media_metadata add constraint short check (length(tagline) < 5) not valid`)
  const [long] = await values(database, `select imdb_id from atp.downloads where hash = (${one})`)
  await run(database, `update atp.media set tagline = case imdb_id when '${long}' then 'too long' else 'fits' end`)
  const refused = `select family from sluice.quarantine where constraint_name = 'short'`
  expect(await values(database, refused)).toEqual([long])
  const fitting = await values(database, `select count(*)::int from atp.media_metadata where tagline = 'fits'`)
  expect(fitting[0]).toBeGreaterThan(500)
  await expectInStep(database)
})
