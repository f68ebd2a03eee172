import { tracklets } from '../../../scripts/systems/tracklets/index.ts'
import { createLegacy } from '../../../scripts/systems/tracklets/legacy/index.ts'
import { stepsOf } from '../steps.ts'

export const {
  contextOf,
  legacyIn,
  expandIn,
  syncIn,
  copyIn,
  verifyIn,
  contractIn,
  rollbackIn,
  names,
  rowsOf,
  stateOf,
  verified,
} = stepsOf(tracklets, createLegacy)
