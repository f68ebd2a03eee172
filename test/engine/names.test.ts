import { readdirSync, readFileSync } from 'node:fs'
import { getColumns } from 'drizzle-orm'
import { getTableConfig } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import type { System } from '../../scripts/engine/system.ts'
import { systems } from '../../scripts/systems/index.ts'

const engine = new URL('../../scripts/engine/', import.meta.url)

/** Words that some system uses as a name and the engine needs for something else, each with what for. */
const allowed = new Set([
  'config', // of a query that Drizzle builds
  'description', // what pg_description holds
  'enabled', // of a trigger
  'id', // the ledger's own
  'key', // what identifies a row
  'kind', // of a statement, a difference, a lock
  'message', // an error's
  'name', // of anything
  'notes', // the verb
  'number', // the type
  'parameters', // of a query
  'path', // the server's search path
  'precision', // of a numeric
  'public', // the schema, and everybody
  'raw', // SQL that is written as it is
  'reason', // of a refusal
  'size', // of a batch
  'sources', // the tables that a query reads
  'recorded_at', // the ledger's own
  'role', // of the server, with its rights
  'status', // of a migration, and the command that tells it
  'value', // of a column
  'version', // of a legacy shape, and of a server
])

/** Every name that a system declares: its own, and those of its schemas, tables and columns, in both spellings. */
function namesOf(system: System): string[] {
  const tables = [...Object.entries(system.legacy), ...Object.entries(system.target)]
  return [
    system.name,
    ...tables.flatMap(([name, table]) => {
      const { schema, name: relation } = getTableConfig(table)
      const columns = Object.entries(getColumns(table)).flatMap(([property, column]) => [property, column.name])
      return [name, relation, ...(schema === undefined ? [] : [schema]), ...columns]
    }),
  ]
}

/** Lines of a text, comments included, that have one of the words as a whole word. */
const linesWith = (words: ReadonlySet<string>, text: string): string[] =>
  text.split('\n').filter((line) => (line.match(/\w+/g) ?? []).some((word) => words.has(word)))

test('the engine names no schema, table or column of any system', async () => {
  const all = await Promise.all(Object.values(systems).map((load) => load()))
  const words = new Set(all.flatMap(namesOf).filter((name) => !allowed.has(name)))
  for (const name of ['atp', 'media', 'mediaMetadata', 'media_metadata', 'imdbId', 'imdb_id'])
    expect(words).toContain(name)
  const files = readdirSync(engine, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  expect(files.length).toBeGreaterThan(20)
  const named = files.flatMap((file) => {
    const lines = linesWith(words, readFileSync(new URL(file, engine), 'utf8'))
    return lines.map((line) => `${file}: ${line.trim()}`)
  })
  expect(named).toEqual([])
})

test('a word counts as a whole, wherever it stands', () => {
  const words = new Set(['files', 'imdbId'])
  expect(linesWith(words, '// of the files\nfilesystem\nprofiles\nrow.imdbId = 1\n"files"\nimdbIds')).toEqual([
    '// of the files',
    'row.imdbId = 1',
    '"files"',
  ])
})
