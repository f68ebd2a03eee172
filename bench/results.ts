/** Seconds by phase, in the order in which they happened. */
export type Phases = Record<string, number>

/** One contender's run; only runs whose result was verified are recorded. */
export interface Run {
  name: string
  label: string
  rows: number
  dirt: number
  seconds: number
  phases: Phases
  /** Peak resident memory of the contender's own process in MB; absent where all its work is done by the server. */
  peakMb?: number
  /** How its result was verified. */
  verified: string
  /** Of the applications that wrote all the while. */
  writers?: WriterRun[]
}

/** What became of an application's writes: milliseconds until each was acknowledged, tries included. */
export interface WriterRun {
  /** The shape that it writes. */
  side: 'legacy' | 'target'
  writes: number
  /** Answers that asked it to try again. */
  retried: number
  medianMs: number
  p99Ms: number
}

/** One way to find out whether a copy is right. */
export interface ProofRun {
  label: string
  seconds: number
}

/** A query of the application on the old tables and its equal on the new ones: medians in milliseconds. */
export interface Read {
  name: string
  legacyMs: number
  targetMs: number
}

/** A write of the application without sync and with it: medians of what is written in a second, and of the pairs' ratios. */
export interface SyncCost {
  name: string
  /** The shape that is written. */
  side: 'legacy' | 'target'
  plain: number
  synced: number
  ratio: number
  /** What the ratio must reach, where that is said. */
  atLeast?: number
}

/** A figure that is to be reached. */
export interface Ratio {
  figure: string
  value: number
  atMost?: number
  atLeast?: number
  reached: boolean
}

export interface Results {
  commit: string
  rows: number
  server: { version: string; cpus: number; settings: Record<string, string> }
  runs: Run[]
  proof: ProofRun[]
  reads: Read[]
  sync: SyncCost[]
  dirt: Run[]
  growth: Run[]
  ratios: Ratio[]
}
