import type { System } from '../../engine/system.ts'
import { checklist } from './checklist.ts'
import { legacy, target } from './tables.ts'
import { added, old } from './videos.ts'

/** Video management, phase 2.1: one table gets twenty columns beside its ten, and its jobs a table of their own. */
export const video: System = {
  name: 'video',
  legacy,
  target,
  family: {},
  derive: [],
  restore: [],
  extended: { tables: [{ name: 'videos', derive: added, restore: old }], checklist },
}
