import { createHash } from 'node:crypto'
import postgres from 'postgres'
import { expect, inject } from 'vitest'
import type { Connection } from '../../../scripts/database/connect.ts'
import { expand } from '../../../scripts/engine/expand.ts'
import type { Options } from '../../../scripts/systems/atp/legacy/options.ts'
import { eventually } from '../../support/processes.ts'
import { type Scratch, test as scratch, template } from '../../support/scratch.ts'
import { contextOf, copyIn, legacyIn, run, syncIn, verifyIn } from '../migration.ts'

/** Name of a template database whose both shapes are alive and in step. */
export const alive = (options: Partial<Options> = {}): Promise<string> => {
  const digest = createHash('md5').update(JSON.stringify(options)).digest('hex')
  return template(`alive_${digest.slice(0, 12)}`, async (connection) => {
    await expandedIn(connection, options)
    await syncIn({ connection })
    await copyIn({ connection, url: '' })
  })
}

async function expandedIn(connection: Connection, options: Partial<Options>): Promise<void> {
  await legacyIn({ connection, url: '' }, { rows: 0, dirt: 0, seed: 1, version: 27, ...options })
  const own = new URL(inject('serverUrl'))
  own.pathname = `/${(await run({ connection }, 'select current_database() as name'))[0]?.name}`
  await expand(contextOf({ connection }), own.href)
}

/** Tests with a legacy as `options` say and its target, alive and in step. */
export const living = (options: Partial<Options> = {}) =>
  scratch.extend({
    source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await alive(options)),
  })

/** Tests with a target alive over an empty legacy, in which `work` was done; `name` is its own in a run. */
export const livingWith = (name: string, work: (database: Pick<Scratch, 'connection' | 'url'>) => Promise<unknown>) =>
  scratch.extend({
    source: async ({ task: _ }, use: (name: string) => Promise<void>) =>
      use(await template(name, (connection) => work({ connection, url: '' }), await alive())),
  })

/** Works as an application does: one session, which looks for its tables in the schema atp. */
export async function asApplication<T>(
  database: Scratch,
  work: (session: postgres.Sql) => Promise<T>,
  settings: Record<string, string> = {},
): Promise<T> {
  const session = postgres(database.url, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: 'application', search_path: 'atp', ...settings },
  })
  try {
    return await work(session)
  } finally {
    await session.end({ timeout: 1 })
  }
}

/** Two applications at once. */
export const asTwo = (database: Scratch, work: (one: postgres.Sql, other: postgres.Sql) => Promise<void>) =>
  asApplication(database, (one) => asApplication(database, (other) => work(one, other)))

export async function expectInStep(database: Pick<Scratch, 'connection' | 'url'>): Promise<void> {
  expect(await verifyIn(database)).toMatchObject({ shown: [], identical: true })
}

/** SQLSTATE of the error that some work ends with, or `done`. */
export const codeOf = (work: PromiseLike<unknown>): Promise<string> =>
  Promise.resolve(work).then(
    () => 'done',
    (error) => error.code ?? error.message,
  )

/** Resolves when an application waits for another's lock. */
export const someoneWaits = (database: Scratch) =>
  eventually(
    async () =>
      (
        await run(
          database,
          `select
           from pg_stat_activity
           where datname = current_database()
             and application_name = 'application'
             and wait_event_type = 'Lock'`,
        )
      ).length > 0,
  )

/** The first column of every row, as the tool's own session sees it. */
export const values = async (database: Scratch, text: string): Promise<unknown[]> =>
  (await run(database, text)).map((row) => Object.values(row)[0])

export const hash = (letter: string): string => letter.repeat(40)
export const title = (number: number): string => `tt${String(number).padStart(7, '0')}`

const literal = (value: unknown) => (value === null ? 'null' : `'${String(value).replaceAll("'", "''")}'`)

export const insert = (table: string, row: Record<string, unknown>): string =>
  `insert into atp.${table} (${Object.keys(row)}) values (${Object.values(row).map(literal)})`

/** A release of a title. */
export const media = (letter: string, number: number | null, more: Record<string, unknown> = {}): string =>
  insert('media', {
    hash: hash(letter),
    media_type: 'movie',
    media_title: 'A title',
    release_year: 2000,
    original_title: `release ${letter}`,
    imdb_id: number === null ? null : title(number),
    created_at: '2020-01-01',
    ...more,
  })

export const training = (number: number, more: Record<string, unknown> = {}): string =>
  insert('training', {
    imdb_id: title(number),
    label: 'would_watch',
    media_type: 'movie',
    media_title: 'A title',
    release_year: 2000,
    created_at: '2020-01-01',
    ...more,
  })

export const prediction = (number: number, more: Record<string, unknown> = {}): string =>
  insert('prediction', {
    imdb_id: title(number),
    prediction: 1,
    probability: '0.5',
    cm_value: 'tp',
    created_at: '2020-01-01',
    ...more,
  })

/** A few legacy rows of every kind. */
export async function seed(database: Pick<Scratch, 'connection'>): Promise<void> {
  for (const text of [media('a', 1), media('b', 1), media('c', 2), media('d', null), training(1), prediction(1)])
    await run(database, text)
}

/** What the target's applications write and the seeded legacy cannot hold: a title, a file, and a value of a title. */
export const writeOwn = (database: Scratch) =>
  asApplication(database, async (session) => {
    await session`
      insert into media_metadata (imdb_id, media_type, media_title, release_year)
      values (${title(7)}, 'movie', 'Unlabelled', 2007)`
    await session`insert into files (hash, target_path) values (${hash('e')}, 'of no download')`
    await session`update media_metadata set confirmed = true where imdb_id = ${title(1)}`
  })
