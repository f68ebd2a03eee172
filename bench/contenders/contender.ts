import type { Bench } from '../bench.ts'
import type { Legacy } from '../legacies.ts'
import type { Part } from '../options.ts'
import type { Run } from '../results.ts'
import type { Database } from '../server.ts'

/** What else is measured on a contender's database before it is dropped. */
export type After = (clone: Database) => Promise<void>

/** One way to get the rows into the new tables. */
export interface Contender {
  name: Part
  label: string
  /** Whether it can take rows that the target's constraints refuse. */
  takesDirt: boolean
  /** Runs on a clone of its own. Throws where what it made is not what it should be. */
  run(bench: Bench, legacy: Legacy, after?: After): Promise<Run>
}
