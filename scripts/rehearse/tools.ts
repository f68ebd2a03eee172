import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import type { Address } from '../database/url.ts'
import { Failure, Refusal } from '../errors.ts'

type Tool = 'pg_dump' | 'pg_restore'

/** The major version of a tool on PATH, or undefined where there is none. */
function versionOf(tool: Tool): number | undefined {
  const { stdout } = spawnSync(tool, ['--version'], { encoding: 'utf8' })
  const major = /(\d+)/.exec(stdout ?? '')?.[1]
  return major === undefined ? undefined : Number(major)
}

/**
 * @param server `server_version_num` of what is to be dumped
 * @throws Refusal without pg_dump and pg_restore on PATH, or where they are older than the server
 */
export function requireTools(server: number): void {
  const major = Math.floor(server / 10_000)
  const otherwise = `put the client tools of PostgreSQL ${major} on PATH, or npm run rehearse -- --into template`
  for (const tool of ['pg_dump', 'pg_restore'] as const) {
    const version = versionOf(tool)
    if (version === undefined) throw new Refusal(`there is no ${tool} on PATH`, { server: major }, otherwise)
    if (version < major)
      throw new Refusal(`${tool} is older than the server`, { [tool]: version, server: major }, otherwise)
  }
}

/** Whether pg_dump can read a server of that version. */
export const canDump = (server: number): boolean => (versionOf('pg_dump') ?? 0) >= Math.floor(server / 10_000)

/** Where the tools are to connect to, as libpq reads it from the environment: arguments could be seen by others. */
function environment(address: Address): NodeJS.ProcessEnv {
  const { DATABASE_URL: _, ...inherited } = process.env
  const settings = Object.entries(address.settings)
    .filter(([name]) => name !== 'application_name')
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, '\\$&')}`)
  return {
    ...inherited,
    PGHOST: address.hosts.map(({ host }) => host).join(','),
    PGPORT: address.hosts.map(({ port }) => port).join(','),
    ...(address.user ? { PGUSER: address.user } : {}),
    ...(address.password ? { PGPASSWORD: address.password } : {}),
    ...(address.database ? { PGDATABASE: address.database } : {}),
    PGSSLMODE: address.sslmode ?? 'disable',
    ...(address.targetSessionAttrs ? { PGTARGETSESSIONATTRS: address.targetSessionAttrs } : {}),
    ...(address.connectTimeout ? { PGCONNECT_TIMEOUT: String(address.connectTimeout) } : {}),
    ...(settings.length ? { PGOPTIONS: settings.join(' ') } : {}),
    PGAPPNAME: 'sluice_rehearsal',
    LC_MESSAGES: 'C',
    LC_ALL: 'C',
  }
}

/** What `pg_dump --schema-only` prints, line by line. */
export async function schemaDump(address: Address): Promise<string[]> {
  const dump = spawn('pg_dump', ['--schema-only', '--no-password'], {
    env: environment(address),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [errors, text, code] = await Promise.all([textOf(dump.stderr), textOf(dump.stdout), ended(dump)])
  if (code !== 0) throw failed('pg_dump', errors, address)
  // newer ones guard their text by a key that is different every time
  return text.split('\n').filter((line) => !/^\\(un)?restrict /.test(line))
}

/**
 * Pipes a dump of one database, as of a snapshot, into another, which is empty.
 * @returns the errors that did not stop the restoration: what could not be brought over
 */
export async function dumpInto(
  from: Address,
  to: Address,
  { snapshot, signal }: { snapshot: string; signal: AbortSignal },
): Promise<string[]> {
  const dump = spawn(
    'pg_dump',
    ['--format=custom', '--compress=0', '--no-password', '--no-subscriptions', `--snapshot=${snapshot}`],
    { env: environment(from), stdio: ['ignore', 'pipe', 'pipe'], signal },
  )
  const restore = spawn('pg_restore', ['--no-password', '--no-tablespaces', `--dbname=${to.database}`], {
    env: environment(to),
    stdio: ['pipe', 'ignore', 'pipe'],
    signal,
  })
  const [dumpErrors, restoreErrors, dumped, restored] = await Promise.all([
    textOf(dump.stderr),
    textOf(restore.stderr),
    ended(dump),
    ended(restore),
    // where one of them ends early the other is told by the pipe, and by its exit code we are
    pipeline(dump.stdout, restore.stdin).catch(() => {}),
  ])
  signal.throwIfAborted()
  if (dumped !== 0) throw failed('pg_dump', dumpErrors, from)
  const errors = [...restoreErrors.matchAll(/^pg_restore: error: (?:could not execute query: )?(.+)$/gm)]
    .map(([, message = '']) => message)
    // a newer pg_dump sets what an older server does not have
    .filter((message) => !message.includes('unrecognized configuration parameter'))
  if (restored !== 0 && !restoreErrors.includes('errors ignored on restore'))
    throw failed('pg_restore', restoreErrors, to)
  return errors.map((message) => `not restored: ${message}`)
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

/** Its exit code; null where a signal has ended it, or where it could not be started. */
const ended = async (child: ChildProcess): Promise<number | null> => {
  try {
    const [code] = await once(child, 'close')
    return code as number | null
  } catch {
    return null
  }
}

function failed(tool: Tool, errors: string, { password }: Address): Failure {
  const said = /error: (.*)/.exec(errors)?.[1] ?? errors.split('\n', 1)[0] ?? ''
  const message = password ? said.replaceAll(password, '…') : said
  return new Failure(`${tool} failed`, { message }, 'put right what it says, then start the same command again')
}
