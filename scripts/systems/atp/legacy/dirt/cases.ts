import type { Options } from '../options.ts'
import type { Case } from './case.ts'
import { disagreements } from './disagreements.ts'
import { odd } from './odd.ts'
import { refused } from './refused.ts'

/** The cases that can occur in the wanted database; a title's `dirt` is an index into this list. */
export function cases({
  version,
  withoutTrainingConstraints,
}: Pick<Options, 'version' | 'withoutTrainingConstraints'>): Case[] {
  return [...disagreements, ...refused, ...odd].filter(
    ({ since = 0, until = 99, bare }) =>
      since <= version && version <= until && (!bare || withoutTrainingConstraints === true),
  )
}
