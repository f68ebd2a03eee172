import type { System } from '../../engine/system.ts'
import { legacy, target } from './tables.ts'
import { derives, restores } from './tracklets.ts'

/**
 * The definition of `tracklets` that revision c7115132462a means and has made nowhere, for it makes the table only where there
 * is none: in place of the one that there has been since the first revision, under the same name in the end.
 */
export const tracklets: System = {
  name: 'tracklets',
  legacy,
  target,
  settlesIn: 'public',
  // every row by itself: associations are carried after the tracklets that they refer to
  family: { tracklets: ['id'], associations: ['id'] },
  derive: derives,
  restore: restores,
}
