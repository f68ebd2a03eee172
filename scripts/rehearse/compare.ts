import { sluice } from '../../schema/ledger.ts'
import { parseUrl } from '../database/url.ts'
import type { Context } from '../engine/context.ts'
import type { Stage } from './life.ts'
import { differencesOf, type Likeness, likenessOf } from './likeness.ts'
import type { Comparison } from './results.ts'
import { canDump, schemaDump } from './tools.ts'

/** The clone as it is now, with the text of pg_dump where there is one that can read it. */
export async function now({ system, connection }: Context, url: string): Promise<Likeness> {
  const likeness = await likenessOf(system, connection.db)
  const dump = canDump(connection.serverVersion) ? await schemaDump(parseUrl(url)) : []
  return { ...likeness, catalogs: [...likeness.catalogs, ...dump.map((line) => `pg_dump ${line}`)] }
}

/** The clone against what it was before the first step. The archive, which is meant to stay, is left out. */
export async function compared(
  { context, url, before }: Stage,
  after: string,
  archived: Record<string, number>,
): Promise<Comparison> {
  const kept = Object.values(archived).some((rows) => rows > 0)
  const all = differencesOf(before, await now(context, url))
  const differences = kept ? all.filter((line) => !line.includes(sluice.schemaName)) : all
  return { after, identical: differences.length === 0, differences }
}
