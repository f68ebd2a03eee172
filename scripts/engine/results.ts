import type { Phase } from './phase.ts'
import type { Sync, SyncCost } from './step.ts'

/** Every legacy row is exactly one of carried, complemented, quarantined (design §1). */
export interface Account {
  rows: number
  carried: number
  complemented: number
  quarantined: number
}

/** Differences of one table: rows that the other side has not, has too many, or has otherwise. */
export interface Differences {
  rows: number
  missing: number
  extra: number
  differing: number
}

/** One row that differs, with its columns: what is stored and what should be, as text forms. */
export interface Difference {
  table: string
  key: string
  kind: 'missing' | 'extra' | 'differing' | 'complement' | 'quarantine'
  columns: Record<string, { found: string | null; expected: string | null }>
}

/** The outcome of `verify`: design §1's equation in both directions plus the accounting. */
export interface Proof {
  identical: boolean
  differences: number
  /** Legacy tables: the effective legacy against the legacy. */
  tables: Record<string, Differences>
  /** Target tables: the derived target against the target. */
  target: Record<string, Differences>
  accounts: Record<string, Account>
  /** The first differences, as many as asked for. */
  shown: Difference[]
  seconds: number
  /** Whether both shapes are columns of the same tables. */
  inPlace?: true
}

/** Rows that the target's constraints will refuse, or something else a person should know before starting. */
export interface Finding {
  code: string
  table: string
  column?: string
  rows?: number
  samples?: string[]
  message: string
}

export interface Plan {
  system: string
  phase: Phase
  legacyVersion?: number
  findings: Finding[]
}

export interface Status {
  system: string
  phase: Phase
  tables: Record<string, { rows: number; estimated: boolean }>
  complement: Record<string, number>
  quarantined: Record<string, number>
  lastProof: { identical: boolean; differences: number; provenAt: string; seconds: number } | null
  copy: { families: number; shards: number; finished: number } | null
  /** Whether a bulk load is under way or was interrupted: the target has neither all rows nor its keys. */
  loading?: true
  /** Whether both shapes are kept in step now. */
  sync: Sync
  /** What that costs, where the server counts it. */
  syncCost: SyncCost | null
  /**
   * Rows of which the target has something that the legacy tables cannot hold, by table: a rollback would archive them.
   * After the contract only a rollback's dry run knows, and this is null.
   */
  unheld: Record<string, number> | null
  /** Whether columns are added in place, so that nothing is dropped in the end. */
  inPlace?: true
  /** Of a system that grows in phases: which there are, and whether each is applied. */
  growth?: { gate: string; about: string; applied: boolean }[]
  /** Rows that a rollback could not give back to the legacy tables, by table. */
  archived: Record<string, number>
}
