import { randomUUID } from 'node:crypto'
import { phases } from '../tables.ts'

const { surveys, observations } = phases.foundation
const { differenceRuns, candidates } = phases.pipeline
const { models, modelRuns, detections } = phases.learning

/** Keys of the rows that examples build on, new each time. */
export const keys = () => ({
  survey: randomUUID(),
  observation: randomUUID(),
  run: randomUUID(),
  model: randomUUID(),
  modelRun: randomUUID(),
  detection: randomUUID(),
})

type Keys = ReturnType<typeof keys>

export const survey = ({ survey: id }: Keys): typeof surveys.$inferInsert => ({ id, name: `example ${id}` })

export const observation = (
  { survey, observation: id }: Keys,
  more: Partial<typeof observations.$inferInsert> = {},
): typeof observations.$inferInsert => ({
  id,
  surveyId: survey,
  observationId: id,
  ra: '123.4567891',
  dec: '-45.6',
  observationTime: '2025-09-08 12:00:00+00',
  filterBand: 'g',
  exposureTime: '30',
  fitsUrl: 'https://example.org/a.fits',
  ...more,
})

export const differenceRun = ({ run: id, observation }: Keys): typeof differenceRuns.$inferInsert => ({
  id,
  observationId: observation,
})

export const candidate = ({ run, observation }: Keys): typeof candidates.$inferInsert => ({
  differenceRunId: run,
  observationId: observation,
  ra: '10',
  dec: '20',
  pixelX: 1,
  pixelY: 2,
})

export const model = ({ model: id }: Keys): typeof models.$inferInsert => ({
  id,
  name: `example ${id}`,
  version: '1',
  modelType: 'UNET',
})

export const modelRun = ({ modelRun: id, model }: Keys): typeof modelRuns.$inferInsert => ({ id, modelId: model })

export const detection = (
  { detection: id, modelRun, observation }: Keys,
  more: Partial<typeof detections.$inferInsert> = {},
): typeof detections.$inferInsert => ({
  id,
  modelRunId: modelRun,
  observationId: observation,
  ra: '10',
  dec: '20',
  pixelX: 1,
  pixelY: 2,
  confidenceScore: '0.9',
  detectionType: 'SUPERNOVA',
  modelVersion: '1',
  ...more,
})
