import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { Sql } from 'postgres'
import type { Connection } from '../../../database/connect.ts'
import { stepsFolder } from '../../../engine/preflight/steps.ts'
import { Refusal } from '../../../errors.ts'
import type { Report } from '../../../report.ts'
import { retrovue } from '../index.ts'
import { assets, titles } from './content.ts'
import { fill } from './fill.ts'
import { providers } from './providers.ts'
import { quality } from './quality.ts'
import { sources } from './sources.ts'

/** What kind of legacy database is wanted. */
export interface Options {
  /** Rows of assets, the largest table. */
  rows: number
  /** Share of the rows of each table that get one of its kinds of dirt, 0 to 1. */
  dirt: number
  /** The same seed gives the same bytes. */
  seed: number
  /** Of another system's legacy; this one has only one version. */
  withoutTrainingConstraints?: boolean
}

/**
 * Fills an empty database with the eleven tables as they are really found, by the step that describes them, and what
 * their own tool has beside them. Rows never travel.
 * @throws Refusal where there is a legacy already, or an option makes no sense here
 */
export async function createLegacy(
  { db }: Connection,
  { rows, dirt, seed, withoutTrainingConstraints }: Options,
  report: Report,
): Promise<{ tables: Record<string, number> }> {
  if (withoutTrainingConstraints)
    throw new Refusal('only another system has training constraints', {}, 'leave out --without-training-constraints')
  await refuseExisting(db.$client)
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

async function refuseExisting(client: Sql): Promise<void> {
  const [found] = await client`
    select coalesce(to_regclass('public.titles'), to_regclass('public.alembic_version'))::text as name`
  if (found?.name)
    throw new Refusal(`${found.name} already exists`, {}, 'name an empty database in DATABASE_URL, or create one')
}
