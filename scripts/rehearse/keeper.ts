import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Failure } from '../errors.ts'
import { typescript } from '../process.ts'

/** Sees to it that a database does not outlive this process. */
export interface Keeper {
  /** Drops it, with whatever is connected to it. */
  drop(): Promise<void>
  /** Leaves it where it is. */
  leave(): Promise<void>
}

/** @param url of another database of the same server, from which the drop is done */
export function keeperOf(url: string, database: string): Keeper {
  const janitor = spawn(
    process.execPath,
    typescript(new URL('janitor.ts', import.meta.url)),
    // A session of its own: Ctrl-C and a closing terminal reach us, not the janitor.
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true },
  )
  const ended = once(janitor, 'close').then(([code]) => code as number | null)
  janitor.stdin.on('error', () => {})
  janitor.stdin.write(`${JSON.stringify({ url, database })}\n`)
  const end = async (last = '') => {
    if (!janitor.stdin.writableEnded) janitor.stdin.end(last)
    if ((await ended) === 0) return
    throw new Failure('the clone could not be dropped', { database }, `drop database ${database} with (force)`)
  }
  return { drop: () => end(), leave: () => end('keep\n') }
}
