import { retrovue } from '../../../scripts/systems/retrovue/index.ts'
import { createLegacy } from '../../../scripts/systems/retrovue/legacy/index.ts'
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
} = stepsOf(retrovue, createLegacy)
