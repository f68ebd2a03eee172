import type { Sql } from 'postgres'
import type { Connection } from '../../../database/connect.ts'
import { Refusal } from '../../../errors.ts'
import type { Report } from '../../../report.ts'
import { rowsOf } from './rows.ts'
import { surroundings } from './surroundings.ts'

/** What kind of legacy database is wanted. */
export interface Options {
  /** Rows of the placeholder. */
  rows: number
  /** Share of the rows that get one of the kinds of dirt, 0 to 1. From 1,000 rows on, each kind occurs at least twice. */
  dirt: number
  /** The same seed gives the same bytes. */
  seed: number
  /** Of another system's legacy; this one has only one version. */
  withoutTrainingConstraints?: boolean
}

/**
 * Fills an empty database with AstrID's placeholder and what a live database has beside it: the tables of MLflow, the
 * history of Alembic, and, with dirt, the type that a downgrade leaves behind. Rows never travel.
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
  const rows = await db.$client.begin(async (sql) => {
    await sql.unsafe(`
      create table public.example_models (
        id uuid primary key,
        name varchar(100),
        description text,
        created_at timestamp with time zone default now(),
        updated_at timestamp with time zone default now());
      ${surroundings(options.dirt > 0)}`)
    report.progress({ task: 'example_models', done: 0, total: options.rows })
    await sql.unsafe(`set local jit = off; ${rowsOf(options)}; analyze public.example_models`)
    const [counted] = await sql`select count(*)::integer as rows from public.example_models`
    return counted?.rows as number
  })
  return { tables: { example_models: rows } }
}

async function refuseExisting(client: Sql): Promise<void> {
  const [found] = await client`
    select coalesce(to_regclass('public.example_models'), to_regclass('public.alembic_version'))::text as name`
  if (found?.name)
    throw new Refusal(`${found.name} already exists`, {}, 'name an empty database in DATABASE_URL, or create one')
}
