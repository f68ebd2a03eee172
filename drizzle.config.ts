import { existsSync, readdirSync } from 'node:fs'
import { defineConfig } from 'drizzle-kit'
import { is } from 'drizzle-orm'
import { getTableConfig, getViewConfig, PgSchema, PgTable, PgView } from 'drizzle-orm/pg-core'
import { z } from 'zod'
import { lockMigrations } from './scripts/database/lock.ts'
import { Refusal } from './scripts/errors.ts'

/** The declarations of a system at a stage; a stage exists when its file does. */
const schemaFile = (system: string, stage: string) => `./schema/${system}/${stage === 'expand' ? 'index' : stage}.ts`

const systems = readdirSync('schema', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
const SYSTEM = choose('SYSTEM', systems, 'atp')
const STAGE = choose(
  'STAGE',
  ['expand', 'contract'].filter((stage) => existsSync(schemaFile(SYSTEM, stage))),
  'expand',
)

const schema = schemaFile(SYSTEM, STAGE)
const declared: unknown[] = Object.values(await import(schema))
const tables = declared.filter((it) => is(it, PgTable)).map((it) => getTableConfig(it).name)
const views = declared.filter((it) => is(it, PgView)).map((it) => getViewConfig(it).name)
const schemas = declared.filter((it) => is(it, PgSchema)).map((it) => it.schemaName)

const command = process.argv[2] ?? ''
const url = ['migrate', 'push', 'pull', 'studio'].includes(command) ? process.env.DATABASE_URL : undefined
if (command === 'migrate' && url) await lockMigrations(url)

export default defineConfig({
  dialect: 'postgresql',
  schema,
  out: `./drizzle/${SYSTEM}/${STAGE}`,
  schemaFilter: schemas,
  // Exactly what is declared: without it, push plans to drop every other table it finds in these schemas.
  tablesFilter: [...tables, ...views],
  ...(url ? { dbCredentials: { url } } : {}),
})

/** The value of an environment variable, or the end of this process: drizzle-kit would print a thrown error's stack. */
function choose(name: string, choices: string[], preset: string): string {
  const choice = z
    .enum(choices)
    .default(preset)
    .safeParse(process.env[name] || undefined)
  if (choice.success) return choice.data
  const known = choices.join(' or ')
  console.error(new Refusal(`Unknown ${name}`, { [name]: process.env[name] }, `set ${name} to ${known}`).line)
  process.exit(2)
}
