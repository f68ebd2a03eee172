import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import postgres, { type Sql } from 'postgres'
import { expect } from 'vitest'
import { migrateLock } from '../../scripts/database/lock.ts'
import { test } from '../support/scratch.ts'
import { belongingsOf, legacies, shapeOf, targets } from './catalog.ts'
import { expand, kit, steps } from './kit.ts'

const folders = readdirSync(steps).sort()

test('three migrators at once all succeed, and every step is applied once', async ({ database }) => {
  const outcomes = await Promise.all([1, 2, 3].map(() => kit(['migrate'], database.url)))
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0])
  const applied = await database.connection.db.$client`
    select name
    from drizzle.__drizzle_migrations
    order by name`
  expect(applied.map(({ name }) => name)).toEqual(folders)
})

test('a migrator says that it waits for another, also under a short lock_timeout', async ({ database }) => {
  const holder = postgres(database.url, { max: 1 })
  await holder`select pg_advisory_lock(${migrateLock.toString()}::bigint)`
  const running = kit(['migrate'], `${database.url}?lock_timeout=50`)
  while (!running.soFar.stderr.includes('waiting')) await setTimeout(20)
  const [before] = await database.connection.db.$client`select to_regclass('atp.downloads') as downloads`
  expect(before).toEqual({ downloads: null })
  await holder.end()
  const outcome = await running
  expect(outcome.code).toBe(0)
  expect(outcome.stderr).toBe('Another process is migrating this database: waiting until it has finished\n')
})

/** Live databases differ from the declared V23; these are the statements that lead to them. */
const live: Record<string, (sql: Sql) => Promise<unknown>> = {
  V9: (sql) =>
    sql.unsafe(`
      drop view atp.movies;
      alter table atp.training drop reviewed, add confirmed boolean not null default false`),
  'V23 without the constraints of training': (sql) =>
    sql.unsafe(`
      alter table atp.training
        drop constraint training_pkey,
        drop constraint training_tmdb_id_key,
        drop constraint training_imdb_id_check`),
  V32: async (sql) => {
    await sql`alter type atp.media_type add value 'tv_episode_pack'`
    await sql.unsafe(`
      alter table atp.media
        add deleted_at timestamptz,
        drop budget, drop revenue, drop runtime, drop origin_country, drop production_companies,
        drop production_countries, drop production_status, drop original_language, drop spoken_languages, drop genre,
        drop original_media_title, drop tagline, drop overview, drop tmdb_rating, drop tmdb_votes, drop rt_score,
        drop metascore, drop imdb_rating, drop imdb_votes;
      alter table atp.training alter label drop not null;
      create function atp.set_updated_at() returns trigger language plpgsql as 'begin return new; end';
      create table atp.engineered (imdb_id varchar(10) primary key references atp.training);
      create table public.flyway_schema_history (installed_rank integer primary key)`)
  },
}

for (const [version, lead] of Object.entries(live)) {
  test(`a live database keeps all it has: ${version}`, async ({ database: { connection } }) => {
    const sql = connection.db.$client
    await sql.unsafe(readFileSync(`${steps}${folders[0]}/migration.sql`, 'utf8'))
    await lead(sql)
    const before = { shape: await shapeOf(sql, legacies), belongings: await belongingsOf(sql, legacies) }
    await expand(connection)
    expect(await shapeOf(sql, legacies)).toEqual(before.shape)
    expect(await belongingsOf(sql, legacies)).toEqual(before.belongings)
    const { columns } = await shapeOf(sql, targets)
    expect(columns).toHaveLength(66)
  })
}

test('a step that fails leaves nothing behind, and the command says so', async ({ database }) => {
  const sql = database.connection.db.$client
  await sql.unsafe('create schema atp; create table atp.media_metrics (mine integer)')
  const { code, stdout, stderr } = await kit(['migrate'], database.url)
  expect(code).toBe(1)
  expect(stdout + stderr).toContain('media_metrics')
  const [row] = await sql`select to_regclass('atp.media') as media, to_regnamespace('sluice') as sluice`
  expect(row).toEqual({ media: null, sluice: null })
})
