import type { Step } from '../preflight/steps.ts'
import type { System } from '../system.ts'
import type { Gate } from './gate.ts'

/** The steps of one phase; a system that does not grow in phases has one part, without a gate. */
export interface Part {
  gate?: Gate
  steps: Step[]
}

const timed = /^\d{14}_/

/** The steps by phase, in the order in which they are applied. Those that no phase names belong to the first. */
export function partsOf({ name, gates = [] }: System, steps: readonly Step[]): Part[] {
  if (gates.length === 0) return [{ steps: [...steps] }]
  const ofGate = ({ name: step }: Step) => gates.findIndex((gate) => gate.steps.includes(step.replace(timed, '')))
  for (const gate of gates)
    for (const wanted of gate.steps)
      if (!steps.some((step) => step.name.replace(timed, '') === wanted))
        throw new Error(`phase ${gate.name} of ${name} names a step that is not there: ${wanted}`)
  return gates.map((gate, i) => ({ gate, steps: steps.filter((step) => Math.max(0, ofGate(step)) === i) }))
}

/** Whether all steps of a part have been applied. */
export const isApplied = ({ steps }: Part): boolean => steps.every(({ applied }) => applied)

/** Whether the steps of later parts, and none of these, make something of this name. */
export const isLater = (parts: readonly Part[], part: Part, name: string): boolean => {
  const mentions = ({ steps }: Part) => steps.some(({ text }) => text.includes(`"${name}"`))
  const at = parts.indexOf(part)
  return parts.slice(at + 1).some(mentions) && !parts.slice(0, at + 1).some(mentions)
}
