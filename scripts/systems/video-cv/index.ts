import type { System } from '../../engine/system.ts'
import { checklist } from './checklist.ts'
import { legacy, target } from './tables.ts'
import { added, old } from './videos.ts'

/**
 * The step after phase 2.1: a video says whether a machine has looked at it, how many tracklets it found, and which job it
 * was. The table of the tracklets stays as it is: the new definition that the step's own migration has for it was never
 * made anywhere, and rolling that migration back would have dropped the old one.
 */
export const videoCv: System = {
  name: 'video-cv',
  legacy,
  target,
  family: {},
  derive: [],
  restore: [],
  extended: { tables: [{ name: 'videos', derive: added, restore: old }], checklist },
}
