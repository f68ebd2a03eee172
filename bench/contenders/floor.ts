import { steps } from '../plan/steps.ts'
import { createTables, tables } from '../plan/tables.ts'
import { byHand } from './by-hand.ts'

const built = `
  select format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as "create",
    case contype when 'f' then 3 else 1 end as place
  from pg_constraint
  where conrelid = any ($1::regclass[])
    and contype in ('p', 'u', 'f')
  union all
  select pg_get_indexdef(indexrelid), 2
  from pg_index
  where indrelid = any ($1::regclass[])
    and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))
  order by place`

/**
 * What no copy can be faster than: the bytes of the finished tables written once more, with the same keys, indexes and
 * foreign keys. The clock does not run while the finished tables are made.
 */
export const floor = byHand({
  name: 'floor',
  label: 'floor: create table as, keys and indexes',
  async prepare(sql) {
    await createTables(sql)
    const names = tables.map((table) => `atp.${table}`)
    const statements = await sql.unsafe<{ create: string }[]>(built, [names])
    await sql.unsafe('create schema finished; create table finished.definition (n int, text text)')
    for (const [n, row] of statements.entries()) await sql`insert into finished.definition values (${n}, ${row.create})`
    for (const table of tables) await sql.unsafe(`create table finished.${table} (like atp.${table})`)
    await sql.unsafe(`drop table ${names}`)
    for (const { table, columns, select } of steps.filter(({ repeats }) => !repeats))
      await sql.unsafe(`insert into finished.${table} (${columns.join(', ')}) ${select}`)
    await sql`vacuum (freeze, analyze)`
    await sql`checkpoint`.catch(() => {})
  },
  async work(sql, mark) {
    const statements = await sql<{ text: string }[]>`select text from finished.definition order by n`
    await sql`set maintenance_work_mem = '256MB'`
    for (const table of tables) await sql.unsafe(`create table atp.${table} as table finished.${table}`)
    mark('copy')
    for (const { text } of statements) await sql.unsafe(text)
    mark('keys and indexes')
    return undefined
  },
})
