import { describe, expect } from 'vitest'
import type { Options } from '../../../scripts/systems/atp/legacy/options.ts'
import { run } from '../migration.ts'
import { asApplication, expectInStep, hash, living, media, prediction, title, training, values } from './alive.ts'

const kinds: (Pick<Options, 'version' | 'withoutTrainingConstraints'> & { kind: string })[] = [
  { kind: 'of version 9', version: 9 },
  { kind: 'of version 24', version: 24 },
  { kind: "of version 24 without training's constraints", version: 24, withoutTrainingConstraints: true },
  { kind: 'of version 28', version: 28 },
  { kind: 'of version 32', version: 32 },
]

describe.each(kinds.map(({ kind, ...options }) => [kind, options] as const))('a legacy %s', (_, options) => {
  const test = living({ rows: 40, dirt: 0.3, seed: 6, ...options })

  test('is kept in step by writes to either side', async ({ database }) => {
    const times = { updated_at: '2020-01-01' }
    for (const text of [media('a', 1, times), media('b', 1, times), media('c', null, times)]) await run(database, text)
    for (const text of [training(1, times), prediction(1)]) await run(database, text)
    await expectInStep(database)
    await asApplication(database, async (session) => {
      await session`update media set pipeline_status = 'paused' where hash in (${hash('a')}, ${hash('c')})`
      await session`update training set label = 'would_not_watch', human_labeled = true where imdb_id = ${title(1)}`
      await session`delete from media where hash = ${hash('b')}`
    })
    await expectInStep(database)
    await asApplication(database, async (session) => {
      await session`update downloads set uploader = 'new' where imdb_id is not null`
      await session`update media_metadata set media_title = 'New', label = 'would_watch'`
      await session`insert into files (hash, parent_path, target_path) values (${hash('c')}, '/p', 't')`
      await session`delete from media_metrics`
    })
    await expectInStep(database)
    expect(
      await run(
        database,
        `select media_title, uploader, target_path from atp.media where hash in ('${hash('a')}', '${hash('c')}') order by hash`,
      ),
    ).toEqual([
      { media_title: 'New', uploader: 'new', target_path: null },
      { media_title: 'A title', uploader: null, target_path: 't' },
    ])
    expect(await values(database, `select label::text from atp.training where imdb_id = '${title(1)}'`)).toEqual([
      'would_watch',
    ])
  })

  test('is written by rear_diff as it always was, and the target has it', async ({ database }) => {
    for (const text of [media('a', 1), training(1), prediction(1)]) await run(database, text)
    const mayCorrect = options.version >= 22
    await asApplication(database, async (session) => {
      await session`set role rear_diff`
      if (!mayCorrect) {
        await expect(session`update training set label = null`.execute()).rejects.toMatchObject({ code: '42501' })
        return
      }
      await session`
        update training
        set label = 'would_not_watch', human_labeled = true, reviewed = true, anomalous = true, updated_at = now()
        where imdb_id = ${title(1)}`
      await session`update media set rejection_status = 'rejected', rejection_reason = 'so' where hash in (${hash('a')})`
      expect(await session`select label from movies where imdb_id = ${title(1)}`).toHaveLength(
        options.version >= 23 ? 1 : 0,
      )
      for (const table of ['media', 'training'])
        await expect(session.unsafe(`delete from ${table}`).execute()).rejects.toMatchObject({ code: '42501' })
      await expect(session`truncate prediction`.execute()).rejects.toMatchObject({ code: '42501' })
    })
    expect(
      await run(
        database,
        `select label::text, human_labeled, reviewed, anomalous from atp.media_metadata where imdb_id = '${title(1)}'`,
      ),
    ).toEqual([
      mayCorrect
        ? { label: 'would_not_watch', human_labeled: true, reviewed: true, anomalous: true }
        : { label: 'would_watch', human_labeled: false, reviewed: false, anomalous: false },
    ])
    expect(await values(database, `select rejection_reason from atp.downloads where hash = '${hash('a')}'`)).toEqual([
      mayCorrect ? 'so' : null,
    ])
    await expectInStep(database)
  })

  test('is written by rear_diff in the new tables too, and the legacy has it', async ({ database }) => {
    for (const text of [media('a', 1), training(1)]) await run(database, text)
    await asApplication(database, async (session) => {
      await session`set role rear_diff`
      await session`update atp.downloads set error_status = true, error_condition = 'so' where hash = ${hash('a')}`
      await session`update atp.media_metadata set label = 'would_not_watch', reviewed = true where imdb_id = ${title(1)}`
      await expect(session`update atp.media_metadata set overview = null`.execute()).rejects.toMatchObject({
        code: '42501',
      })
    })
    expect(await values(database, `select error_condition from atp.media where hash = '${hash('a')}'`)).toEqual(['so'])
    expect(await values(database, `select label::text from atp.training where imdb_id = '${title(1)}'`)).toEqual([
      'would_not_watch',
    ])
    await expectInStep(database)
  })
})
