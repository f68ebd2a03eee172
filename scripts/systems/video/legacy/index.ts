import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { Connection } from '../../../database/connect.ts'
import { stepsFolder } from '../../../engine/preflight/steps.ts'
import type { Report } from '../../../report.ts'
import { type Options, requireRoom } from '../../generator.ts'
import { video } from '../index.ts'
import { surroundings } from './surroundings.ts'
import { videosOf } from './videos.ts'

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
 * Fills an empty database with the ten tables of revision 839d4ee251e4 and rows for all of them. Rows never travel. From 1,000 rows on, each kind
 * of dirt occurs at least twice.
 * @throws Refusal where there is a legacy already, or an option makes no sense here
 */
export async function createLegacy(
  { db }: Connection,
  options: Options,
  report: Report,
): Promise<{ tables: Record<string, number> }> {
  await requireRoom(db.$client, options, 'videos')
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
  const folder = stepsFolder(video)
  const baseline = readMigrationFiles({ migrationsFolder: folder }).find(({ name }) => name?.endsWith('_baseline'))
  if (!baseline) throw new Error(`${folder} has no step that makes the legacy tables`)
  return baseline.sql.join('\n')
}
