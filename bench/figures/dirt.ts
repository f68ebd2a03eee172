import { bulk, online2 } from '../contenders/sluice.ts'
import type { Run } from '../results.ts'
import type { Runner } from '../runner.ts'

const share = 0.01

/** Bulk and online, each without dirt and with it. */
export async function dirt(run: Runner, rows: number): Promise<Run[]> {
  const runs: Run[] = []
  for (const contender of [bulk, online2]) {
    for (const dirt of [0, share]) runs.push(await run(contender, rows, dirt))
  }
  return runs
}
