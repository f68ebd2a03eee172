import type { System } from '../../engine/system.ts'
import { exampleModels } from './example-models.ts'
import { curation } from './gates/curation.ts'
import { foundation } from './gates/foundation.ts'
import { learning } from './gates/learning.ts'
import { pipeline } from './gates/pipeline.ts'
import { promised } from './gates/promised.ts'
import { settings } from './settings.ts'
import { surveys } from './surveys.ts'
import { legacy, target } from './tables.ts'

/** A placeholder becomes the surveys of a system that grows in four phases, and then gets what it was promised. */
export const astrid: System = {
  name: 'astrid',
  legacy,
  target,
  family: { exampleModels: ['id'], surveys: ['id'] },
  derive: [surveys],
  restore: [exampleModels],
  gates: [foundation, pipeline, learning, curation, promised],
  seeds: [{ table: target.systemConfig, rows: settings }],
}
