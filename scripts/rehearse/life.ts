import type { Context } from '../engine/context.ts'
import { currentPhase } from '../engine/ledger.ts'
import type { Report } from '../report.ts'
import { explain } from '../terminal/explain.ts'
import { compared } from './compare.ts'
import { kill } from './kill.ts'
import type { Likeness } from './likeness.ts'
import type { Comparison, Forward, Kill, Proven, Step, StepName } from './results.ts'
import { type Found, steps } from './steps.ts'
import type { Watch } from './watch.ts'

/** What the life is played with. */
export interface Stage {
  /** Without the words of its own that each step has. */
  context: Context
  report: Report
  /** Of the clone. */
  url: string
  watch: Watch
  /** What is played, as `roundsOf` lists it. */
  rounds: readonly Forward[][]
  /** The legacy before the first step. */
  before: Likeness
}

/** What has been seen so far; filled as it goes, so that a failure does not take it away. */
export interface Seen {
  steps: Step[]
  kills: Kill[]
  proofs: Proven[]
  comparisons: Comparison[]
  archived: Record<string, number>
}

/** A step that did not come about: its line is with the step. */
export class Stumbled extends Error {}

/** Goes to each phase and back again, and compares after each time back. @throws Stumbled */
export async function live(stage: Stage, seen: Seen): Promise<void> {
  const { rounds } = stage
  for (const [at, round] of rounds.entries()) {
    stage.report.note(`Round ${at + 1} of ${rounds.length}: ${round.join(', ')}, and back`)
    for (const step of round) await take(stage, seen, step)
    await back(stage, seen)
  }
}

/** The same to the last phase, where each step is killed in its midst and done again. @throws Stumbled */
export async function survive(stage: Stage, seen: Seen): Promise<void> {
  const path: StepName[] = [...(stage.rounds.at(-1) ?? []), 'rollback']
  stage.report.note(`And with a kill -9 in the midst of each: ${path.join(', ')}`)
  for (const step of path) {
    const known = seen.steps.filter((each) => each.step === step).map(({ seconds }) => seconds)
    const killed = await kill(stage, step, Math.min(...known))
    seen.kills.push(killed.kill)
    note(seen, killed.found)
    if (killed.kill.error !== undefined) throw new Stumbled(undefined, { cause: killed.error })
  }
  seen.comparisons.push(await compared(stage, 'a kill -9 in every step', seen.archived))
}

/** Does one step, and watches it. @throws Stumbled */
export async function take({ context, url, watch }: Stage, seen: Seen, step: StepName): Promise<void> {
  context.signal.throwIfAborted()
  const from = await currentPhase(context)
  const { noticed, result, error } = await watch.during(() => steps[step](context, url))
  context.signal.throwIfAborted()
  seen.steps.push({ step, from, ...noticed, ...(error === undefined ? {} : { error: explain(error).line }) })
  if (error !== undefined) throw new Stumbled(undefined, { cause: error })
  note(seen, result)
}

/** The rollback, from wherever the clone is. */
async function back(stage: Stage, seen: Seen): Promise<void> {
  const from = await currentPhase(stage.context)
  await take(stage, seen, 'rollback')
  seen.comparisons.push(await compared(stage, `rollback from ${from}`, seen.archived))
}

function note(seen: Seen, { proof, archived }: Found = {}): void {
  if (proof) seen.proofs.push(proof)
  Object.assign(seen.archived, archived)
}
