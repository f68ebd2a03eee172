import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { test as scratch } from '../support/scratch.ts'
import { expanded, steps } from './kit.ts'

const test = scratch.extend({ source: await expanded() })

/** The steps for another role than rear_diff: roles belong to the server, and other tests share it. */
function grantsFor(role: string): string {
  const folders = readdirSync(steps).filter((name) => /_(grants|ways_back)$/.test(name))
  const texts = folders.map((folder) => readFileSync(`${steps}${folder}/migration.sql`, 'utf8'))
  return texts.join('\n').replaceAll('rear_diff', role)
}

test('the role of the API may read the four tables, and update what it is meant to', async ({ database }) => {
  const sql = database.connection.db.$client
  const role = `rear_diff_${randomBytes(4).toString('hex')}`
  await sql`create role ${sql(role)}`
  try {
    await sql.unsafe(grantsFor(role))
    const granted = await sql`
      select privilege_type, table_name, string_agg(column_name, ' ' order by column_name) as columns
      from information_schema.column_privileges
      where grantee = ${role} and privilege_type <> 'SELECT'
      group by privilege_type, table_name
      order by table_name`
    expect([...granted]).toEqual([
      {
        privilege_type: 'UPDATE',
        table_name: 'downloads',
        columns: 'error_condition error_status pipeline_status rejection_reason rejection_status',
      },
      { privilege_type: 'UPDATE', table_name: 'media_metadata', columns: 'anomalous human_labeled label reviewed' },
    ])
    const tables = await sql`
      select table_name, privilege_type
      from information_schema.table_privileges
      where grantee = ${role}
      order by table_name`
    expect(tables.map((it) => `${it.privilege_type} ${it.table_name}`)).toEqual([
      'SELECT downloads',
      'SELECT files',
      'SELECT media_metadata',
      'SELECT media_metrics',
    ])
    const [usage] = await sql`
      select has_schema_privilege(${role}, 'atp', 'usage') as atp, has_schema_privilege(${role}, 'sluice', 'usage') as sluice`
    expect(usage).toEqual({ atp: true, sluice: false })
  } finally {
    await sql`drop owned by ${sql(role)}`
    await sql`drop role ${sql(role)}`
  }
})

test('nothing is granted, and nothing fails, where there is no such role', async ({ database }) => {
  const sql = database.connection.db.$client
  const acls = () => sql`
    select relname, relacl::text
    from pg_class
    where relnamespace = 'atp'::regnamespace
    order by relname`
  const before = [...(await acls())]
  await sql.unsafe(grantsFor(`rear_diff_${randomBytes(4).toString('hex')}`))
  expect([...(await acls())]).toEqual(before)
})
