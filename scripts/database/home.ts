import { type SpawnSyncOptionsWithStringEncoding, spawnSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Failure, Refusal } from '../errors.ts'

/** Who runs the server: ourselves or, as PostgreSQL refuses root, somebody with fewer rights. */
export interface ServerUser {
  uid: number
  gid: number
  /** What a process of this user is spawned with. */
  spawn: Pick<SpawnSyncOptionsWithStringEncoding, 'uid' | 'gid' | 'cwd' | 'env'>
}

/** The folder of an embedded server: `lease`, `log`, `server`, `joined` and the cluster. */
export interface Home {
  folder: string
  temporary: boolean
  user: ServerUser
}

/** Makes a folder that its supervisor will remove, in the first of the usual places that the server's user can write. */
export function temporaryHome(parent?: string): Home {
  const user = serverUser()
  const candidates = [...(parent ? [parent] : []), os.tmpdir(), '/tmp', '/var/tmp']
  const place = candidates.find((candidate) => asUser(user, 'test -w "$1" && cd "$1"', candidate))
  if (!place) throw new Failure('no folder for a temporary server', { tried: candidates.join(' ') }, 'set TMPDIR')
  const folder = mkdtempSync(path.join(realpathSync(place), 'sluice-'))
  return furnish({ folder, temporary: true, user })
}

/** Makes or finds the folder whose data is kept between runs. Throws Refusal where it belongs to somebody else. */
export function keptHome(wanted: string): Home {
  if (!lstatSync(wanted, { throwIfNoEntry: false })) create(wanted)
  const stat = statSync(wanted, { throwIfNoEntry: false })
  if (!stat?.isDirectory())
    throw new Refusal(
      'the data folder is missing behind its link',
      { folder: wanted },
      `remove ${wanted} to start afresh`,
    )
  const user = serverUser(stat)
  // Behind a link in a place where others may write, anybody could have put anything.
  if (stat.uid !== user.uid || (stat.mode & 0o077) !== 0)
    throw new Refusal(
      'the data folder is not private to the user that runs the server',
      { folder: wanted, owner: stat.uid, expected: user.uid, mode: (stat.mode & 0o777).toString(8) },
      'run as its owner, correct owner and mode (700), or remove it',
    )
  const folder = realpathSync(wanted)
  if (!asUser(user, 'cd "$1"', folder))
    throw new Refusal(
      'the data folder cannot be reached by its owner',
      { folder, owner: user.uid },
      'correct the rights',
    )
  return furnish({ folder, temporary: false, user })
}

/** Runs a line of shell as the server's user; `$1` is `argument`. */
export function asUser(user: ServerUser, line: string, argument: string): boolean {
  return spawnSync('/bin/sh', ['-c', line, 'sh', argument], { ...user.spawn, stdio: 'ignore' }).status === 0
}

function serverUser(owner?: { uid: number; gid: number }): ServerUser {
  const spawn = { cwd: '/', env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } }
  const uid = process.getuid?.() ?? 0
  if (uid !== 0) return named({ uid, gid: process.getgid?.() ?? uid, spawn })
  // As root on a user's folder: run as that user, so that the folder stays theirs.
  const ids = { uid: owner?.uid || idOf('-u'), gid: owner?.gid || idOf('-g') }
  return named({ ...ids, spawn: { ...spawn, ...ids } })
}

/** The ids of `nobody`, which are not the same everywhere. */
function idOf(option: '-u' | '-g'): number {
  return Number(spawnSync('id', [option, 'nobody'], { encoding: 'utf8' }).stdout) || 65_534
}

/** Containers like to run as a number without a name, which initdb refuses. */
function named(user: ServerUser): ServerUser {
  const found = spawnSync('id', ['-un', String(user.uid)], { stdio: 'ignore' })
  if (found.status === 0) return user
  throw new Refusal(
    'PostgreSQL runs only as a user with a name',
    { uid: user.uid },
    'add it to /etc/passwd, run as another user, or set DATABASE_URL to a server of yours',
  )
}

/** Creates `wanted`, or a link to a folder elsewhere if the server's user cannot reach it (a project under /root). */
function create(wanted: string): void {
  const user = serverUser()
  const parent = path.dirname(wanted)
  mkdirSync(parent, { recursive: true })
  if (asUser(user, 'cd "$1"', parent)) {
    try {
      mkdirSync(wanted, { mode: 0o700 })
      chownSync(wanted, user.uid, user.gid)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    return
  }
  // Not below /tmp or /var/tmp if it can be helped: there old files are cleaned away, and a database has many of them.
  const place = ['/var/lib', '/var/db', '/var/tmp'].find(
    (candidate) => existsSync(candidate) && asUser(user, 'cd "$1"', candidate),
  )
  if (!place)
    throw new Failure('no folder that the server could use', { project: parent, uid: user.uid }, 'set DATABASE_URL')
  const folder = mkdtempSync(path.join(place, 'sluice-'))
  writeFileSync(path.join(folder, 'project'), `${parent}\n`)
  chownSync(folder, user.uid, user.gid)
  try {
    symlinkSync(folder, wanted)
  } catch (error) {
    rmSync(folder, { recursive: true })
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function furnish(home: Home): Home {
  const { folder, user, temporary } = home
  if (temporary) chownSync(folder, user.uid, user.gid)
  const line = 'umask 077; cd "$1" && : >>log && { mkfifo lease 2>/dev/null; test -p lease; }'
  if (asUser(user, line, folder)) return home
  if (temporary) rmSync(folder, { recursive: true, force: true })
  throw new Failure('the data folder takes no named pipe', { folder }, 'use a local file system, or set DATABASE_URL')
}
