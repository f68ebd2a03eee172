import { defineRelations } from 'drizzle-orm'
import { alerts } from './alerts.ts'
import { candidates } from './candidates.ts'
import { detections } from './detections.ts'
import { differenceRuns } from './difference-runs.ts'
import { exampleModels } from './legacy.ts'
import { modelRuns } from './model-runs.ts'
import { models } from './models.ts'
import { observations } from './observations.ts'
import { preprocessRuns } from './preprocess-runs.ts'
import { surveys } from './surveys.ts'
import { validationEvents } from './validation-events.ts'

const tables = {
  exampleModels,
  surveys,
  observations,
  preprocessRuns,
  differenceRuns,
  candidates,
  models,
  modelRuns,
  detections,
  validationEvents,
  alerts,
}

/** How rows belong together, for Drizzle Studio and relational queries. */
export const relations = defineRelations(tables, (r) => ({
  exampleModels: { survey: r.one.surveys({ from: r.exampleModels.id, to: r.surveys.id }) },
  surveys: { observations: r.many.observations() },
  observations: {
    survey: r.one.surveys({ from: r.observations.surveyId, to: r.surveys.id }),
    preprocessRuns: r.many.preprocessRuns(),
    differenceRuns: r.many.differenceRuns(),
    candidates: r.many.candidates(),
    detections: r.many.detections(),
  },
  preprocessRuns: { observation: r.one.observations({ from: r.preprocessRuns.observationId, to: r.observations.id }) },
  differenceRuns: {
    observation: r.one.observations({ from: r.differenceRuns.observationId, to: r.observations.id }),
    candidates: r.many.candidates(),
  },
  candidates: {
    run: r.one.differenceRuns({ from: r.candidates.differenceRunId, to: r.differenceRuns.id }),
    observation: r.one.observations({ from: r.candidates.observationId, to: r.observations.id }),
  },
  models: { runs: r.many.modelRuns() },
  modelRuns: {
    model: r.one.models({ from: r.modelRuns.modelId, to: r.models.id }),
    detections: r.many.detections(),
  },
  detections: {
    run: r.one.modelRuns({ from: r.detections.modelRunId, to: r.modelRuns.id }),
    observation: r.one.observations({ from: r.detections.observationId, to: r.observations.id }),
    validationEvents: r.many.validationEvents(),
    alerts: r.many.alerts(),
  },
  validationEvents: { detection: r.one.detections({ from: r.validationEvents.detectionId, to: r.detections.id }) },
  alerts: { detection: r.one.detections({ from: r.alerts.detectionId, to: r.detections.id }) },
}))
