import { spawn } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import type { Home } from './home.ts'

const script = readFileSync(new URL('supervise.sh', import.meta.url), 'utf8')

/** A supervisor that we started. */
export interface Supervisor {
  /** Our end of its lease. */
  writer: number
  /** Waits until it is gone, and the server with it. */
  gone(): Promise<void>
}

/** Opens the lease for writing, or returns undefined where nobody reads it: no server is running. */
export function openLease(home: Home): number | undefined {
  try {
    return openSync(leaseOf(home), constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENXIO' || code === 'ENOENT') return undefined // ENOENT: removed, with the folder of a temporary server
    throw error
  }
}

export function hasReader(home: Home): boolean {
  const writer = openLease(home)
  if (writer === undefined) return false
  closeSync(writer)
  return true
}

/** Asks the supervisor to take note of us. Returns false where there is none any more. */
export function announce(writer: number, token: string): boolean {
  try {
    writeSync(writer, `${token}\n`)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return false
    throw error
  }
}

/** Starts a supervisor that inherits the reading end; the writing end stays with us. */
export function supervise(home: Home, native: string, port: number, options: string[]): Supervisor {
  // Opened in this order none of the three blocks, and the end that the shell inherits is a blocking one. The supervisor
  // is a reader from its first moment, so a kill -9 of ours at any point here leaves it with end-of-file, never waiting.
  const probe = openSync(leaseOf(home), constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(leaseOf(home), constants.O_WRONLY | constants.O_NONBLOCK)
  const reader = openSync(leaseOf(home), constants.O_RDONLY)
  closeSync(probe)
  try {
    const life = home.temporary ? 'temporary' : 'kept'
    const child = spawn(
      '/bin/sh',
      ['-c', script, 'sluice-postgres', home.folder, native, life, String(port), ...options],
      // A session of its own: Ctrl-C and a closing terminal reach us, not the server.
      { ...home.user.spawn, stdio: [reader, 'ignore', 'ignore'], detached: true },
    )
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => resolve()).once('error', () => resolve())
    })
    child.unref() // a process that is done may end without stopping its server
    return {
      writer,
      gone: () => {
        child.ref()
        return gone
      },
    }
  } catch (error) {
    closeSync(writer)
    throw error
  } finally {
    closeSync(reader)
  }
}

function leaseOf(home: Home): string {
  return path.join(home.folder, 'lease')
}
