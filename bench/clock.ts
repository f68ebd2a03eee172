import type { Phases } from './results.ts'

/** Measures phases one after the other: each lasts from the mark before it to its own. */
export function clock() {
  const startedAt = performance.now()
  const phases: Phases = {}
  let last = startedAt
  return {
    phases,
    /** Ends a phase; one that happens again lasts as long as both together. */
    mark(phase: string) {
      const now = performance.now()
      phases[phase] = (phases[phase] ?? 0) + (now - last) / 1000
      last = now
    },
    seconds: () => (last - startedAt) / 1000,
  }
}
