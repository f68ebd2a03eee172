import { PgDialect } from 'drizzle-orm/pg-core'
import { atp } from '../../scripts/systems/atp/index.ts'
import type { Scratch } from '../support/scratch.ts'
import { run } from './migration.ts'

/** The legacy tables with the column that identifies a row in the complement. */
export const legacies = { media: 'hash', training: 'imdb_id', prediction: 'imdb_id' } as const
export const targets = ['media_metadata', 'downloads', 'files', 'media_metrics'] as const

export type LegacyName = keyof typeof legacies
export const legacyNames = Object.keys(legacies) as LegacyName[]

/** What restore selects, as SQL text. */
function restoring(name: LegacyName): string {
  const restore = atp.restore[legacyNames.indexOf(name)]
  if (!restore) throw new Error(`no restore for ${name}`)
  const query = restore.query(atp.target, { match: () => undefined }) as unknown as {
    getSQL(): { inlineParams(): Parameters<PgDialect['sqlToQuery']>[0] }
  }
  return new PgDialect().sqlToQuery(query.getSQL().inlineParams()).sql
}

/**
 * Writes each legacy table anew into schema `rebuilt`, from nothing but the target and the complement, and without the
 * engine: restored rows first, then what the complement says of them, row by row.
 */
export async function rebuild(database: Pick<Scratch, 'connection'>): Promise<void> {
  const { $client } = database.connection.db
  await run(database, 'create schema rebuilt')
  for (const name of legacyNames) {
    const live = (await $client.unsafe(`select * from atp.${name} limit 0`)).columns.map((column) => column.name)
    const query = restoring(name)
    const known = (await $client.unsafe(`${query} limit 0`)).columns.map((column) => column.name)
    const common = live.filter((column) => known.includes(column))
    const key = `coalesce(t.${legacies[name]}::text, '\\N')`
    const mine = `c.system = 'atp' and c.relation = '${name}'`
    await run(
      database,
      `create table rebuilt.${name} (like atp.${name});
       alter table rebuilt.${name} ${live.map((column) => `alter ${column} drop not null`).join(', ')};
       insert into rebuilt.${name} (${common}) select ${common} from (${query}) as restored;
       delete from rebuilt.${name} as t
       using sluice.complement as c
       where ${mine} and c.kind = 'absent' and c.key = ${key};
       update rebuilt.${name} as t
       set (${live}) = (select ${live.map((column) => `p.${column}`)} from jsonb_populate_record(t, c.kept) as p)
       from sluice.complement as c
       where ${mine} and c.kind = 'part' and c.key = ${key} and c.ordinal = 1;
       insert into rebuilt.${name}
       select p.* from sluice.complement as c, jsonb_populate_record(null::rebuilt.${name}, c.kept) as p
       where ${mine} and c.kind = 'whole'`,
    )
  }
}

/** Rows, as text, that only one of the legacy and the rebuilt table has: none where nothing was lost. */
export const lost = (database: Pick<Scratch, 'connection'>, name: LegacyName) =>
  run(
    database,
    `(select 'only legacy' as side, t::text as row from atp.${name} as t
      except all
      select 'only legacy', t::text from rebuilt.${name} as t)
     union all
     (select 'only rebuilt', t::text from rebuilt.${name} as t
      except all
      select 'only rebuilt', t::text from atp.${name} as t)`,
  )

/** Everything about the rows of some tables: their text, where they lie, and which transaction wrote them. */
export const fingerprint = (database: Pick<Scratch, 'connection'>, names: readonly string[], place = true) =>
  run(
    database,
    names
      .map(
        (name) => `
        select '${name}' as name, count(*)::int as rows,
          md5(string_agg(${place ? `t.ctid::text || ' ' || t.xmin::text || ' ' || ` : ''}t::text, E'\\n' order by t::text collate "C")) as bytes
        from atp.${name} as t`,
      )
      .join(' union all '),
  )

/** The catalog entries of the target's constraints and indexes. */
export const catalog = (database: Pick<Scratch, 'connection'>) =>
  run(
    database,
    `select conrelid::regclass::text as "table", conname::text as name, contype::text as kind, convalidated as valid,
       condeferrable as "deferrable", conislocal as local, pg_get_constraintdef(oid) as definition
     from pg_constraint
     where conrelid::regclass::text in (${targets.map((name) => `'atp.${name}'`)})
     union all
     select indrelid::regclass::text, indexrelid::regclass::text, 'index', indisvalid, indisunique, indisprimary,
       pg_get_indexdef(indexrelid)
     from pg_index
     where indrelid::regclass::text in (${targets.map((name) => `'atp.${name}'`)})
     order by 1, 2, 3`,
  )
