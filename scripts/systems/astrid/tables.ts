import { QueryBuilder } from 'drizzle-orm/pg-core'
import { alerts } from '../../../schema/astrid/alerts.ts'
import { auditLog } from '../../../schema/astrid/audit-log.ts'
import { candidates } from '../../../schema/astrid/candidates.ts'
import { detections } from '../../../schema/astrid/detections.ts'
import { differenceRuns } from '../../../schema/astrid/difference-runs.ts'
import { exampleModels } from '../../../schema/astrid/legacy.ts'
import { modelRuns } from '../../../schema/astrid/model-runs.ts'
import { models } from '../../../schema/astrid/models.ts'
import { observations } from '../../../schema/astrid/observations.ts'
import { preprocessRuns } from '../../../schema/astrid/preprocess-runs.ts'
import { processingJobs } from '../../../schema/astrid/processing-jobs.ts'
import { surveys } from '../../../schema/astrid/surveys.ts'
import { systemConfig } from '../../../schema/astrid/system-config.ts'
import { validationEvents } from '../../../schema/astrid/validation-events.ts'
import { transforms } from '../../engine/system.ts'

/** The placeholder by the name that the transforms use. */
export const legacy = { exampleModels }

/** The tables of each phase, referenced ones first. */
export const phases = {
  foundation: { surveys, observations, systemConfig },
  pipeline: { preprocessRuns, differenceRuns, candidates, processingJobs },
  learning: { models, modelRuns, detections },
  curation: { validationEvents, alerts, auditLog },
}

export const target = { ...phases.foundation, ...phases.pipeline, ...phases.learning, ...phases.curation }

export const { derive, restore } = transforms(legacy, target)

/** Builds queries; the engine runs them. */
export const db = new QueryBuilder()
