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
