import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Failure } from '../errors.ts'
import { typescript } from '../process.ts'
import type { Step } from './results.ts'

/** What the applications would notice of one step. */
export type Noticed = Pick<Step, 'seconds' | 'locks' | 'reader' | 'writer'>

/** Watches the locks of a step, and how a reader and a writer of the legacy tables fare meanwhile. */
export interface Watch {
  during<T>(work: () => Promise<T>): Promise<{ noticed: Noticed; result?: T; error?: unknown }>
  close(): Promise<void>
}

/**
 * @param application the name of the sessions whose locks are looked at
 * @param signal ends the watch: the clone goes then, and with it what the watcher would tell of
 */
export async function watch(url: string, application: string, signal: AbortSignal): Promise<Watch> {
  signal.throwIfAborted()
  const [runner, ...args] = typescript(new URL('watcher.ts', import.meta.url))
  const watcher = fork(runner, args, { execArgv: [], stdio: 'ignore' })
  let over = false
  const gone = once(watcher, 'exit').then(() => {
    over = true
  })
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  const ask = async (message: unknown): Promise<unknown> => {
    const answer = once(watcher, 'message')
    if (!over) watcher.send(message as string, () => {})
    const [said] = (await Promise.race([answer, gone, stopped])) ?? []
    if (said !== undefined) return said
    signal.throwIfAborted()
    throw new Failure('the watch over the locks has ended', {}, 'run the same command again')
  }
  // as a message, for the URL holds a password
  await ask({ url, application })
  return {
    async during(work) {
      await ask('begin')
      const started = performance.now()
      const outcome = await work().then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      )
      const seconds = (performance.now() - started) / 1000
      const seen = (await ask('end')) as Omit<Noticed, 'seconds'>
      return { noticed: { seconds, ...seen }, ...outcome }
    },
    async close() {
      watcher.kill('SIGKILL')
      await gone
    },
  }
}
