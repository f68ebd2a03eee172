import { describe, expect } from 'vitest'
import { status } from '../../../scripts/engine/status.ts'
import { one, run } from '../../engine/migration.ts'
import { type Scratch, test as scratch } from '../../support/scratch.ts'
import {
  contextOf,
  contractIn,
  provenAfterAll,
  provenAfterEach,
  rollbackIn,
  rowsOf,
  stateOf,
  verified,
} from './migration.ts'

const test = scratch.extend({ source: await verified() })

const uuid = (n: number) => `'e0000000-0000-4000-8000-${String(n).padStart(12, '0')}'`

const count = (database: Scratch, from: string) => one(database, `select count(*)::int from ${from}`)

/** Rows of the target that a rollback could not restore exactly, by table. */
const unheld = async (database: Scratch) => (await status(contextOf(database))).unheld

/** A mall, a pin and a video, and two tracklets with an association as either application would make them. */
const family = (schema: 'public' | 'tracklets', n: number) => {
  const old = schema === 'public'
  const [begins, ends] = old
    ? [`'2025-06-01 10:00'`, `'2025-06-01 10:00:01.5'`]
    : [`'2025-06-01 10:00Z'`, `'2025-06-01 10:00:01.5Z'`]
  const vector = old ? `'{0.5,-2}'` : String.raw`'\x3fe0000000000000c000000000000000'`
  const tracklet = (id: number) =>
    `insert into ${schema}.tracklets (id, mall_id, pin_id, video_id, track_id, t_in, t_out, outfit_vec, outfit_json, physique, box_stats, quality)
     values (${uuid(id)}, ${uuid(n)}, ${uuid(n + 1)}, ${uuid(n + 2)}, 1, ${begins}, ${ends}, ${vector}, '{"b": 1}', '{}', '[1]', 0.25)`
  return [
    `insert into public.malls (id, name, created_at, updated_at) values (${uuid(n)}, 'Mall', now(), now())`,
    `insert into public.camera_pins (id, mall_id, name, label, location_lat, location_lng, pin_type, camera_fps, created_at, updated_at)
     values (${uuid(n + 1)}, ${uuid(n)}, 'pin', 'pin', 1, 2, 'normal', 15, now(), now())`,
    `insert into public.videos (id, camera_pin_id, file_path, original_filename, file_size_bytes, processed, processing_status, upload_timestamp, created_at)
     values (${uuid(n + 2)}, ${uuid(n + 1)}, '/a', 'a', 1, false, 'pending', now(), now())`,
    tracklet(n + 3),
    tracklet(n + 4),
    `insert into ${schema}.associations (id, mall_id, from_tracklet_id, to_tracklet_id, score, decision, scores, components, candidate_count, created_at)
     values (${uuid(n + 5)}, ${uuid(n)}, ${uuid(n + 3)}, ${uuid(n + 4)}, 0.5, 'matched', '{}', '{}', 1, '2025-06-02 10:00')`,
  ]
}

describe.concurrent('what is written to one shape is in the other', () => {
  test('from the old tables', async ({ database }) => {
    await provenAfterEach(database, family('public', 100))
    const found = `select t_in = '2025-06-01 10:00Z' and created_at = t_in as is_utc, duration_seconds::text as seconds, outfit_vec::text as bytes, quality::text
      from tracklets.tracklets where id = ${uuid(103)}`
    expect(await run(database, found)).toEqual([
      { is_utc: true, seconds: '1.500000', bytes: String.raw`\x3fe0000000000000c000000000000000`, quality: '0.2500' },
    ])
    await provenAfterEach(database, [
      `update public.tracklets set outfit_vec = outfit_vec || '{NaN,null}' where id = ${uuid(103)}`,
      `update public.tracklets set t_out = 'infinity', quality = 0.1::float8 + 0.2::float8 where id = ${uuid(103)}`,
      // set aside, with what refers to it, from one end and then from both; and back again
      `update public.tracklets set quality = 'NaN' where id = ${uuid(104)}`,
      `update public.tracklets set track_id = -1 where id = ${uuid(103)}`,
      `update public.associations set decision = 'rejected' where id = ${uuid(105)}`,
      `update public.tracklets set quality = 1 where id = ${uuid(104)}`,
      `update public.tracklets set track_id = 0, t_out = t_in where id = ${uuid(103)}`,
      `update public.tracklets set id = ${uuid(106)} where id = (select id from public.tracklets as t where not exists (select from public.associations where t.id in (from_tracklet_id, to_tracklet_id)) limit 1)`,
      `update public.associations set from_tracklet_id = to_tracklet_id, score = 'NaN'`,
      `update public.tracklets set t_in = t_in - interval '1 day', quality = quality / 3 where quality > 0.01 and t_in between '2025-01-01' and '2025-02-01'`,
    ])
    expect(
      await count(
        database,
        `tracklets.associations where id = ${uuid(105)} and from_tracklet_id = ${uuid(104)} and to_tracklet_id = ${uuid(104)}`,
      ),
    ).toBe(1)
    expect(await unheld(database)).toEqual({})
  }, 180_000)

  test('from the new tables', async ({ database }) => {
    await provenAfterEach(database, family('tracklets', 200))
    const found = `select t_in::text, outfit_vec::text, quality from public.tracklets where id = ${uuid(203)}`
    expect(await run(database, found)).toEqual([{ t_in: '2025-06-01 10:00:00', outfit_vec: '{0.5,-2}', quality: 0.25 }])
    await provenAfterEach(database, [
      String.raw`update tracklets.tracklets set outfit_vec = outfit_vec || '\x7ff0000000000000', quality = 0.1234 where id = ${uuid(203)}`,
      `update tracklets.tracklets set t_out = t_out + interval '1 hour', duration_seconds = 3601.5 where id = ${uuid(203)}`,
      `update tracklets.tracklets set outfit_vec = outfit_vec || float8send(0.125) where octet_length(outfit_vec) = 24`,
      `update tracklets.tracklets set quality = 1 - quality`,
      `update tracklets.associations set score = score / 3, from_tracklet_id = to_tracklet_id`,
      `update tracklets.associations set to_tracklet_id = ${uuid(203)} where id = ${uuid(205)}`,
    ])
    expect(await run(database, found)).toEqual([
      { t_in: '2025-06-01 10:00:00', outfit_vec: '{0.5,-2,Infinity,0.125}', quality: 0.8766 },
    ])
  }, 180_000)
})

describe.concurrent('a deletion takes along what belongs to it', () => {
  for (const schema of ['public', 'tracklets'] as const)
    test(`from ${schema}`, async ({ database }) => {
      await provenAfterAll(database, [...family(schema, 300), ...family(schema, 320)])
      await provenAfterEach(database, [
        `delete from ${schema}.tracklets where id = ${uuid(303)}`,
        `delete from ${schema}.associations where id = ${uuid(325)}`,
        `delete from ${schema}.tracklets where id in (select from_tracklet_id from ${schema}.associations order by id limit 20)`,
        `truncate ${schema}.associations`,
        `truncate ${schema}.tracklets cascade`,
      ])
      expect(await count(database, 'tracklets.tracklets')).toBe(0)
      // what was set aside only the old table has, and only who writes that can delete it
      expect((await count(database, 'public.tracklets')) === 0).toBe(schema === 'public')
    }, 180_000)

  test('from the tables of another system, to which both shapes refer', async ({ database }) => {
    await provenAfterAll(database, [...family('public', 400), ...family('tracklets', 420), ...family('public', 440)])
    await provenAfterEach(database, [
      `delete from public.videos where id = ${uuid(402)}`,
      `delete from public.camera_pins where id = ${uuid(421)}`,
      `delete from public.malls where id = ${uuid(440)}`,
      'delete from public.videos where id in (select video_id from public.tracklets order by id limit 30)',
    ])
    for (const n of [403, 404, 423, 424, 443, 444])
      for (const schema of ['public', 'tracklets'])
        expect(await count(database, `${schema}.tracklets where id = ${uuid(n)}`)).toBe(0)
    expect(await count(database, `public.associations where id in (${uuid(405)}, ${uuid(425)}, ${uuid(445)})`)).toBe(0)
    expect(await unheld(database)).toEqual({})
  }, 180_000)
})

test('what was written since to either shape is there after a contract and a rollback', async ({ database }) => {
  await provenAfterAll(database, [...family('public', 500), ...family('tracklets', 520)])
  const before = await rowsOf(database)
  await contractIn(database)
  await run(database, `delete from public.videos where id = ${uuid(502)}`)
  await run(
    database,
    `insert into public.tracklets (id, mall_id, pin_id, video_id, track_id, t_in, t_out, outfit_vec, outfit_json, physique, box_stats, quality)
     select ${uuid(540)}, mall_id, pin_id, video_id, 7, t_in, t_out, float8send(0.75), '{}', '{}', '{}', 0.5 from public.tracklets where id = ${uuid(523)}`,
  )
  expect(await rollbackIn(database)).toMatchObject({ archived: {} })
  const { rows } = await stateOf(database)
  const without = (gone: readonly string[]) => (row: unknown) =>
    !gone.some((id) => String(row).includes(id.slice(1, -1)))
  expect(rows.tracklets?.filter(without([uuid(540)]))).toEqual(
    before.tracklets?.filter(without([uuid(503), uuid(504)])),
  )
  expect(rows.associations).toEqual(before.associations?.filter(without([uuid(505)])))
  expect(await one(database, `select outfit_vec::text from public.tracklets where id = ${uuid(540)}`)).toBe('{0.75}')
}, 180_000)
