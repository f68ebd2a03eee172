import { z } from 'zod'
import { inClone } from '../bench.ts'
import { requireSame, targetDigest } from '../digest.ts'
import type { Legacy } from '../legacies.ts'
import { type Ended, runNode } from '../node.ts'
import type { Phases, Run } from '../results.ts'
import { type Database, withConnection } from '../server.ts'
import type { Contender } from './contender.ts'

const migrated = z.object({ identical: z.literal(true), phase: z.literal('verified') })

/** The notes of `migrate` that end a phase; what comes before the first is start-up and plan. */
const ends: [note: string, phase: string][] = [
  ['Plan:', 'plan'],
  ['Expand:', 'expand'],
  ['Proof:', 'copy'],
]

export function phasesOf({ lines, seconds }: Ended): Phases {
  const phases: Phases = {}
  let last = 0
  for (const [note, phase] of ends) {
    const line = lines.find(({ text }) => text.startsWith(note))
    if (!line)
      throw new Error(`migrate no longer says ${note}: bench/contenders/sluice.ts reads the phases off its notes`)
    phases[phase] = line.at - last
    last = line.at
  }
  return { ...phases, verify: seconds - last }
}

/** Runs the real command, from its start to its exit, and checks that its own proof says identical. */
export async function migrate({ url }: Database, args: readonly string[]): Promise<Ended> {
  const ended = await runNode(['scripts/cli.ts', 'migrate', '--json', ...args], { DATABASE_URL: url })
  migrated.parse(JSON.parse(ended.stdout))
  return ended
}

const sluice = (name: Contender['name'], label: string, args: readonly string[]): Contender => ({
  name,
  label,
  takesDirt: true,
  run: (bench, legacy, after) =>
    inClone(bench, legacy, async (clone): Promise<Run> => {
      const ended = await migrate(clone, args)
      const { seconds, peakMb } = ended
      const verified = await check(name, clone, legacy)
      await after?.(clone)
      return { name, label, rows: legacy.rows, dirt: legacy.dirt, seconds, phases: phasesOf(ended), peakMb, verified }
    }),
})

/** Of a clean legacy Sluice must make what the plan makes; a dirty one only its own proof can judge. */
async function check(name: string, clone: Database, { digest }: Legacy): Promise<string> {
  if (!digest) return 'its own proof: identical'
  requireSame(name, digest, await withConnection(clone, targetDigest))
  return 'its own proof: identical; rows and sums of row hashes of the four tables'
}

export const bulk = sluice('sluice-bulk', 'Sluice --bulk', ['--bulk'])
export const online1 = sluice('sluice-online-1', 'Sluice online, 1 worker', ['--workers', '1'])
export const online2 = sluice('sluice-online-2', 'Sluice online, 2 workers', ['--workers', '2'])
