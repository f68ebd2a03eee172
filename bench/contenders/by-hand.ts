import type { Sql } from 'postgres'
import { inClone, withPlainSession } from '../bench.ts'
import { clock } from '../clock.ts'
import { requireSame, targetDigest } from '../digest.ts'
import type { Database } from '../server.ts'
import type { Contender } from './contender.ts'

interface ByHand {
  name: Contender['name']
  label: string
  /** What may be there before the clock runs. */
  prepare?(sql: Sql): Promise<void>
  /** Everything whose time counts; returns the process's peak in MB where the rows travel through it. */
  work(sql: Sql, mark: (phase: string) => void, clone: Database): Promise<{ peakMb: number } | undefined>
}

/** A contender that knows nothing of dirt and proves nothing. What it made is compared with the plan's own selects. */
export const byHand = ({ name, label, prepare, work }: ByHand): Contender => ({
  name,
  label,
  takesDirt: false,
  run: (bench, legacy) =>
    inClone(bench, legacy, (clone) =>
      withPlainSession(clone, async (sql) => {
        if (!legacy.digest) throw new Error(`${name} cannot take dirt`)
        await prepare?.(sql)
        const { mark, phases, seconds } = clock()
        const own = await work(sql, mark, clone)
        const run = { name, label, rows: legacy.rows, dirt: 0, seconds: seconds(), phases, ...own }
        requireSame(name, legacy.digest, await targetDigest(sql))
        return { ...run, verified: 'rows and sums of row hashes of the four tables' }
      }),
    ),
})
