import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { Connection } from '../../../database/connect.ts'
import { stepsFolder } from '../../../engine/preflight/steps.ts'
import type { Report } from '../../../report.ts'
import { fill } from '../../fill.ts'
import { type Options, requireRoom } from '../../generator.ts'
import { retrovue } from '../index.ts'
import { assets, titles } from './content.ts'
import { providers } from './providers.ts'
import { quality } from './quality.ts'
import { sources } from './sources.ts'

/**
 * Fills an empty database with the eleven tables as they are really found, by the step that describes them, and what
 * their own tool has beside them. Rows never travel.
 * @throws Refusal where there is a legacy already, or an option makes no sense here
 */
export async function createLegacy(
  { db }: Connection,
  options: Options,
  report: Report,
): Promise<{ tables: Record<string, number> }> {
  await requireRoom(db.$client, options, 'titles')
  const { rows, dirt, seed } = options
  const [baseline] = readMigrationFiles({ migrationsFolder: stepsFolder(retrovue) })
  const fills = [
    ...(rows > 0
      ? [...titles(rows, seed), ...assets(rows, seed), ...providers(rows, seed), ...quality(rows, seed)]
      : []),
    ...sources(seed),
  ]
  const tables = [...new Set(fills.map(({ table }) => table))]
  const counts = await db.$client.begin(async (sql) => {
    await sql.unsafe(baseline?.sql.join(';') ?? '')
    await sql.unsafe(`
      create table public.alembic_version (version_num varchar(32) not null constraint alembic_version_pkc primary key);
      insert into public.alembic_version values ('a0f57a8b7188')`)
    for (const [done, each] of fills.entries()) {
      report.progress({ task: each.table, unit: 'tables', done, total: fills.length })
      await sql.unsafe(`set local jit = off; ${fill(each, { share: dirt, seed })}`)
    }
    const counted: [string, number][] = []
    for (const table of tables) {
      await sql.unsafe(`analyze public.${table}`)
      const [row] = await sql.unsafe(`select count(*)::integer as rows from public.${table}`)
      counted.push([table, row?.rows ?? 0])
    }
    return counted
  })
  return { tables: Object.fromEntries(counts) }
}
