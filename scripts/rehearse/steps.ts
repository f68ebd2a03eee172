import { existsSync } from 'node:fs'
import type { Context } from '../engine/context.ts'
import { contract } from '../engine/contract/index.ts'
import { copy } from '../engine/copy.ts'
import { expand } from '../engine/expand.ts'
import { stepsFolder } from '../engine/preflight/steps.ts'
import { rollback } from '../engine/rollback/index.ts'
import { startSync } from '../engine/sync/index.ts'
import type { System } from '../engine/system.ts'
import { verify } from '../engine/verify.ts'
import { Refusal } from '../errors.ts'
import { type Forward, forward, type Proven, type StepName } from './results.ts'

/** What a step has found, beside having been done. */
export interface Found {
  proof?: Proven
  archived?: Record<string, number>
}

/** Each step as its command does it. @throws what the step throws, and Refusal where the proof finds a difference */
export const steps: Record<StepName, (context: Context, url: string) => Promise<Found>> = {
  expand: async (context, url) => {
    await expand(context, url)
    return {}
  },
  sync: async (context) => {
    await startSync(context)
    return {}
  },
  copy: async (context) => {
    await copy(context, { bulk: false, batchSize: 2000, workers: 2 })
    return {}
  },
  verify: async (context) => {
    const { identical, differences, accounts, shown } = await verify(context, { show: 1 })
    if (identical) return { proof: { identical, differences, accounts } }
    const [first] = shown
    throw new Refusal(
      'the proof finds differences',
      { differences, first: first && `${first.table} ${first.key} (${Object.keys(first.columns).join(' ')})` },
      'npm run rehearse -- --keep, then npm run verify on the clone names them',
    )
  },
  contract: async (context) => {
    await contract(context, { keepViews: false })
    return {}
  },
  rollback: async (context) => {
    const { archived } = await rollback(context, { dryRun: false })
    return { archived }
  },
}

/** Phases from which there is a way back, each with the step that leads to it; a copy alone is in no phase of its own. */
export const phases = { expanded: 'expand', syncing: 'sync', verified: 'verify', contracted: 'contract' } as const
export type Until = keyof typeof phases

/** The rounds of a life up to a phase: for each phase on the way the steps to it, from which the rollback is taken. */
export function roundsOf(system: System, until: Until = 'contracted'): Forward[][] {
  const last = until === 'contracted' && !existsSync(stepsFolder(system, 'contract')) ? 'verified' : until
  return Object.values(phases)
    .map((step) => forward.slice(0, forward.indexOf(step) + 1))
    .filter((round) => round.length <= forward.indexOf(phases[last]) + 1)
}
