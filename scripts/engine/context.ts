import type { Connection } from '../database/connect.ts'
import type { Report } from '../report.ts'
import type { System } from './system.ts'

/** What every engine function works with. */
export interface Context {
  system: System
  connection: Connection
  report: Report
  /** Aborted when the person asks to stop: long work ends at the next batch boundary. */
  signal: AbortSignal
  /** How many milliseconds one attempt at locking tables waits, which others then queue behind; 300 unless told. */
  lockTimeout?: number
}

/**
 * The same context for workers side by side. When one of them fails and says so by `stop`, the others end at their next
 * batch: none goes on without the lock.
 */
export function forWorkers(context: Context): { workers: Context; stop: (reason: unknown) => void } {
  const controller = new AbortController()
  const stop = (reason: unknown) => controller.abort(reason)
  context.signal.addEventListener('abort', () => stop(context.signal.reason), { once: true })
  return { workers: { ...context, signal: controller.signal }, stop }
}
