import { spawnSync } from 'node:child_process'
import type { Scratch } from '../support/scratch.ts'
import { one, run } from './migration.ts'

/**
 * All that the catalogs say about what users have made, except in the schemas left out, as lines in a stable order: what
 * pg_dump would say and what it leaves out. Positions are counted without dropped columns, which nobody sees.
 */
const catalogQuery = (without: readonly string[]) => `
  with space as (
    select *
    from pg_namespace
    where nspname !~ '^pg_'
      and nspname <> 'information_schema'
      and nspname <> all (array[${['', ...without].map((name) => `'${name}'`).join(', ')}])),
  relation as (
    select c.*, n.nspname || '.' || c.relname as name
    from pg_class as c
    join space as n on n.oid = c.relnamespace)
  select line
  from (
    select 'schema ' || concat_ws(' | ', nspname, pg_get_userbyid(nspowner),
      coalesce(nspacl, acldefault('n', nspowner))) as line from space
    union all
    select 'relation ' || concat_ws(' | ', name, relkind, pg_get_userbyid(relowner), relpersistence, relreplident, reloptions,
      coalesce(relacl, acldefault('r', relowner)),
      case relkind when 'v' then pg_get_viewdef(oid) when 'i' then pg_get_indexdef(oid) end) from relation
    union all
    select 'column ' || concat_ws(' | ', r.name, row_number() over (partition by r.oid order by a.attnum), a.attname,
      format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::regcollation,
      a.attstorage, to_jsonb(a) ->> 'attcompression', nullif(to_jsonb(a) ->> 'attstattarget', '-1'), a.attoptions, a.attacl,
      pg_get_expr(d.adbin, d.adrelid))
    from relation as r
    join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    union all
    select 'constraint ' || concat_ws(' | ', r.name, k.conname, k.contype, k.convalidated, pg_get_constraintdef(k.oid))
    from relation as r
    join pg_constraint as k on k.conrelid = r.oid
    union all
    select 'trigger ' || concat_ws(' | ', r.name, t.tgenabled, pg_get_triggerdef(t.oid))
    from relation as r
    join pg_trigger as t on t.tgrelid = r.oid and not t.tgisinternal
    union all
    select 'function ' || concat_ws(' | ', p.oid::regprocedure, pg_get_userbyid(p.proowner), p.proacl, pg_get_functiondef(p.oid))
    from pg_proc as p
    join space as n on n.oid = p.pronamespace
    union all
    select 'type ' || concat_ws(' | ', t.typname, string_agg(e.enumlabel, ', ' order by e.enumsortorder))
    from pg_type as t
    join space as n on n.oid = t.typnamespace
    left join pg_enum as e on e.enumtypid = t.oid
    where t.typtype = 'e'
    group by t.typname
    union all
    select 'comment ' || pg_describe_object(d.classoid, d.objoid, d.objsubid) || ' | ' || d.description
    from pg_description as d
    where d.objoid >= 16384
      and pg_describe_object(d.classoid, d.objoid, d.objsubid) !~ '\\m(${['nothing', ...without].join('|')})\\M'
    union all
    select 'default ' || concat_ws(' | ', pg_get_userbyid(defaclrole), defaclnamespace::regnamespace, defaclobjtype, defaclacl)
    from pg_default_acl) as lines
  order by line collate "C"`

/** Every line of the catalogs, and pg_dump's text where one is on the PATH that is new enough for the server. */
export async function catalogsOf(database: Scratch, without: readonly string[] = []): Promise<string[]> {
  const lines = (await run(database, catalogQuery(without))).map(({ line }) => String(line))
  return [...lines, ...(await dump(database, without))]
}

async function dump(database: Scratch, without: readonly string[]): Promise<string[]> {
  const server = Number(await one(database, `select current_setting('server_version_num')::int / 10000`))
  const own = /(\d+)/.exec(spawnSync('pg_dump', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1]
  if (own === undefined || Number(own) < server) return []
  const options = ['--schema-only', ...without.map((name) => `--exclude-schema=${name}`), database.url]
  const { stdout, status } = spawnSync('pg_dump', options, { encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (status !== 0) throw new Error('pg_dump failed')
  // newer ones guard their text by a key that is different every time
  return stdout.split('\n').filter((line) => !/^\\(un)?restrict /.test(line))
}
