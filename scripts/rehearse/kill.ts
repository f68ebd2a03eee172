import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { formatUrl, parseUrl } from '../database/url.ts'
import { currentPhase } from '../engine/ledger.ts'
import { rows } from '../engine/preflight/look.ts'
import type { Executor } from '../engine/sql.ts'
import { typescript } from '../process.ts'
import { explain } from '../terminal/explain.ts'
import type { Stage } from './life.ts'
import type { Kill, StepName } from './results.ts'
import { type Found, steps } from './steps.ts'

/** What the sessions of the process that will be killed are called. */
const victim = 'sluice_rehearsal_killed'

/** The command that does a step; expand, which has none of its own, is done by a process that does nothing else. */
const commandOf: Record<StepName, readonly string[]> = {
  expand: ['expand.ts'],
  sync: ['../cli.ts', 'sync'],
  copy: ['../cli.ts', 'copy'],
  verify: ['../cli.ts', 'verify'],
  contract: ['../cli.ts', 'contract', '--yes'],
  rollback: ['../cli.ts', 'rollback', '--yes'],
}

/**
 * Starts a step as a process of its own, kills it (SIGKILL) at a random moment of its work on the database, waits until
 * the server has noticed, and does the step again to its end.
 * @param seconds how long the step takes
 */
export async function kill(
  stage: Stage,
  step: StepName,
  seconds: number,
): Promise<{ kill: Kill; found: Found; error?: unknown }> {
  const { context, url } = stage
  const { db } = context.connection
  const started = performance.now()
  const child = start(step, url)
  const ended = once(child, 'close')
  const stop = () => child.kill('SIGKILL')
  context.signal.addEventListener('abort', stop, { once: true })
  // a short step is over before much of it has passed since it was first seen to write
  const delay = Math.random() * seconds * (seconds < 1 ? 50 : 300)
  const midway = await atWork(db, child, step, delay).finally(stop)
  const after = (performance.now() - started) / 1000
  await ended
  context.signal.removeEventListener('abort', stop)
  const freed = await untilFreed(db, context.signal)
  context.signal.throwIfAborted()
  const left = await currentPhase(context)
  const again = performance.now()
  const outcome: { found: Found; error?: unknown } = await steps[step](context, url).then(
    (found) => ({ found }),
    (error: unknown) => ({ error, found: {} }),
  )
  context.signal.throwIfAborted()
  const killed = { step, after, midway, left, freed, again: (performance.now() - again) / 1000 }
  return { kill: 'error' in outcome ? { ...killed, error: explain(outcome.error).line } : killed, ...outcome }
}

function start(step: StepName, url: string): ChildProcess {
  const address = parseUrl(url)
  const [file = '', ...args] = commandOf[step]
  return spawn(process.execPath, typescript(new URL(file, import.meta.url), ...args), {
    env: {
      ...process.env,
      DATABASE_URL: formatUrl({ ...address, settings: { ...address.settings, application_name: victim } }),
    },
    stdio: 'ignore',
  })
}

/**
 * Lets the process go on until a transaction of its is open, and for `delay` milliseconds more; then stops it (SIGSTOP),
 * so that it cannot end before it is killed.
 * @returns whether the transaction is open still; false where the process has ended before
 */
async function atWork(db: Executor, child: ChildProcess, step: StepName, delay: number): Promise<boolean> {
  const alive = () => child.exitCode === null && child.signalCode === null
  let wait = delay
  while (alive()) {
    if (await transactions(db, step)) {
      await sleep(wait)
      wait = 0 // the moment has passed: the next one will do
      child.kill('SIGSTOP')
      // a statement on its own is over in a moment, a transaction stays open
      await sleep(20)
      if (await transactions(db, step)) return true
      child.kill('SIGCONT')
    }
    await sleep(2)
  }
  return false
}

/** How many open transactions it has that have written something; a proof only reads, for long. */
async function transactions(db: Executor, step: StepName): Promise<number> {
  const [found] = await rows<{ open: number }>(
    db,
    sql`
      select count(*)::integer as "open"
      from pg_stat_activity
      where application_name = ${victim}
        and datname = current_database()
        and xact_start is not null
        and ${step === 'verify' ? sql`backend_xmin is not null` : sql`backend_xid is not null`}`,
  )
  return found?.open ?? 0
}

/** Seconds until none of its sessions is left; the server must not need more than a minute. */
async function untilFreed(db: Executor, signal: AbortSignal): Promise<number> {
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  while (seconds() < 60 && !signal.aborted) {
    const [found] = await rows<{ sessions: number }>(
      db,
      sql`
        select count(*)::integer as "sessions"
        from pg_stat_activity
        where application_name = ${victim}
          and datname = current_database()`,
    )
    if (!found?.sessions) break
    await sleep(5)
  }
  return seconds()
}
