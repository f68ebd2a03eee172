import type { Phase } from '../engine/phase.ts'
import type { Account } from '../engine/results.ts'

/** How the clone was made: as a template of the original, or by pg_dump, on its server or on one that comes with Sluice. */
export type Way = 'template' | 'server' | 'embedded'

/** What a migration goes through; the rollback is taken from every phase. */
export const forward = ['expand', 'sync', 'copy', 'verify', 'contract'] as const
export type Forward = (typeof forward)[number]
export type StepName = Forward | 'rollback'

/** The strongest lock that a step had on a table, and for how long at a stretch, as far as the samples tell. */
export interface Held {
  table: string
  mode: string
  seconds: number
}

/** How a reader and a writer of the legacy tables fared meanwhile; seconds. */
export interface Waited {
  /** The longest that a statement took, all in all. */
  answer: number
  /** The longest of it that it was seen waiting for a lock. */
  lock: number
  /** Statements that were answered. */
  statements: number
}

/** One step, done once. */
export interface Step {
  step: StepName
  /** The phase before it. */
  from: Phase
  seconds: number
  locks: Held[]
  reader: Waited
  writer: Waited
  /** Why it did not come about, in one line. */
  error?: string
}

/** One step that was killed in its midst, and done again. */
export interface Kill {
  step: StepName
  /** Seconds from its start to its kill -9, and what it was at. */
  after: number
  /** Whether a transaction of its was open when it was killed: without it the step was faster than the kill. */
  midway: boolean
  /** The phase that it left. */
  left: Phase
  /** Seconds until the server had let go of its sessions and locks. */
  freed: number
  /** Seconds that it took to do it again to its end. */
  again: number
  error?: string
}

/** The legacy after a rollback, against the legacy before. */
export interface Comparison {
  after: string
  identical: boolean
  /** Lines of the catalogs and tables of which the rows differ. */
  differences: string[]
}

/** A proof that was made on the way. */
export interface Proven {
  identical: boolean
  differences: number
  accounts: Record<string, Account>
}

export interface Rehearsal {
  system: string
  /** The phase of the original. */
  phase: Phase
  clone: {
    way: Way
    database: string
    seconds: number
    /** `server_version_num` of the clone's server. */
    server: number
    /** Where it is, if it was to be kept. */
    kept: string | null
    /** What a dump could not bring over. */
    differences: string[]
  }
  /** Rows of the legacy tables. */
  tables: Record<string, number>
  steps: Step[]
  kills: Kill[]
  proofs: Proven[]
  comparisons: Comparison[]
  /** Rows that rollbacks could not give back to the legacy. */
  archived: Record<string, number>
  outcome: 'identical' | 'different' | 'failed'
  seconds: number
}
