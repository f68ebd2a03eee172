import { existsSync } from 'node:fs'
import { sql } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { stepsFolder } from '../preflight/steps.ts'
import type { System } from '../system.ts'

/** Qualified names of the types that the steps of a contract drop. drizzle-kit does not write the schema public. */
export function typesDropped(system: System): string[] {
  const folder = stepsFolder(system, 'contract')
  if (!existsSync(folder)) return []
  const text = readMigrationFiles({ migrationsFolder: folder })
    .flatMap(({ sql: statements }) => statements)
    .join('\n')
  const dropped = text.matchAll(/^drop type (?:if exists )?(?:"(\w+)"\.)?"(\w+)"/gim)
  return [...dropped].map(([, schema = 'public', name]) => `"${schema}"."${name}"`)
}

/** The enum types of the columns, which a contract may drop: labels, owner, comment, grants. */
export const typeStatements = sql`
      select 'enum', 0, part.detail, format('%I.%I', n.nspname, t.typname), part.statement, null
      from pg_type as t
      join pg_namespace as n on n.oid = t.typnamespace
      cross join lateral (
        select 0, format('create type %I.%I as enum (%s)', n.nspname, t.typname, (
            select string_agg(quote_literal(enumlabel), ', ' order by enumsortorder)
            from pg_enum
            where enumtypid = t.oid))
        union all
        select 1, format('alter type %I.%I owner to %I', n.nspname, t.typname, pg_get_userbyid(t.typowner))
        union all
        select 2, format('comment on type %I.%I is %L', n.nspname, t.typname, obj_description(t.oid, 'pg_type'))
        where obj_description(t.oid, 'pg_type') is not null
        union all
        select 3, format('revoke all on type %I.%I from public, %I', n.nspname, t.typname, pg_get_userbyid(t.typowner))
        where t.typacl is not null
        union all
        select 3 + g.n::integer, format('grant usage on type %I.%I to %s%s', n.nspname, t.typname,
          case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
          case when g.is_grantable and g.grantee <> t.typowner then ' with grant option' else '' end)
        from aclexplode(t.typacl) with ordinality as g(grantor, grantee, privilege_type, is_grantable, n)) as part(detail, statement)
      where t.typtype = 'e'
        and exists (
          select
          from pg_attribute as a
          join pg_type as own_type on own_type.oid = a.atttypid
          where a.attrelid in (select oid from own)
            and not a.attisdropped
            and t.oid in (own_type.oid, own_type.typelem))`
