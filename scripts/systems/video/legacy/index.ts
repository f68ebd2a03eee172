import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { Sql } from 'postgres'
import type { Connection } from '../../../database/connect.ts'
import { Refusal } from '../../../errors.ts'
import type { Report } from '../../../report.ts'
import { surroundings } from './surroundings.ts'
import { videosOf } from './videos.ts'

/** What kind of legacy database is wanted. */
export interface Options {
  /** Rows of `videos`; the other tables follow. */
  rows: number
  /** Share of the videos that get one of the kinds of dirt, 0 to 1. From 1,000 rows on, each kind occurs at least twice. */
  dirt: number
  /** The same seed gives the same bytes. */
  seed: number
  /** Of another system's legacy; this one has only one version. */
  withoutTrainingConstraints?: boolean
}

/** The revision that the legacy is at. */
const revision = '839d4ee251e4'

const tables = [
  'malls',
  'visitor_profiles',
  'tenants',
  'stores',
  'users',
  'camera_pins',
  'journeys',
  'videos',
  'tracklets',
  'associations',
]

/**
 * Fills an empty database with the ten tables of revision 839d4ee251e4 and rows for all of them. Rows never travel.
 * @throws Refusal where there is a legacy already, or an option makes no sense here
 */
export async function createLegacy(
  { db }: Connection,
  options: Options,
  report: Report,
): Promise<{ tables: Record<string, number> }> {
  if (options.withoutTrainingConstraints)
    throw new Refusal('only another system has training constraints', {}, 'leave out --without-training-constraints')
  await refuseExisting(db.$client)
  const counts = await db.$client.begin(async (sql) => {
    await sql.unsafe(`
      ${shape()}
      create table public.alembic_version (version_num varchar(32) not null constraint alembic_version_pkc primary key);
      insert into public.alembic_version values ('${revision}')`)
    report.progress({ task: 'videos', done: 0, total: options.rows })
    await sql.unsafe(`
      set local jit = off;
      ${surroundings(options, videosOf(options))}
      ${tables.map((table) => `analyze public.${table};`).join(' ')}`)
    const [counted] = await sql.unsafe(
      `select ${tables.map((table) => `(select count(*)::integer from public.${table}) as ${table}`).join(', ')}`,
    )
    return counted as Record<string, number>
  })
  return { tables: counts }
}

/** The baseline step, which makes the tables where there are none. */
function shape(): string {
  const folder = fileURLToPath(new URL('../../../../drizzle/video/expand', import.meta.url))
  const baseline = readMigrationFiles({ migrationsFolder: folder }).find(({ name }) => name?.endsWith('_baseline'))
  if (!baseline) throw new Error(`${folder} has no step that makes the legacy tables`)
  return baseline.sql.join('\n')
}

async function refuseExisting(client: Sql): Promise<void> {
  const [found] = await client`
    select coalesce(to_regclass('public.videos'), to_regclass('public.alembic_version'))::text as name`
  if (found?.name)
    throw new Refusal(`${found.name} already exists`, {}, 'name an empty database in DATABASE_URL, or create one')
}
