import { expect } from 'vitest'
import { bind } from '../../../scripts/engine/bound.ts'
import { returning } from '../../../scripts/engine/returning.ts'
import { effectsOf } from '../../../scripts/engine/sync/effects.ts'
import { atp } from '../../../scripts/systems/atp/index.ts'
import { random } from '../../concurrency/random.ts'
import type { Scratch } from '../../support/scratch.ts'
import { one, run } from '../migration.ts'
import {
  asApplication,
  codeOf,
  expectInStep,
  hash,
  insert,
  living,
  media,
  prediction,
  seed,
  title,
  training,
  values,
} from './alive.ts'
import { everyRow, settleWhole } from './whole.ts'

const test = living({ rows: 300, dirt: 0.1, seed: 11 })
const empty = living()

/** The columns that may be changed in any row: neither key nor what rows are joined by. */
const changeable = (database: Scratch, table: string) =>
  values(
    database,
    `select quote_ident(attname)
     from pg_attribute
     where attrelid = 'atp.${table}'::regclass
       and attnum > 0
       and not attisdropped
       and attname not in ('hash', 'imdb_id', 'tmdb_id')
     order by attnum`,
  ) as Promise<string[]>

/** Columns that a check relates may not fit each other. */
const refused = ({ code }: { code?: string }): number => {
  expect(code).toMatch(/^(23514|23502)$/)
  return 0
}

test.for([
  ['the legacy', ['media', 'media', 'training', 'prediction'], 1],
  ['the target', ['downloads', 'files', 'media_metadata', 'media_metadata', 'media_metrics'], 2],
  ['either', ['media', 'training', 'downloads', 'media_metadata'], 3],
] as const)(
  'a whole settlement has nothing to add to what updates of %s have settled',
  { timeout: 240_000 },
  async ([, from, seed], { database }) => {
    const { below, pick, some } = random(seed)
    let updates = 0
    for (let i = 0; i < 8; i++) {
      const table = pick(from)
      const columns = some(await changeable(database, table), 1 + below(3))
      const of = `(select other.${columns.join(', other.')} from atp.${table} as other order by md5(other::text || '${i}') limit 1)`
      const where = `where md5(t.ctid::text || '${i}') < '${pick(['02', '08', '20'])}'`
      updates += await asApplication(database, (session) =>
        session
          .unsafe(`update atp.${table} as t set (${columns}) = ${of} ${where}`)
          .then(({ count }) => count, refused),
      )
      const before = await everyRow(database)
      await settleWhole(database)
      expect(await everyRow(database), `${columns} of ${table}, the update ${i}`).toEqual(before)
    }
    expect(updates).toBeGreaterThan(20)
    await expectInStep(database)
  },
)

empty('one statement that writes a row and what others are joined to', async ({ database }) => {
  for (const letter of ['a', 'b']) await run(database, media(letter, 1))
  await asApplication(
    database,
    (session) => session`
      with paused as (
        update downloads set pipeline_status = 'paused' where hash = ${hash('a')} returning imdb_id)
      update media_metadata as m set overview = 'new' from paused where m.imdb_id = paused.imdb_id`,
  )
  expect(await run(database, 'select pipeline_status::text, overview from atp.media order by hash')).toEqual([
    { pipeline_status: 'paused', overview: 'new' },
    { pipeline_status: 'ingested', overview: 'new' },
  ])
  await expectInStep(database)
})

test('which columns are plain, and which come back by themselves', async ({ database }) => {
  const bound = await bind(atp, database.connection.db)
  const groups = effectsOf(bound).plain.map(({ table, columns }) => `${table.relation}: ${[...columns].join(' ')}`)
  expect(groups).toContain(
    'media: pipeline_status error_status error_condition rejection_status rejection_reason original_title original_path original_link rss_source uploader',
  )
  expect(groups).toContain('media_metadata: label')
  expect(groups.join(' ')).not.toMatch(/\b(hash|imdb_id|tmdb_id|parent_path|target_path)\b/)
  const [releases, labels] = bound.legacy
  expect([...(releases ? returning(bound, releases) : [])]).toContain('pipeline_status')
  expect([...(releases ? returning(bound, releases) : [])]).not.toContain('media_title')
  expect([...(labels ? returning(bound, labels) : [])]).toEqual([])
})

const parts = ['plain', 'plain_back', 'whole', 'whole_back']

empty.for([
  ['an update of the legacy', `update atp.media set uploader = 'me'`, ['plain']],
  ['an update of the target', `update atp.downloads set uploader = 'me'`, ['plain', 'plain_back']],
  ['an insert into the legacy', media('b', 2), ['whole']],
  ['an insert into the target', insert('downloads', { hash: hash('b'), original_title: 'b' }), ['whole_back']],
] as const)(
  'a session that makes nothing but %s compiles no other part of the settlement',
  async ([, statement, [...needed]], { database }) => {
    await run(database, media('a', 1))
    const rename = (from: string, to: string) => run(database, `alter function sluice.${from} rename to ${to}`)
    for (const each of needed) {
      await rename(`atp_watch_${each}`, 'hidden')
      expect(await codeOf(run(database, statement)), each).toBe('42883')
      await rename('hidden', `atp_watch_${each}`)
    }
    const others = parts.filter((each) => !(needed as string[]).includes(each))
    for (const each of others) await run(database, `drop function sluice.atp_watch_${each}`)
    await run(database, statement)
    await expectInStep(database)
  },
)

empty(
  'a value that the target has no room for sets its title aside, and comes back with one that fits',
  async ({ database }) => {
    await run(database, media('a', 1))
    await run(database, `alter table atp.media_metadata add constraint short check (length(tagline) < 5)`)
    await run(database, `update atp.media set tagline = 'too long' where hash = '${hash('a')}'`)
    expect(await values(database, 'select constraint_name from sluice.quarantine')).toContain('short')
    await expectInStep(database)
    await run(database, `update atp.media set tagline = 'fits' where hash = '${hash('a')}'`)
    expect(await values(database, 'select tagline from atp.media_metadata')).toEqual(['fits'])
    expect(await values(database, 'select constraint_name from sluice.quarantine')).toEqual([])
    await expectInStep(database)
  },
)

empty('what a trigger of the legacy makes of a write to the target comes to the target', async ({ database }) => {
  await run(database, media('a', 1, { error_condition: 'kept' }))
  await run(
    database,
    `create function atp.clear() returns trigger language plpgsql as
       'begin new.error_condition := null; new.tagline := ''seen''; return new; end';
     create trigger clear before update of pipeline_status on atp.media for each row execute function atp.clear()`,
  )
  await run(database, `update atp.downloads set pipeline_status = 'parsed'`)
  expect(await run(database, 'select pipeline_status, error_condition from atp.downloads')).toEqual([
    { pipeline_status: 'parsed', error_condition: null },
  ])
  expect(await values(database, 'select tagline from atp.media_metadata')).toEqual(['seen'])
  await expectInStep(database)
})

empty('a trigger of the legacy that takes a write to the target back leaves it to the target', async ({ database }) => {
  await run(database, media('a', 1))
  await run(
    database,
    `create function atp.refuse() returns trigger language plpgsql as 'begin new.uploader := old.uploader; return new; end';
     create trigger refuse before update on atp.media for each row execute function atp.refuse()`,
  )
  await run(database, `update atp.downloads set uploader = 'me'`)
  expect(await values(database, 'select uploader from atp.downloads')).toEqual(['me'])
  expect(await values(database, 'select uploader from atp.media')).toEqual([null])
  await expectInStep(database)
})

empty('a label that comes or goes in the target makes or unmakes the training row', async ({ database }) => {
  await run(database, media('a', 1))
  await run(database, training(1))
  await run(database, 'update atp.media_metadata set label = null')
  expect(await values(database, 'select imdb_id from atp.training')).toEqual([])
  await expectInStep(database)
  await run(database, `update atp.media_metadata set label = 'would_not_watch'`)
  expect(await values(database, 'select label from atp.training')).toEqual(['would_not_watch'])
  await expectInStep(database)
})

empty('what the target has of its own stays when other columns change, on either side', async ({ database }) => {
  await run(database, media('a', 1))
  await run(database, training(1))
  await run(database, `update atp.media_metadata set label = 'would_not_watch'`)
  const own = () => run(database, 'select kept, derived from sluice.target_complement')
  const moment = () => one(database, 'select updated_at from atp.media_metadata')
  const [labelled, kept] = [await moment(), await own()]
  expect(kept).toEqual([{ kept: { updated_at: expect.anything() }, derived: { updated_at: expect.anything() } }])
  await run(database, `update atp.training set human_labeled = true`)
  expect(await values(database, 'select human_labeled from atp.media_metadata')).toEqual([true])
  expect([await moment(), await own()]).toEqual([labelled, kept])
  await expectInStep(database)
  await run(database, `update atp.downloads set uploader = 'me'`)
  expect(await values(database, 'select uploader from atp.media')).toEqual(['me'])
  await expectInStep(database)
  await run(database, `update atp.media set tagline = 'seen'`)
  expect(await values(database, 'select tagline from atp.media_metadata')).toEqual(['seen'])
  expect(await own()).toEqual([])
  await expectInStep(database)
})

empty.for([['read committed'], ['repeatable read']] as const)(
  'what one statement changes in rows of several tables and families comes to the target, %s',
  async ([isolation], { database }) => {
    await seed(database)
    await run(
      database,
      `${training(2)}; ${prediction(2)}; update atp.media set parent_path = '/films', target_path = hash`,
    )
    // of these families the target has something of its own
    await run(database, `update atp.media_metadata set updated_at = '2020-01-01' where imdb_id = '${title(2)}'`)
    await run(database, `update atp.downloads set updated_at = '2020-01-01' where hash = '${hash('d')}'`)
    await asApplication(database, (session) =>
      session.begin(`isolation level ${isolation}`, (transaction) =>
        transaction.unsafe(
          `with films as (update atp.media set uploader = 'me' where hash <> '${hash('b')}'),
             labels as (update atp.training set human_labeled = true)
           update atp.prediction set prediction = 1 - prediction where imdb_id = '${title(2)}'`,
        ),
      ),
    )
    expect(await values(database, 'select uploader from atp.downloads order by hash')).toEqual(['me', null, 'me', 'me'])
    expect(await values(database, 'select human_labeled from atp.media_metadata')).toEqual([true, true])
    const predicted = (table: string) => values(database, `select prediction from atp.${table} order by imdb_id`)
    expect(await predicted('media_metrics')).toEqual(await predicted('prediction'))
    expect(new Set(await predicted('prediction')).size).toBe(2)
    const before = await everyRow(database)
    await settleWhole(database)
    expect(await everyRow(database)).toEqual(before)
    await expectInStep(database)
  },
)
