import { sql } from 'drizzle-orm'
import { rows } from '../preflight/look.ts'
import { readSteps } from '../preflight/steps.ts'
import type { Executor } from '../sql.ts'
import type { System } from '../system.ts'

/** One thing that the steps of the last stage add to a table that is in use. */
export type Work = { table: string } & (
  | { kind: 'not null'; column: string }
  | { kind: 'default'; column: string; statement: string }
  | { kind: 'foreign key'; name: string; statement: string }
  | { kind: 'index'; name: string; unique: boolean; statement: string }
)

const relation = String.raw`(?:"(\w+)"\.)?"(\w+)"`

/** What the generated steps of stage contract add, read off their text: drizzle-kit has written each thing once. */
export async function workOf(system: System, db: Executor): Promise<Work[]> {
  const steps = await readSteps(system, db, 'contract')
  const text = steps.map((step) => step.text.replace(/^\s*--.*$/gm, '')).join('\n')
  const named = (schema = 'public', table = '') => `${schema}.${table}`
  const all = (pattern: string) => [...text.matchAll(new RegExp(pattern, 'gi'))]
  return [
    ...all(`alter table ${relation} alter column "(\\w+)" set default [^;]*`).map(
      ([statement, schema, table, column = '']): Work => ({
        kind: 'default',
        table: named(schema, table),
        column,
        statement,
      }),
    ),
    ...all(`alter table ${relation} alter column "(\\w+)" set not null`).map(
      ([, schema, table, column = '']): Work => ({ kind: 'not null', table: named(schema, table), column }),
    ),
    ...all(`alter table ${relation} add constraint "(\\w+)" foreign key [^;]*`).map(
      ([statement, schema, table, name = '']): Work => ({
        kind: 'foreign key',
        table: named(schema, table),
        name,
        statement,
      }),
    ),
    ...all(`create (unique )?index (?:if not exists )?"(\\w+)" on ${relation} [^;]*`).map(
      ([statement, unique, name = '', schema, table]): Work => ({
        kind: 'index',
        table: named(schema, table),
        name,
        unique: unique !== undefined,
        statement,
      }),
    ),
  ]
}

/** Those that are not done, or not done to the end: the catalogs are asked. */
export async function undone(db: Executor, all: readonly Work[]): Promise<Work[]> {
  const left: Work[] = []
  for (const work of all) if (!(await isDone(db, work))) left.push(work)
  return left
}

async function isDone(db: Executor, work: Work): Promise<boolean> {
  const own = sql`(select to_regclass(${work.table})::oid)`
  const question = {
    'not null': () =>
      sql`select attnotnull as "done" from pg_attribute where attrelid = ${own} and attname = ${'column' in work ? work.column : ''}`,
    default: () =>
      sql`select atthasdef as "done" from pg_attribute where attrelid = ${own} and attname = ${'column' in work ? work.column : ''}`,
    'foreign key': () =>
      sql`select convalidated as "done" from pg_constraint where conrelid = ${own} and conname = ${'name' in work ? work.name : ''}`,
    index: () =>
      sql`
        select i.indisvalid and i.indisready as "done"
        from pg_index as i
        join pg_class as c on c.oid = i.indexrelid
        where i.indrelid = ${own} and c.relname = ${'name' in work ? work.name : ''}`,
  }[work.kind]()
  const [found] = await rows<{ done: boolean }>(db, question)
  return found?.done ?? false
}
