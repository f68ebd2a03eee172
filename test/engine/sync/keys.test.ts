import { describe, expect } from 'vitest'
import { stopSync } from '../../../scripts/engine/sync/index.ts'
import type { Scratch } from '../../support/scratch.ts'
import { contractIn, rollbackIn } from '../going-back.ts'
import { contextOf, copyIn, run, syncIn } from '../migration.ts'
import {
  asApplication,
  codeOf,
  expectInStep,
  hash,
  livingWith,
  media,
  prediction,
  title,
  training,
  values,
} from './alive.ts'

const legacy = ['media', 'training', 'prediction']

/** A column that no target table has: only the complement knows it. */
const test = livingWith('alive_with_notes', async (database) => {
  for (const table of legacy) await run(database, `alter table atp.${table} add column note text`)
  await syncIn(database)
  const own = { media_title: 'Its own', season: 7 }
  for (const text of [
    media('a', 1, { note: 'of a' }),
    media('b', 1, { created_at: '2019-01-01', ...own, note: 'of b' }),
    media('c', null, { ...own, note: 'of c' }),
    media('d', null, { note: 'of d' }),
    training(1, { ...own, note: 'of one' }),
    training(2, { note: 'of two' }),
    training(4, { note: 'of four' }),
    prediction(1, { note: 'of one' }),
    prediction(2, { note: 'of two' }),
  ])
    await run(database, text)
  await expectInStep(database)
})

/** The rows of a legacy table as they are, but for what its own triggers set. */
const rowsOf = (database: Scratch, table: string) =>
  values(database, `select to_jsonb(t) - 'updated_at' from atp.${table} as t order by 1`)

const mapped = (rows: unknown[], column: string, to: Record<string, unknown>) =>
  (rows as Record<string, string>[]).map((row) => ({ ...row, [column]: to[row[column] ?? ''] ?? row[column] }))

const sorted = (rows: unknown[]) => rows.map((row) => JSON.stringify(row, Object.keys(row as object).sort())).sort()

/** Does something, and expects that a legacy table has the same rows under other keys. */
async function expectMoved(
  database: Scratch,
  table: string,
  column: string,
  to: Record<string, string>,
  work: () => Promise<unknown>,
): Promise<void> {
  const before = await Promise.all(legacy.map((each) => rowsOf(database, each)))
  await work()
  for (const [i, each] of legacy.entries())
    expect(sorted(await rowsOf(database, each)), each).toEqual(
      sorted(each === table ? mapped(before[i] ?? [], column, to) : (before[i] ?? [])),
    )
  await expectInStep(database)
}

const moves: [name: string, table: string, column: string, to: Record<string, string>, texts: string[]][] = [
  [
    'the hash of a download without a title',
    'media',
    'hash',
    { [hash('c')]: hash('e') },
    [`update downloads set hash = '${hash('e')}' where hash = '${hash('c')}'`],
  ],
  [
    'the hash of a download that says something else than its title',
    'media',
    'hash',
    { [hash('b')]: hash('e') },
    [`update downloads set hash = '${hash('e')}' where hash = '${hash('b')}'`],
  ],
  [
    'the hash of all downloads at once',
    'media',
    'hash',
    Object.fromEntries([...'abcd'].map((letter, i) => [hash(letter), hash('0123'[i] ?? '')])),
    [`update downloads set hash = translate(hash, 'abcd', '0123')`],
  ],
  [
    'a hash, and back in the same transaction',
    'media',
    'hash',
    {},
    [
      'begin',
      `update downloads set hash = '${hash('e')}' where hash = '${hash('c')}'`,
      `update downloads set hash = '${hash('c')}' where hash = '${hash('e')}'`,
      'commit',
    ],
  ],
  [
    'the hash by INSERT … ON CONFLICT DO UPDATE',
    'media',
    'hash',
    { [hash('c')]: hash('e') },
    [
      `insert into downloads (hash, original_title) values ('${hash('c')}', 'again')
       on conflict (hash) do update set hash = '${hash('e')}'`,
    ],
  ],
  [
    'the title of a training row',
    'training',
    'imdb_id',
    { [title(4)]: title(9) },
    [`update media_metadata set imdb_id = '${title(9)}' where imdb_id = '${title(4)}'`],
  ],
  [
    'the title of metrics',
    'prediction',
    'imdb_id',
    { [title(2)]: title(3) },
    [
      `insert into media_metadata (imdb_id, media_type, media_title, release_year) values ('${title(3)}', 'movie', 'Three', 2003)`,
      `update media_metrics set imdb_id = '${title(3)}' where imdb_id = '${title(2)}'`,
    ],
  ],
]

describe('a key changed in the new tables is changed in the old ones, and nothing else', () => {
  for (const [name, table, column, to, texts] of moves)
    test(name, async ({ database }) => {
      await expectMoved(database, table, column, to, () =>
        asApplication(database, async (session) => {
          for (const text of texts) await session.unsafe(text)
        }),
      )
    })

  test('of a download and of its file in one statement', async ({ database }) => {
    await run(database, `insert into atp.files (hash, parent_path, target_path) values ('${hash('c')}', '/p', 't')`)
    const [from, to] = [hash('c'), hash('e')]
    await expectMoved(database, 'media', 'hash', { [from]: to }, () =>
      run(
        database,
        `with f as (update atp.files set hash = '${to}' where hash = '${from}')
         update atp.downloads set hash = '${to}' where hash = '${from}'`,
      ),
    )
    await expectMoved(database, 'media', 'hash', { [to]: from }, () =>
      run(
        database,
        `with d as (update atp.downloads set hash = '${from}' where hash = '${to}')
         update atp.files set hash = '${from}' where hash = '${to}'`,
      ),
    )
  })

  test('of all rows at once, each to that of the one before', async ({ database }) => {
    const inOrder = await values(database, 'select hash from atp.downloads order by ctid')
    const to = Object.fromEntries(inOrder.map((each, i) => [each, i === 0 ? hash('0') : inOrder[i - 1]]))
    const arms = Object.entries(to).map(([old, next]) => `when '${old}' then '${next}'`)
    await expectMoved(database, 'media', 'hash', to as Record<string, string>, () =>
      run(database, `update atp.downloads set hash = case hash ${arms.join(' ')} end`),
    )
  })

  test('together with its title', async ({ database }) => {
    await run(
      database,
      `update atp.downloads set hash = '${hash('e')}', imdb_id = '${title(2)}' where hash = '${hash('c')}'`,
    )
    expect(
      await run(
        database,
        `select hash, imdb_id, media_title, season, note from atp.media where hash in ('${hash('c')}', '${hash('e')}')`,
      ),
    ).toEqual([{ hash: hash('e'), imdb_id: title(2), media_title: 'Its own', season: 7, note: 'of c' }])
    await expectInStep(database)
  })

  test('and it stays so after a rollback, from before the contract and after it', async ({ database }) => {
    const work = async () => {
      await run(database, `update atp.downloads set hash = translate(hash, 'abcd', '0123')`)
      await run(database, `update atp.media_metadata set imdb_id = '${title(9)}' where imdb_id = '${title(4)}'`)
      await run(database, `update atp.media_metrics set imdb_id = '${title(9)}' where imdb_id = '${title(2)}'`)
    }
    await work()
    await expectInStep(database)
    const rows = () =>
      Promise.all(legacy.map((table) => values(database, `select to_jsonb(t) from atp.${table} as t order by 1`)))
    const expected = await rows()
    expect(JSON.stringify(expected)).toContain('of c')
    await contractIn(database)
    await rollbackIn(database)
    expect(await rows()).toEqual(expected)
  })
})

describe('where it cannot be', () => {
  test('a family that was not copied since the sync began ends in 40001, until it is', async ({ database }) => {
    await stopSync(contextOf(database))
    await run(database, `update atp.media set note = 'meanwhile' where hash = '${hash('c')}'`)
    await syncIn(database)
    const change = `update downloads set hash = '${hash('e')}' where hash = '${hash('c')}'`
    await asApplication(database, async (session) => {
      expect(await codeOf(session.unsafe(change))).toBe('40001')
      expect(await values(database, `select hash from atp.downloads where hash = '${hash('e')}'`)).toEqual([])
      await copyIn(database)
      expect(await codeOf(session.unsafe(change))).toBe('done')
    })
    expect(await values(database, `select note from atp.media where hash = '${hash('e')}'`)).toEqual(['meanwhile'])
    await expectInStep(database)
  })

  test('into a family that was not copied: the same', async ({ database }) => {
    await stopSync(contextOf(database))
    await run(database, media('f', 1, { note: 'of f', updated_at: '2020-01-01' }))
    await syncIn(database)
    await run(database, `update atp.media set note = 'carried' where hash = '${hash('c')}'`)
    const change = `update downloads set hash = '${hash('e')}', imdb_id = '${title(1)}' where hash = '${hash('c')}'`
    await asApplication(database, async (session) => {
      expect(await codeOf(session.unsafe(change))).toBe('40001')
      await copyIn(database)
      expect(await codeOf(session.unsafe(change))).toBe('done')
    })
    expect(await values(database, 'select note from atp.media order by hash')).toEqual([
      'of a',
      'of b',
      'of d',
      'carried',
      'of f',
    ])
    await expectInStep(database)
  })

  test('to a key of which only the old table has a row, nothing is lost of either', async ({ database }) => {
    await stopSync(contextOf(database))
    await run(database, media('e', null, { note: 'of e' }))
    await syncIn(database)
    await run(database, `update atp.media set uploader = 'carried' where hash = '${hash('c')}'`)
    const change = `update downloads set hash = '${hash('e')}' where hash = '${hash('c')}'`
    await asApplication(database, async (session) => {
      expect(await codeOf(session.unsafe(change))).toBe('40001')
    })
    const notes = ['of a', 'of b', 'of c', 'of d', 'of e']
    expect(await values(database, 'select note from atp.media order by hash')).toEqual(notes)
    await copyIn(database)
    await expectInStep(database)
  })

  test('to the key of a row that the new tables refused', async ({ database }) => {
    await run(database, training(5))
    await run(database, prediction(5, { probability: '7', note: 'of five' }))
    await asApplication(database, async (session) => {
      const change = `update media_metrics set imdb_id = '${title(5)}' where imdb_id = '${title(2)}'`
      expect(await codeOf(session.unsafe(change))).toBe('23505')
    })
    const notes = ['of one', 'of two', 'of five']
    expect(await values(database, 'select note from atp.prediction order by imdb_id')).toEqual(notes)
    await expectInStep(database)
  })

  for (const [what, made, code] of [
    [
      'a foreign key',
      'create table atp.watched (hash char(40) references atp.media); insert into atp.watched select hash from atp.media',
      '23503',
    ],
    ['a check', `alter table atp.media add constraint no_e check (hash !~ 'e')`, '23514'],
    [
      'a trigger that keeps the old key',
      `create function atp.keep_hash() returns trigger language plpgsql as $$ begin new.hash := old.hash; return new; end $$;
       create trigger keep_hash before update on atp.media for each row execute function atp.keep_hash()`,
      '27000',
    ],
    [
      'a trigger that keeps the old row',
      `create function atp.keep_row() returns trigger language plpgsql as $$ begin return null; end $$;
       create trigger keep_row before update on atp.media for each row execute function atp.keep_row()`,
      '27000',
    ],
  ] as const)
    test(`${what} of the old table refuses it to the new one too`, async ({ database }) => {
      await run(database, made)
      await asApplication(database, async (session) => {
        expect(
          await codeOf(session.unsafe(`update downloads set hash = '${hash('e')}' where hash = '${hash('c')}'`)),
        ).toBe(code)
      })
      expect(await values(database, `select note from atp.media where hash = '${hash('c')}'`)).toEqual(['of c'])
      await expectInStep(database)
    })
})
