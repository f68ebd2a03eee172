import { existsSync, readdirSync } from 'node:fs'
import { defineConfig } from 'drizzle-kit'
import { is } from 'drizzle-orm'
import { getTableConfig, getViewConfig, PgSchema, PgTable, PgView } from 'drizzle-orm/pg-core'
import { z } from 'zod'
import { lockMigrations } from './scripts/database/lock.ts'
import { databaseUrl } from './scripts/database/target.ts'
import { Refusal, SluiceError } from './scripts/errors.ts'

/** The declarations of a system at a stage; a stage exists when its file does. */
const schemaFile = (system: string, stage: string) => `./schema/${system}/${stage === 'expand' ? 'index' : stage}.ts`

const systems = readdirSync('schema').filter((name) => existsSync(schemaFile(name, 'expand')))
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
// A table of the schema public has no schema object that could be exported.
const inPublic = declared.some((it) => is(it, PgTable) && (getTableConfig(it).schema ?? 'public') === 'public')
const schemas = [
  ...(inPublic ? ['public'] : []),
  ...declared.filter((it) => is(it, PgSchema)).map((it) => it.schemaName),
]

const command = process.argv[2] ?? ''
// generate, check and the rest work without any database, and must not start one.
const url = ['migrate', 'push', 'pull', 'studio'].includes(command) ? await databaseOf() : undefined
if (command === 'migrate' && url && STAGE === 'expand') await growInPhases(url).catch(end)
if (command === 'migrate' && url) await lockMigrations(url).catch(end)

export default defineConfig({
  dialect: 'postgresql',
  schema,
  out: `./drizzle/${SYSTEM}/${STAGE}`,
  schemaFilter: schemas,
  // Exactly what is declared: without it, push plans to drop every other table it finds in these schemas.
  tablesFilter: [...tables, ...views],
  ...(url ? { dbCredentials: { url } } : {}),
})

/** The URL of the user's database, or of the embedded server, which lasts as long as this process does. */
async function databaseOf(): Promise<string> {
  const { url } = await databaseUrl().catch(end)
  return url
}

/** Where a system grows in phases its steps are applied phase by phase, gates between them: none is left for drizzle-kit. */
async function growInPhases(url: string): Promise<void> {
  const { systems } = await import('./scripts/systems/index.ts')
  const system = await systems[SYSTEM]?.()
  if (!system?.gates) return
  const { grow } = await import('./scripts/engine/expand.ts')
  const report = { note: (text: string) => console.error(text), progress: () => {} }
  await grow({ system, report, signal: new AbortController().signal }, url)
}

/** The value of an environment variable, which must be one of `choices`. */
function choose(name: string, choices: string[], preset: string): string {
  const choice = z
    .enum(choices)
    .default(preset)
    .safeParse(process.env[name] || undefined)
  if (choice.success) return choice.data
  return end(new Refusal(`Unknown ${name}`, { [name]: process.env[name] }, `set ${name} to ${choices.join(' or ')}`))
}

/** Ends this process with the one line that says why: drizzle-kit would print the stack of what is thrown. */
function end(error: unknown): never {
  if (!(error instanceof SluiceError)) throw error
  console.error(error.line)
  process.exit(error.exitCode)
}
