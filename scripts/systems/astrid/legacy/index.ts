import type { Connection } from '../../../database/connect.ts'
import type { Report } from '../../../report.ts'
import { type Options, requireRoom } from '../../generator.ts'
import { rowsOf } from './rows.ts'
import { surroundings } from './surroundings.ts'

/**
 * Fills an empty database with AstrID's placeholder and what a live database has beside it: the tables of MLflow, the
 * history of Alembic, and, with dirt, the type that a downgrade leaves behind. Rows never travel. From 1,000 rows on, each kind
 * of dirt occurs at least twice.
 * @throws Refusal where there is a legacy already, or an option makes no sense here
 */
export async function createLegacy(
  { db }: Connection,
  options: Options,
  report: Report,
): Promise<{ tables: Record<string, number> }> {
  await requireRoom(db.$client, options, 'example_models')
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
