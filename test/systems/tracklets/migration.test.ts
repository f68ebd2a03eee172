import { describe, expect } from 'vitest'
import { contract } from '../../../scripts/engine/contract/index.ts'
import { plan } from '../../../scripts/engine/preflight/index.ts'
import { status } from '../../../scripts/engine/status.ts'
import { stopSync } from '../../../scripts/engine/sync/index.ts'
import { one, run } from '../../engine/migration.ts'
import { type Scratch, test } from '../../support/scratch.ts'
import * as phase2 from '../video/migration.ts'
import {
  contextOf,
  contractIn,
  copyIn,
  expandIn,
  legacyIn,
  names,
  rollbackIn,
  rowsOf,
  stateOf,
  syncIn,
  verified,
  verifyIn,
} from './migration.ts'

/** A legacy that is kept in step, copied and proven. */
const proven = test.extend({ source: await verified() })

/** Which tracklets fit, as SQL by hand says. */
const fits = 't_in <= t_out and track_id >= 0 and quality > -0.00005 and quality < 1.00005'

/** The target's rows, but for the vectors, and what SQL by hand says that they must be. */
const same: readonly [target: string, expected: string][] = [
  [
    `select id, mall_id, pin_id, video_id, track_id, t_in, t_out, duration_seconds, outfit_json, physique, box_stats, quality, created_at
     from tracklets.tracklets`,
    `select id, mall_id, pin_id, video_id, track_id, timezone('UTC', t_in), timezone('UTC', t_out),
       case when isfinite(t_in) and isfinite(t_out)
         then (extract(epoch from t_out) - extract(epoch from t_in))::numeric(20,6) end,
       outfit_json, physique, box_stats, quality::numeric(5,4), timezone('UTC', t_in)
     from public.tracklets
     where ${fits}`,
  ],
  [
    'select * from tracklets.associations',
    `select a.id, a.mall_id, f.id, t.id, score, decision, scores, components, candidate_count, created_at
     from public.associations as a
     left join (select id from public.tracklets where ${fits}) as f on f.id = from_tracklet_id
     left join (select id from public.tracklets where ${fits}) as t on t.id = to_tracklet_id`,
  ],
]

const linesOf = async (database: Scratch, query: string) =>
  (await run(database, `select t::text as row from (${query}) as t order by t::text collate "C"`)).map(({ row }) => row)

describe.concurrent('every tracklet takes its new types', () => {
  test.for([
    { sync: true, options: { batchSize: 37 } },
    { sync: false, options: { batchSize: 5000 } },
    { sync: false, options: { bulk: true } },
  ])('and comes back to the byte: %o', { timeout: 120_000 }, async ({ sync, options }, { database }) => {
    await legacyIn(database, { rows: 600, dirt: 0.3 })
    const rows = await rowsOf(database)
    await expandIn(database)
    if (sync) await syncIn(database)
    await copyIn(database, options)
    const proof = await verifyIn(database)
    expect(proof).toMatchObject({ identical: true, differences: 0, shown: [] })
    for (const { rows: all, carried, complemented, quarantined } of Object.values(proof.accounts))
      expect(carried + complemented + quarantined).toBe(all)
    for (const [target, expected] of same)
      expect(await linesOf(database, target)).toEqual(await linesOf(database, expected))
    expect(await rowsOf(database)).toEqual(rows)
    const aside = await run(database, 'select distinct constraint_name as name from sluice.quarantine order by 1')
    expect(aside.map(({ name }) => name)).toEqual([
      'associations_from_tracklet_id_fkey',
      'associations_to_tracklet_id_fkey',
      'tracklets_quality_check',
      'tracklets_quality_type',
      'tracklets_t_out_check',
      'tracklets_track_id_check',
    ])
  })
})

proven('a clean tracklet needs no complement: bytes, times and shares say all', async ({ database }) => {
  const kept = await run(
    database,
    `select distinct name from sluice.complement, jsonb_object_keys(kept) as name
     where relation = 'public.tracklets' and kind = 'part' order by 1`,
  )
  expect(kept.map(({ name }) => name)).toEqual(['outfit_vec', 'quality'])
  const whole = await one(
    database,
    `select count(*)::int from public.tracklets as t
     where not exists (select from sluice.complement as c where c.relation = 'public.tracklets' and c.key = t.id::text)`,
  )
  expect(whole).toBeGreaterThan(800)
  // what is kept of a vector is what no sequence of bytes says: a null, a second dimension, a first subscript
  const vectors = await run(
    database,
    `select distinct kept ->> 'outfit_vec' as vector from sluice.complement
     where relation = 'public.tracklets' and kind = 'part' and kept ? 'outfit_vec' order by 1`,
  )
  expect(vectors.map(({ vector }) => vector)).toEqual(['[5:6]={1,2}', '{0.1,NULL,0.3}', '{{1,2},{3,4}}'])
})

proven('a vector is its numbers, eight bytes each, as any other language reads them', async ({ database }) => {
  const rows = await run(
    database,
    `select new.outfit_vec as bytes, array(select e from unnest(old.outfit_vec) as e where e is not null) as numbers
     from tracklets.tracklets as new join public.tracklets as old using (id)`,
  )
  const read = (bytes: Buffer) => Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleBE(i * 8))
  expect(rows.length).toBeGreaterThan(900)
  for (const { bytes, numbers } of rows) expect(read(bytes as Buffer)).toEqual(numbers)
})

describe.concurrent('there is a way back', () => {
  for (const phase of ['expanded', 'syncing', 'copied', 'verified', 'stopped', 'contracted'])
    test(`from ${phase}: catalogs and rows, and forward again`, async ({ database }) => {
      await legacyIn(database, { rows: 200, dirt: 0.3 })
      const before = await stateOf(database)
      const steps: [string, () => Promise<unknown>][] = [
        ['expanded', () => expandIn(database)],
        ['syncing', () => syncIn(database)],
        ['copied', () => copyIn(database)],
        ['verified', () => verifyIn(database)],
        phase === 'stopped'
          ? ['stopped', () => stopSync(contextOf(database))]
          : ['contracted', () => contractIn(database)],
      ]
      const far = steps.findIndex(([name]) => name === phase)
      for (const [, step] of steps.slice(0, far + 1)) await step()
      if (phase === 'contracted') {
        expect(await one(database, `select to_regnamespace('tracklets')`)).toBe(null)
        expect(Object.keys((await status(contextOf(database))).tables)).toEqual(names)
        expect(await rollbackIn(database, true)).toMatchObject({ dryRun: true, archived: {} })
        expect(
          await one(
            database,
            `select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'public.tracklets'::regclass and attname = 'outfit_vec'`,
          ),
        ).toBe('bytea')
      }
      expect(await rollbackIn(database)).toMatchObject({ archived: {} })
      expect(await stateOf(database)).toEqual(before)
      await expandIn(database)
      await syncIn(database)
      await copyIn(database)
      expect(await verifyIn(database)).toMatchObject({ identical: true })
    }, 180_000)
})

describe.concurrent('the contract', () => {
  proven('leaves the old names to the new tables', async ({ database }) => {
    await expect(contract(contextOf(database), { keepViews: true })).rejects.toThrow('take the names of the old ones')
    const target = await rowsOf(database, 'tracklets')
    await contractIn(database)
    expect(await rowsOf(database)).toEqual(target)
    await expect(plan(contextOf(database))).rejects.toThrow('dropped by the contract')
    expect(await contractIn(database)).toMatchObject({ applied: [], dropped: [] })
  })

  proven('stops where others refer to the old tables, or use the schema that goes', async ({ database }) => {
    const before = await rowsOf(database)
    await run(database, 'create table public.sightings (tracklet_id uuid references public.tracklets)')
    await expect(contractIn(database)).rejects.toMatchObject({
      line: expect.stringMatching(/something depends on the legacy tables.*sightings/),
    })
    await run(database, 'drop table public.sightings; create table tracklets.others ()')
    await expect(contractIn(database)).rejects.toThrow(/has something else in it: tracklets\.others/)
    expect(await rowsOf(database)).toEqual(before)
  })
})

proven(
  'the contract names what refers to a video that is not there, which only the new table has',
  async ({ database }) => {
    await run(
      database,
      `insert into tracklets.tracklets (id, mall_id, pin_id, video_id, track_id, t_in, t_out, outfit_vec, outfit_json, physique, box_stats, quality)
     select gen_random_uuid(), mall_id, pin_id, gen_random_uuid(), 1, t_in, t_out, '', '{}', '{}', '{}', 0 from tracklets.tracklets limit 1`,
    )
    expect(await verifyIn(database)).toMatchObject({ identical: true })
    expect((await status(contextOf(database))).unheld).toEqual({ tracklets: 1 })
    await expect(contractIn(database)).rejects.toMatchObject({
      line: expect.stringMatching(/refer to malls, pins or videos that are not there \(tracklet .*delete these rows/),
    })
    await run(
      database,
      'delete from tracklets.tracklets where not exists (select from public.videos as v where v.id = video_id)',
    )
    await verifyIn(database)
    await contractIn(database)
    // from here on the new table holds by itself what the old one held
    const [video] = await run(database, 'select video_id as id from public.tracklets limit 1')
    await run(database, `delete from public.videos where id = '${video?.id}'`)
    expect(await one(database, `select count(*)::int from public.tracklets where video_id = '${video?.id}'`)).toBe(0)
  },
)

test('the other steps of the application go on beside it: before a video has its new columns, meanwhile, and after', async ({
  database,
}) => {
  await legacyIn(database, { rows: 200, dirt: 0 })
  for (const step of [phase2.expandIn, phase2.syncIn, phase2.copyIn, phase2.verifyIn]) await step(database)
  await expandIn(database)
  await syncIn(database)
  await copyIn(database)
  expect(await verifyIn(database)).toMatchObject({ identical: true })
  await run(database, 'delete from public.videos where id in (select id from public.videos order by id limit 3)')
  await run(database, `update public.videos set upload_status = 'failed'`)
  await phase2.copyIn(database)
  expect(await phase2.verifyIn(database)).toMatchObject({ identical: true })
  expect(await verifyIn(database)).toMatchObject({ identical: true })
  await phase2.contractIn(database)
  const before = await rowsOf(database)
  await contractIn(database)
  await run(database, 'delete from public.videos where id in (select video_id from public.tracklets limit 1)')
  await rollbackIn(database)
  expect((await rowsOf(database)).tracklets?.length).toBeLessThan(before.tracklets?.length ?? 0)
}, 120_000)

describe.concurrent('what is done behind the back of both is found', () => {
  const behind: Record<string, string> = {
    'a time': `update public.tracklets set t_out = t_out + interval '1 microsecond' where t_in < t_out and t_out < '2030-01-01'`,
    'an element': `update public.tracklets set outfit_vec[1] = 0.125 where array_length(outfit_vec, 1) = 512`,
    'an old row less':
      'delete from public.associations where id = (select min(id::text)::uuid from public.associations)',
    'a byte': `update tracklets.tracklets set outfit_vec = set_byte(outfit_vec, 7, 255 - get_byte(outfit_vec, 7)) where id = (select id from tracklets.tracklets where octet_length(outfit_vec) = 24 limit 1)`,
    'a duration': `update tracklets.tracklets set duration_seconds = 1000 where id = (select id from tracklets.tracklets limit 1)`,
    'when a row was made': `update tracklets.tracklets set created_at = now() where id = (select id from tracklets.tracklets limit 1)`,
    'a new row less': 'delete from tracklets.associations where id = (select id from tracklets.associations limit 1)',
    'what was set aside': 'delete from sluice.quarantine where id = (select min(id) from sluice.quarantine)',
  }
  for (const [what, statement] of Object.entries(behind))
    proven(what, async ({ database }) => {
      await run(database, `set session_replication_role = replica; ${statement}; set session_replication_role = origin`)
      const { identical, differences } = await verifyIn(database)
      expect({ identical, found: differences > 0 }).toEqual({ identical: false, found: true })
    })
})
