import { randomBytes } from 'node:crypto'
import { describe, expect } from 'vitest'
import { one, run } from '../../engine/migration.ts'
import { type Scratch, test } from '../../support/scratch.ts'
import {
  contractIn,
  copyIn,
  expandIn,
  id,
  legacyIn,
  legacyRows,
  newVideo,
  oldVideo,
  syncIn,
  verifiedIn,
  verifyIn,
  videoOf,
} from './migration.ts'

const someMall = `(select id from public.malls order by id desc limit 1)`

/** A pin in another mall than the first one's. */
const otherPin = `(select id from public.camera_pins where mall_id <> (select mall_id from public.camera_pins order by id limit 1) order by id limit 1)`

const update = (database: Scratch, n: number, assignments: string) =>
  run(database, `update public.videos set ${assignments} where id = '${id(n)}'`)

const proven = async (database: Scratch) => {
  const { identical, shown } = await verifyIn(database)
  expect({ identical, shown }).toEqual({ identical: true, shown: [] })
}

/** Both while rows are being filled for the first time, and when all of it is done. */
const stages = ['before the copy', 'verified', 'in the end'] as const

async function at(stage: (typeof stages)[number], database: Scratch) {
  if (stage === 'before the copy') {
    await legacyIn(database, { rows: 60, dirt: 0 })
    await expandIn(database)
    await syncIn(database)
    return
  }
  await verifiedIn(database)
  if (stage === 'in the end') await contractIn(database)
}

describe.concurrent.each(stages)('an insert, %s', (stage) => {
  test('that fills only the old columns gets the new ones', async ({ database }) => {
    await at(stage, database)
    await run(database, oldVideo(1))
    const pin = await one(database, 'select id from public.camera_pins order by id limit 1')
    const mall = await one(database, 'select mall_id from public.camera_pins order by id limit 1')
    expect(await videoOf(database, 1)).toMatchObject({
      camera_pin_id: pin,
      pin_id: pin,
      mall_id: mall,
      filename: '1.mp4',
      original_path: '/data/1.mp4',
      upload_status: 'uploaded',
      uploaded_at: '2025-01-01T14:00:00+00:00',
      updated_at: '2025-01-01T13:00:00+00:00',
      checksum_sha256: null,
    })
    await copyIn(database)
    await proven(database)
  })

  test('that fills only the new columns gets the old ones, and its own default', async ({ database }) => {
    await at(stage, database)
    await run(database, newVideo(2, { processing_status: `'completed'`, checksum_sha256: `'abc'` }))
    expect(await videoOf(database, 2)).toMatchObject({
      file_path: 's3://2.mp4',
      original_filename: '2.mp4',
      processed: true,
      upload_timestamp: '2025-01-01T14:00:00',
      upload_status: 'uploading',
      checksum_sha256: 'abc',
    })
    await run(database, newVideo(3, { original_path: 'null', upload_status: `'failed'` }))
    expect(await videoOf(database, 3)).toMatchObject({ file_path: '', original_path: null, upload_status: 'failed' })
    await copyIn(database)
    await proven(database)
    expect(await videoOf(database, 3)).toMatchObject({ original_path: null, upload_status: 'failed' })
  })

  test('that fills both is taken as it is, contradictions included', async ({ database }) => {
    await at(stage, database)
    await run(
      database,
      newVideo(4, { camera_pin_id: otherPin, file_path: `'/old'`, original_filename: `'old'`, processed: 'true' }),
    )
    const row = await videoOf(database, 4)
    expect(row).toMatchObject({
      file_path: '/old',
      original_path: 's3://4.mp4',
      original_filename: 'old',
      filename: '4.mp4',
      processed: true,
      processing_status: 'pending',
      upload_timestamp: '2025-01-01T14:00:00',
    })
    expect(row.camera_pin_id).not.toBe(row.pin_id)
    await copyIn(database)
    await proven(database)
    expect(await videoOf(database, 4)).toEqual(row)
  })

  test('of an old application that knows one new column gets the others', async ({ database }) => {
    await at(stage, database)
    await run(database, oldVideo(5, { checksum_sha256: `'abc'` }))
    expect(await videoOf(database, 5)).toMatchObject({
      filename: '5.mp4',
      original_path: '/data/5.mp4',
      checksum_sha256: 'abc',
    })
    await copyIn(database)
    await proven(database)
  })

  test('of what the old columns refuse is refused still', async ({ database }) => {
    await at(stage, database)
    await expect(run(database, oldVideo(6, { file_path: 'null' }))).rejects.toThrow(/null value in column "file_path"/)
    await expect(run(database, newVideo(6, { pin_id: 'null' }))).rejects.toThrow(/null value/)
    expect(await one(database, `select count(*)::int from public.videos where id = '${id(6)}'`)).toBe(0)
  })
})

/** Each pair of columns: what is written, and what the other says then. */
const pairs: readonly [written: string, other: string, is: unknown][] = [
  [`file_path = '/x'`, 'original_path', '/x'],
  [`original_path = 's3://x'`, 'file_path', 's3://x'],
  [`original_path = repeat('x', 510)`, 'file_path', 'x'.repeat(500)],
  [`original_path = null`, 'file_path', ''],
  [`original_filename = 'x'`, 'filename', 'x'],
  [`filename = 'x'`, 'original_filename', 'x'],
  [`upload_timestamp = '2025-03-09 02:30:00.000001'`, 'uploaded_at', '2025-03-09T02:30:00.000001+00:00'],
  [`uploaded_at = '2025-03-09 02:30:00.000001+05'`, 'upload_timestamp', '2025-03-08T21:30:00.000001'],
  [`upload_timestamp = 'infinity'`, 'uploaded_at', 'infinity'],
  [`uploaded_at = '-infinity'`, 'upload_timestamp', '-infinity'],
  [`processed = true`, 'processing_status', 'completed'],
  [`processing_status = 'completed'`, 'processed', true],
  [`created_at = '2020-01-01'`, 'updated_at', '2020-01-01T00:00:00+00:00'],
]

describe.concurrent('an update', () => {
  test('of either column of a pair is in the other', async ({ database }) => {
    await verifiedIn(database)
    for (const [place, [written, other, is]] of pairs.entries()) {
      await run(database, oldVideo(100 + place))
      const before = await videoOf(database, 100 + place)
      await update(database, 100 + place, written)
      const after = await videoOf(database, 100 + place)
      const changed = Object.keys(after).filter((name) => after[name] !== before[name])
      expect({ written, [other]: after[other] }).toEqual({ written, [other]: is })
      expect(changed.sort()).toEqual([written.split(' ')[0], other].sort())
    }
    await run(database, oldVideo(200))
    await update(database, 200, 'processed = true')
    await update(database, 200, 'processed = false')
    expect(await videoOf(database, 200)).toMatchObject({ processing_status: 'pending' })
    await proven(database)
  })

  test('of a pin, by its old name or its new one, takes the mall along', async ({ database }) => {
    await verifiedIn(database)
    for (const [n, column, other] of [
      [1, 'camera_pin_id', 'pin_id'],
      [2, 'pin_id', 'camera_pin_id'],
    ] as const) {
      await run(database, oldVideo(n))
      await update(database, n, `${column} = ${otherPin}`)
      const pin = await one(database, `select ${otherPin}`)
      const mall = await one(database, `select mall_id from public.camera_pins where id = ${otherPin}`)
      expect(await videoOf(database, n)).toMatchObject({ [column]: pin, [other]: pin, mall_id: mall })
    }
    await proven(database)
  })

  test('of both columns of a pair leaves both as they were written', async ({ database }) => {
    await verifiedIn(database)
    await run(database, oldVideo(1))
    await update(
      database,
      1,
      `file_path = '/old', original_path = 's3://new', filename = 'new', processed = true, processing_status = 'failed'`,
    )
    expect(await videoOf(database, 1)).toMatchObject({
      file_path: '/old',
      original_path: 's3://new',
      original_filename: 'new',
      processed: true,
      processing_status: 'failed',
    })
    // and what is written later is in the other again
    await update(database, 1, `file_path = '/later'`)
    expect(await videoOf(database, 1)).toMatchObject({ original_path: '/later' })
    await proven(database)
  })

  test('of something else leaves alone what says otherwise', async ({ database }) => {
    await verifiedIn(database)
    await run(
      database,
      newVideo(1, { processed: 'true', processing_status: `'failed'`, mall_id: someMall, upload_status: `'aborted'` }),
    )
    const before = await videoOf(database, 1)
    await update(database, 1, `duration_seconds = 5, operator_notes = 'x', checksum_sha256 = 'abc'`)
    expect(await videoOf(database, 1)).toEqual({
      ...before,
      duration_seconds: 5,
      operator_notes: 'x',
      checksum_sha256: 'abc',
    })
    await proven(database)
  })

  test('of the key, of many rows at once, and of rows in other ways than updates', async ({ database }) => {
    await verifiedIn(database)
    await run(database, oldVideo(1, { processed: 'true', processing_status: `'failed'` }))
    await run(database, newVideo(2, { checksum_sha256: `'abc'` }))
    await run(database, `update public.videos set id = '${id(3)}' where id = '${id(1)}'`)
    await run(database, `update public.videos set id = '${id(4)}' where id = '${id(2)}'`)
    await proven(database)
    await run(database, `update public.videos set filename = 'all of them', processing_status = 'completed'`)
    expect(
      await one(
        database,
        `select count(*)::int from public.videos where original_filename <> 'all of them' or not processed`,
      ),
    ).toBe(0)
    await run(
      database,
      `insert into public.videos (id, camera_pin_id, file_path, original_filename, file_size_bytes, processed, processing_status, upload_timestamp, created_at)
       select id, camera_pin_id, '/again', 'again', 0, false, 'pending', upload_timestamp, created_at from public.videos limit 10
       on conflict (id) do update set file_path = excluded.file_path, original_filename = excluded.original_filename`,
    )
    expect(
      await one(
        database,
        `select count(*)::int from public.videos where filename = 'again' and original_path = '/again'`,
      ),
    ).toBe(10)
    await run(
      database,
      `merge into public.videos as v using (select id from public.videos order by id limit 5) as s on s.id = v.id
       when matched then update set original_path = 'merged'`,
    )
    expect(await one(database, `select count(*)::int from public.videos where file_path = 'merged'`)).toBe(5)
    await run(database, `delete from public.videos where id = '${id(3)}'`)
    await proven(database)
    await run(database, 'truncate public.videos cascade')
    await proven(database)
    expect(await run(database, 'select from sluice.complement union all select from sluice.target_complement')).toEqual(
      [],
    )
  })

  test('of a user or a pin that goes takes along what the references say', async ({ database }) => {
    await verifiedIn(database)
    await contractIn(database)
    const user = await one(database, 'select id from public.users order by id limit 1')
    await run(database, newVideo(1, { uploaded_by_user_id: `'${user}'` }))
    await run(database, `insert into public.processing_jobs (video_id, job_type) values ('${id(1)}', 'cv_analysis')`)
    await run(database, `delete from public.users where id = '${user}'`)
    expect(await videoOf(database, 1)).toMatchObject({ uploaded_by_user_id: null })
    await proven(database)
    await run(
      database,
      `delete from public.journeys; delete from public.camera_pins where id = (select pin_id from public.videos where id = '${id(1)}')`,
    )
    expect(await run(database, 'select from public.processing_jobs')).toEqual([])
    await proven(database)
  })
})

describe.concurrent('besides', () => {
  test('COPY fills the other columns too', async ({ database }) => {
    await verifiedIn(database)
    const pin = await one(database, 'select id from public.camera_pins order by id limit 1')
    const client = await database.connection.db.$client.reserve()
    const stream =
      await client`copy public.videos (id, camera_pin_id, file_path, original_filename, file_size_bytes, processed, processing_status, upload_timestamp, created_at) from stdin`.writable()
    const rows = Array.from({ length: 500 }, (_, n) =>
      [id(1000 + n), pin, `/${n}`, `${n}`, 1, 't', 'completed', '2025-01-01 00:00', '2025-01-01 00:00'].join('\t'),
    )
    await new Promise<void>((resolve, reject) =>
      stream
        .on('error', reject)
        .on('finish', resolve)
        .end(`${rows.join('\n')}\n`),
    )
    client.release()
    expect(
      await one(
        database,
        `select count(*)::int from public.videos where file_path = original_path and file_size_bytes = 1 and upload_status = 'uploaded'`,
      ),
    ).toBe(500)
    await proven(database)
  })

  test('times of the legacy are UTC, whatever the zone of database and session', async ({ database }) => {
    await run(
      database,
      `do $$ begin execute format('alter database %I set timezone to ''America/Los_Angeles''', current_database()); end $$`,
    )
    await legacyIn(database, { rows: 60, dirt: 0 })
    await expandIn(database)
    await syncIn(database)
    const session = await database.connection.db.$client.reserve()
    await session.unsafe(`set timezone to 'America/Los_Angeles'`)
    await session.unsafe(oldVideo(1, { upload_timestamp: `'2025-03-09 02:30'` }))
    await session.unsafe(newVideo(2, { uploaded_at: `'2025-06-01 14:00'` }))
    await session.unsafe(
      `update public.videos set upload_timestamp = '2025-07-01 14:00' where id <> '${id(1)}' and id <> '${id(2)}'`,
    )
    session.release()
    await copyIn(database)
    expect(
      await one(
        database,
        `select count(*)::int from public.videos where uploaded_at is distinct from upload_timestamp at time zone 'UTC'`,
      ),
    ).toBe(0)
    expect(await videoOf(database, 1)).toMatchObject({ uploaded_at: '2025-03-09T02:30:00+00:00' })
    // the session's own zone says which moment it means
    expect(await videoOf(database, 2)).toMatchObject({ upload_timestamp: '2025-06-01T21:00:00' })
    await proven(database)
  })

  test('a role that may write only this table may go on doing so', async ({ database }) => {
    await verifiedIn(database)
    const role = `sluice_video_${randomBytes(6).toString('hex')}`
    await run(
      database,
      `create role ${role}; grant usage on schema public to ${role};
       grant select, insert, update, delete on public.videos to ${role}`,
    )
    const pin = await one(database, 'select id from public.camera_pins order by id limit 1')
    const session = await database.connection.db.$client.reserve()
    try {
      await session.unsafe(`set role ${role}`)
      await session.unsafe(oldVideo(1, { camera_pin_id: `'${pin}'` }))
      await session.unsafe(`update public.videos set filename = 'x' where id = '${id(1)}'`)
      await expect(session.unsafe('select from sluice.complement')).rejects.toThrow(/permission denied/)
    } finally {
      await session.unsafe('reset role')
      session.release()
      await run(database, `drop owned by ${role}; drop role ${role}`)
    }
    expect(await videoOf(database, 1)).toMatchObject({ original_filename: 'x', pin_id: pin })
    await proven(database)
  })

  test('a row that an own trigger changes is followed as it is in the end', async ({ database }) => {
    await verifiedIn(database)
    await run(
      database,
      `create function public.tidy() returns trigger language plpgsql as $$
         begin new.original_filename := lower(new.original_filename); return new; end $$;
       create trigger zz_tidy before insert or update on public.videos for each row execute function public.tidy()`,
    )
    await run(database, oldVideo(1, { original_filename: `'LOUD.MP4'` }))
    expect(await videoOf(database, 1)).toMatchObject({ original_filename: 'loud.mp4', filename: 'loud.mp4' })
    await update(database, 1, `filename = 'Other.mp4'`)
    expect(await videoOf(database, 1)).toMatchObject({ original_filename: 'Other.mp4', filename: 'Other.mp4' })
    await proven(database)
  })

  test('a pin that moves to another mall takes its videos along, but no others', async ({ database }) => {
    await verifiedIn(database)
    await run(database, newVideo(1, { mall_id: someMall }))
    const before = await legacyRows(database)
    await run(
      database,
      `update public.camera_pins set mall_id = (select id from public.malls where id <> camera_pins.mall_id limit 1)
       where id in (select id from public.camera_pins order by id limit 2)`,
    )
    expect(
      await one(
        database,
        `select count(*)::int from public.videos as v join public.camera_pins as c on c.id = v.pin_id where c.mall_id <> v.mall_id`,
      ),
    ).toBe(0)
    await proven(database)
    await run(database, `update public.camera_pins set camera_note = 'cleaned'`)
    await proven(database)
    expect((await legacyRows(database)).filter(({ name }) => String(name).startsWith('('))).toEqual(
      before.filter(({ name }) => String(name).startsWith('(')),
    )
  })

  test('many pins that move in one statement take all their videos along, also in a session that has moved one before', async ({
    database,
  }) => {
    await legacyIn(database, { rows: 1500, dirt: 0.1 })
    await expandIn(database)
    await syncIn(database)
    // half of the videos are carried by the move itself; two know their mall better, until their pin says something new
    await run(
      database,
      `update public.videos set camera_pin_id = camera_pin_id where get_byte(uuid_send(id), 15) < 128`,
    )
    await run(database, newVideo(1, { mall_id: someMall, pin_id: otherPin }))
    await run(database, newVideo(2, { checksum_sha256: `'two'`, pin_id: otherPin }))
    const before = await legacyRows(database)
    const elsewhere = `(select id from public.malls where id <> camera_pins.mall_id order by id limit 1)`
    const session = await database.connection.db.$client.reserve()
    for (let n = 0; n < 7; n++)
      await session.unsafe(
        `update public.camera_pins set mall_id = ${elsewhere} where id = (select id from public.camera_pins order by id offset ${n} limit 1)`,
      )
    // some of them only get a note
    await session.unsafe(
      `update public.camera_pins
       set camera_note = 'moved', mall_id = case when get_byte(uuid_send(id), 15) < 32 then mall_id else ${elsewhere} end`,
    )
    session.release()
    const apart = `
      select v.id from public.videos as v join public.camera_pins as c on c.id = v.camera_pin_id
      where (v.mall_id, v.pin_id, v.filename) is distinct from (c.mall_id, c.id, v.original_filename)`
    expect(await run(database, `${apart} and get_byte(uuid_send(c.id), 15) >= 32`)).toEqual([])
    await copyIn(database)
    expect((await run(database, apart)).filter((row) => row.id !== id(1))).toEqual([])
    expect(await videoOf(database, 2)).toMatchObject({ checksum_sha256: 'two' })
    await proven(database)
    expect((await legacyRows(database)).filter(({ name }) => String(name).startsWith('('))).toEqual(
      before.filter(({ name }) => String(name).startsWith('(')),
    )
  })
})
