import { sql } from 'drizzle-orm'
import type { Finding } from '../results.ts'
import { tableName } from '../shape.ts'
import { type Group, type Look, named, oids, ownSchemas, rows, textArray } from './look.ts'

/** What else is in the database, and settings that change how it reads. */
export const surroundings: Group = async (look) => [
  ...(await inheritance(look)),
  ...(await untouched(look)),
  ...(await timeZones(look)),
]

async function inheritance({ db, ...look }: Look): Promise<Finding[]> {
  const found = await rows<{ table: string; code: string; parts: string[] }>(
    db,
    sql`
      select ${named} as "table",
        case when c.relkind = 'p' or c.relispartition then 'partition' else 'inheritance' end as "code",
        array(
          select case i.inhparent when c.oid then i.inhrelid else i.inhparent end::regclass::text
          from pg_inherits i
          where c.oid in (i.inhparent, i.inhrelid)
          order by 1) as "parts"
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where c.oid = any (${oids({ db, ...look })})
        and (c.relkind = 'p'
          or exists (select from pg_inherits i where c.oid in (i.inhparent, i.inhrelid)))
      order by 1`,
  )
  return found.map(({ table, code, parts }) => ({
    code,
    table,
    rows: parts.length,
    samples: parts.slice(0, 3),
    message: `${table} is tied to ${parts.length} other tables by ${code === 'partition' ? 'partitioning' : 'inheritance'}. Rows are read through ${table} with all that belongs to it.`,
  }))
}

/** Histories of other migration tools, wherever they are. */
const histories =
  /^(flyway_schema_history|schema_migrations|databasechangelog|alembic_version|knex_migrations|_prisma_migrations|migrations)$/

async function untouched({ system, db, schemas }: Look): Promise<Finding[]> {
  const declared = [...Object.values(system.legacy), ...Object.values(system.target)].map(tableName)
  const others = await rows<{ table: string; schema: string; name: string }>(
    db,
    sql`
      select ${named} as "table", n.nspname as "schema", c.relname as "name"
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'f')
        and not c.relispartition
        and n.nspname not in ('pg_catalog', 'information_schema')
        and n.nspname !~ '^pg_(toast|temp)'
        and n.nspname <> all (${textArray(ownSchemas)})
        and ${named} <> all (${textArray(declared)})
      order by 1`,
  )
  return others
    .filter(({ schema, name }) => schemas.includes(schema) || schema === 'public' || histories.test(name))
    .map(({ table, name }) => ({
      code: 'untouched',
      table,
      message: histories.test(name)
        ? `${table} is the history of another migration tool. Sluice never touches it.`
        : `${table} is not part of this migration. Sluice never touches it.`,
    }))
}

const utc = /^(etc\/)?(utc|uct|gmt|greenwich|universal|zulu|gmt[+-]?0)$/i

async function timeZones({ db }: Look): Promise<Finding[]> {
  const settings = await rows<{ scope: string; zone: string }>(
    db,
    sql`
      select case
          when s.setdatabase = 0 then 'the role ' || pg_get_userbyid(s.setrole)
          when s.setrole = 0 then 'the database ' || d.datname
          else 'the role ' || pg_get_userbyid(s.setrole) || ' in the database ' || d.datname
        end as "scope",
        split_part(setting, '=', 2) as "zone"
      from pg_db_role_setting s
      left join pg_database d on d.oid = s.setdatabase
      cross join unnest(s.setconfig) as setting
      where (s.setdatabase = 0 or d.datname = current_database())
        and lower(split_part(setting, '=', 1)) = 'timezone'
      order by 1`,
  )
  // Only some roles may read the server's own file; this session's setting is pinned and tells nothing.
  const [may] = await rows<{ allowed: boolean }>(
    db,
    sql`select has_function_privilege('pg_show_all_file_settings()', 'execute') as "allowed"`,
  )
  const server = may?.allowed
    ? await rows<{ scope: string; zone: string }>(
        db,
        sql`
          select 'the server' as "scope", setting as "zone"
          from pg_file_settings
          where lower(name) = 'timezone'
          order by seqno desc
          limit 1`,
      )
    : []
  return [...server, ...settings]
    .filter(({ zone }) => !utc.test(zone))
    .map(({ scope, zone }) => ({
      code: 'time-zone',
      table: '',
      samples: [zone],
      message: `TimeZone of ${scope} is ${zone}, not UTC. Sluice pins its own sessions to UTC, so the result is right all the same; defaults that write the current time as UTC are wrong in sessions of that zone.`,
    }))
}
