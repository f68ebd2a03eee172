import { readFile } from 'node:fs/promises'
import type { Sql } from 'postgres'

/** The four tables of the plan. */
export const targets = ['downloads', 'files', 'media_metadata', 'media_metrics']

/** The three tables that the plan replaces. */
export const legacies = ['media', 'training', 'prediction']

/** All that the catalogs say about the tables `names` of schema atp that the plan decides, in a stable order. */
export async function shapeOf(sql: Sql, names: string[]) {
  const columns = await sql`
    select
      relname,
      attnum,
      attname,
      format_type(atttypid, atttypmod) as type,
      attnotnull,
      attidentity,
      attgenerated,
      attcollation::regcollation::text as collation,
      pg_get_expr(adbin, adrelid) as preset
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = 'atp'::regnamespace
      and relname in ${sql(names)}
      and attnum > 0
      and not attisdropped
    order by relname, attnum`
  const constraints = await sql`
    select relname, conname, contype, convalidated, condeferrable, pg_get_constraintdef(pg_constraint.oid) as definition
    from pg_constraint
    join pg_class on pg_class.oid = conrelid
    where relnamespace = 'atp'::regnamespace and relname in ${sql(names)}
    order by relname, conname`
  const indexes = await sql`
    select relname, indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
    from pg_index
    join pg_class on pg_class.oid = indrelid
    where relnamespace = 'atp'::regnamespace and relname in ${sql(names)}
    order by relname, name`
  return { columns: [...columns], constraints: [...constraints], indexes: [...indexes] }
}

/** What else a live database has and must keep: by oid, so that dropping and creating again would show. */
export async function belongingsOf(sql: Sql, names: string[]) {
  const relations = await sql`
    select oid, relname, relkind, relfilenode, relowner, relacl::text
    from pg_class
    where relnamespace = 'atp'::regnamespace and not relname ~ ${`^(idx_)?(${targets.join('|')})`}
    order by oid`
  const triggers = await sql`
    select pg_trigger.oid, pg_get_triggerdef(pg_trigger.oid) as definition
    from pg_trigger
    join pg_class on pg_class.oid = tgrelid
    where relnamespace = 'atp'::regnamespace and relname in ${sql(names)}
    order by pg_trigger.oid`
  const types = await sql`
    select enumtypid, enumlabel
    from pg_enum
    order by enumtypid, enumsortorder`
  return { relations: [...relations], triggers: [...triggers], types: [...types] }
}

/** Runs a file of this folder. */
export async function runFile(sql: Sql, name: string) {
  await sql.unsafe(await readFile(new URL(name, import.meta.url), 'utf8'))
}

/** Columns, constraints and indexes of some tables of the schema public, as the catalogs have them. */
export async function publicShapeOf(sql: Sql, names: readonly string[]) {
  const columns = await sql`
    select relname, row_number() over (partition by relname order by attnum)::int as place, attname,
      format_type(atttypid, atttypmod) as type, attnotnull, pg_get_expr(adbin, adrelid) as preset
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = 'public'::regnamespace and relname in ${sql(names)} and attnum > 0 and not attisdropped
    order by relname, attnum`
  const constraints = await sql`
    select relname, conname, contype, convalidated, pg_get_constraintdef(pg_constraint.oid) as definition
    from pg_constraint
    join pg_class on pg_class.oid = conrelid
    where relnamespace = 'public'::regnamespace and relname in ${sql(names)}
    order by relname, conname`
  const indexes = await sql`
    select relname, indisvalid, pg_get_indexdef(indexrelid) as definition
    from pg_index
    join pg_class on pg_class.oid = indrelid
    where relnamespace = 'public'::regnamespace and relname in ${sql(names)}
    order by definition`
  return { columns: [...columns], constraints: [...constraints], indexes: [...indexes] }
}
