import { bulk, online2 } from '../contenders/sluice.ts'
import type { Run } from '../results.ts'
import type { Runner } from '../runner.ts'

/** Bulk and online at every size. */
export async function growth(run: Runner, sizes: readonly number[]): Promise<Run[]> {
  const runs: Run[] = []
  for (const rows of [...sizes].sort((a, b) => a - b)) {
    for (const contender of [bulk, online2]) runs.push(await run(contender, rows, 0))
  }
  return runs
}
