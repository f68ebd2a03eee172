import type { Gate } from '../../engine/gate/gate.ts'
import { finished } from './tables.ts'

/** What the design has a person verify after the migration. */
export const checklist: Gate = {
  name: '2.1',
  about: 'video management',
  steps: [],
  tables: Object.values(finished),
}
