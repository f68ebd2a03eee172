import { getColumns } from 'drizzle-orm'
import { getTableConfig, type PgColumn, PgDialect, type PgTable } from 'drizzle-orm/pg-core'
import { atp } from '../../scripts/systems/atp/index.ts'
import { run } from '../engine/migration.ts'
import { legacyNames } from '../engine/rebuild.ts'
import type { Scratch } from '../support/scratch.ts'

type Database = Pick<Scratch, 'connection'>

/** What derive selects of the legacy tables in schema `final`, as SQL text. */
function deriving(derive: (typeof atp.derive)[number]): string {
  const query = derive.query(atp.legacy, { match: () => undefined }) as unknown as {
    getSQL(): { inlineParams(): Parameters<PgDialect['sqlToQuery']>[0] }
  }
  const text = new PgDialect().sqlToQuery(query.getSQL().inlineParams()).sql
  return legacyNames.reduce((sql, name) => sql.replaceAll(`"atp"."${name}"`, `"final"."${name}"`), text)
}

/** The legacy as it is now in schema `final`, with the columns that this version lacks. */
async function copyLegacy(database: Database): Promise<void> {
  await run(database, 'drop schema if exists final cascade; create schema final')
  for (const name of legacyNames) {
    await run(database, `create table final.${name} as select * from atp.${name}`)
    for (const column of Object.values(getColumns(atp.legacy[name] as PgTable)))
      await run(database, `alter table final.${name} add column if not exists ${column.name} ${typeOf(column)}`)
  }
}

const typeOf = (column: PgColumn): string => column.getSQLType() + '[]'.repeat(column.dimensions ?? 0)

/** Why ATP's target may lack a derived row `d`, in the words of its declaration and not of the engine's. */
const refusals: Record<string, string> = {
  media_metadata: `d.media_title is null or d.release_year is null or d.season not between -32768 and 32767
    or d.episode not between -32768 and 32767 or d.release_year not between 1850 and 2100`,
  media_metrics: `d.probability is null or d.probability not between 0 and 1
    or not exists (select from atp.media_metadata as p where p.imdb_id = d.imdb_id)`,
}

/** Why a derived value may be null in the target. */
const givenUp: Record<string, string> = {
  'media_metadata.tmdb_id': `exists (
    select from atp.media_metadata as o where o.tmdb_id = d.tmdb_id and o.imdb_id <> d.imdb_id)`,
  'downloads.imdb_id': 'not exists (select from atp.media_metadata as p where p.imdb_id = d.imdb_id)',
  'files.imdb_id': 'not exists (select from atp.media_metadata as p where p.imdb_id = d.imdb_id)',
}

/**
 * Rows and columns in which the target is not what ATP's own derive queries give of the final legacy, unless the
 * ledger says that the target's applications wrote it, or the target's declaration refuses what is derived.
 */
export async function unexplained(database: Database): Promise<Record<string, unknown>[]> {
  await copyLegacy(database)
  const found: Record<string, unknown>[] = []
  for (const derive of atp.derive) {
    const { name, columns, primaryKeys } = getTableConfig(derive.table)
    const key = primaryKeys[0]?.columns[0]?.name ?? columns.find(({ primary }) => primary)?.name
    found.push(
      ...(await run(
        database,
        `with every (${selectedNames(derive)}) as (${deriving(derive)}),
         derived as (select * from every as d where not coalesce(${refusals[name] ?? 'false'}, false))
         select '${name}' as "table", coalesce(d.${key}, t.${key}) as key, c.name as column, c.derived, c.target
         from derived as d
         full join atp.${name} as t on t.${key} = d.${key}
         left join sluice.target_complement as own
           on own.system = 'atp' and own.relation = '${name}' and own.key = coalesce(d.${key}, t.${key})::text
         cross join lateral (values
           ${columns
             .map(({ name: column }) => {
               const given = givenUp[`${name}.${column}`]
               return `('${column}', d.${column}::text, t.${column}::text,
                 ${given ? `t.${column} is null and ${given}` : 'false'})`
             })
             .join(', ')},
           ('a row', case when d.${key} is null then 'none' else 'one' end, case when t.${key} is null then 'none' else 'one' end,
             false)) as c(name, derived, target, explained)
         where c.derived is distinct from c.target
           and (c.name = 'a row' or d.${key} is not null and t.${key} is not null)
           and c.explained is not true
           and case
             when d.${key} is null then own.kind is distinct from 'whole'
             when t.${key} is null then own.kind is distinct from 'absent'
             else not coalesce(own.kind = 'part' and own.kept ? c.name, false)
           end
         limit 20`,
      )),
    )
  }
  return found
}

/** The names of the columns that derive selects, in its order. */
function selectedNames(derive: (typeof atp.derive)[number]): string {
  const { _ } = derive.query(atp.legacy, { match: () => undefined })
  const columns = getColumns(derive.table) as Record<string, { name: string }>
  return Object.keys((_.config as { fields: object }).fields)
    .map((property) => columns[property]?.name)
    .join(', ')
}
