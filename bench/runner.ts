import type { Bench } from './bench.ts'
import type { After, Contender } from './contenders/contender.ts'
import type { Run } from './results.ts'

/** Runs a contender on the legacy of that size and dirt. */
export type Runner = (contender: Contender, rows: number, dirt: number, after?: After) => Promise<Run>

/** Runs each contender once for the same legacy: figures that share a run share it. */
export function runner(bench: Bench): Runner {
  const done = new Map<string, Run>()
  return async (contender, rows, dirt, after) => {
    const name = `${contender.name} ${rows} ${dirt}`
    const known = done.get(name)
    if (known) return known
    const legacy = await bench.legacy(rows, dirt)
    bench.note(`${contender.label}, ${rows.toLocaleString('en-US')} rows, ${dirt * 100} % dirt`)
    const run = await contender.run(bench, legacy, after)
    const phases = Object.entries(run.phases).map(([phase, seconds]) => `${phase} ${seconds.toFixed(1)}`)
    bench.note(`  ${run.seconds.toFixed(1)} s: ${phases.join(', ')}`)
    done.set(name, run)
    return run
  }
}
