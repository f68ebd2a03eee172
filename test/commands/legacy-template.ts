import { silent } from '../../scripts/report.ts'
import { createLegacy } from '../../scripts/systems/atp/legacy/index.ts'
import { template } from '../support/scratch.ts'

/** A database with a small dirty legacy, from which tests are cloned. */
export const smallLegacy = () =>
  template('commands_small_legacy', (connection) =>
    createLegacy(connection, { rows: 1000, version: 23, dirt: 0.05, seed: 3 }, silent),
  )
