import type { Sql } from 'postgres'
import type { Connection } from '../database/connect.ts'
import { Refusal } from '../errors.ts'
import type { Report } from '../report.ts'
import type { Options as AtpOptions } from './atp/legacy/options.ts'

/** Makes a legacy, and says which version of it, where there are several, and how many rows. */
export type Generator = (
  connection: Connection,
  options: AtpOptions,
  report: Report,
) => Promise<{ version?: number; tables: Record<string, number> }>

/** What kind of legacy database is wanted of a system that has one version of it. */
export interface Options {
  /** Rows of the main table; the others follow. */
  rows: number
  /** Share of the rows that get one of the kinds of dirt, 0 to 1. */
  dirt: number
  /** The same seed gives the same bytes. */
  seed: number
  /** Of another system's legacy. */
  withoutTrainingConstraints?: boolean
}

/**
 * What a generator asks before it begins.
 * @param main the main table, in the schema `public`
 * @throws Refusal where there is a legacy already, or an option makes no sense here
 */
export async function requireRoom(client: Sql, options: Options, main: string): Promise<void> {
  if (options.withoutTrainingConstraints)
    throw new Refusal('only another system has training constraints', {}, 'leave out --without-training-constraints')
  const [found] = await client`
    select coalesce(to_regclass(${`public.${main}`}), to_regclass('public.alembic_version'))::text as name`
  if (found?.name)
    throw new Refusal(`${found.name} already exists`, {}, 'name an empty database in DATABASE_URL, or create one')
}
