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
  provenAfterEach,
  provenAfterAll,
  contractIn,
  rollbackIn,
  names,
  rowsOf,
  stateOf,
  verified,
} = stepsOf(tracklets, createLegacy)
