import { sql } from 'drizzle-orm'
import type { Finding } from '../results.ts'
import { type Group, type Look, named, oids, rows } from './look.ts'

/** Who may do what with the legacy tables, who listens to them, and whether rows are hidden from this role. */
export const access: Group = async (look) => [
  ...(await grants(look)),
  ...(await publications(look)),
  ...(await hidden(look)),
]

async function grants({ db, ...look }: Look): Promise<Finding[]> {
  const granted = await rows<{ table: string; column: string | null; grantee: string; rights: string }>(
    db,
    sql`
      select "table", "column",
        case when grantee = 0 then 'everyone' else pg_get_userbyid(grantee) end as "grantee",
        string_agg(privilege_type, ', ' order by privilege_type) as "rights"
      from (
        select ${named} as "table", null as "column", c.relowner, g.grantee, g.privilege_type
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        cross join aclexplode(c.relacl) g
        where c.oid = any (${oids({ db, ...look })})
        union all
        select ${named}, a.attname, c.relowner, g.grantee, g.privilege_type
        from pg_attribute a
        join pg_class c on c.oid = a.attrelid
        join pg_namespace n on n.oid = c.relnamespace
        cross join aclexplode(a.attacl) g
        where a.attrelid = any (${oids({ db, ...look })})
          and not a.attisdropped) as granted
      where grantee <> relowner
      group by "table", "column", grantee
      order by 1, 2 nulls first, 3`,
  )
  return granted.map(({ table, column, grantee, rights }) => ({
    code: 'grant',
    table,
    ...(column === null ? {} : { column }),
    samples: [grantee],
    message: `${grantee} has ${rights} on ${table}${column === null ? '' : `.${column}`}. Check that the same rights exist where the data goes.`,
  }))
}

async function publications({ db, legacy }: Look): Promise<Finding[]> {
  const names = new Set(legacy.map(({ name }) => name))
  const published = await rows<{ table: string; name: string }>(
    db,
    sql`
      select schemaname || '.' || tablename as "table", pubname as "name"
      from pg_publication_tables
      order by 1, 2`,
  )
  return published
    .filter(({ table }) => names.has(table))
    .map(({ table, name }) => ({
      code: 'publication',
      table,
      samples: [name],
      message: `The publication ${name} replicates ${table}. Its subscribers do not get the target unless it is added.`,
    }))
}

async function hidden({ db, ...look }: Look): Promise<Finding[]> {
  const secured = await rows<{ table: string; active: boolean }>(
    db,
    sql`
      select ${named} as "table", row_security_active(c.oid) as "active"
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where c.oid = any (${oids({ db, ...look })})
        and c.relrowsecurity
      order by 1`,
  )
  return secured.map(({ table, active }) => ({
    code: 'row-level-security',
    table,
    message: active
      ? `${table} hides rows from this role by row-level security: a copy would miss them. Use its owner, or a role with BYPASSRLS.`
      : `${table} has row-level security, which does not hold for this role. The target has no policies: add them where they are wanted.`,
  }))
}
