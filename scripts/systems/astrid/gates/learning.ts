import { randomUUID } from 'node:crypto'
import { and, asc, between, desc, eq, gte, inArray } from 'drizzle-orm'
import type { Example, Gate } from '../../../engine/gate/gate.ts'
import { db, phases } from '../tables.ts'
import { detection, keys, model, modelRun, observation, survey } from './rows.ts'

const { surveys, observations } = phases.foundation
const { models, modelRuns, detections } = phases.learning
const some = randomUUID()

/** Models, their runs and what they detect. */
export const learning: Gate = {
  name: '3',
  about: 'ML integration',
  steps: ['ml_integration'],
  tables: Object.values(phases.learning),
  examples: () => {
    const own = keys()
    const another = () => ({ ...own, detection: randomUUID() })
    return [
      { what: 'a survey', write: (tx) => tx.insert(surveys).values(survey(own)) },
      { what: 'an observation', write: (tx) => tx.insert(observations).values(observation(own)) },
      { what: 'a model', write: (tx) => tx.insert(models).values(model(own)) },
      {
        what: 'a model whose precision is 9.9, which is not checked',
        write: (tx) => tx.insert(models).values({ ...model(own), id: randomUUID(), version: '2', precision: '9.9' }),
      },
      { what: 'a run on no observation', write: (tx) => tx.insert(modelRuns).values(modelRun(own)) },
      {
        what: 'detections of the least and the greatest confidence',
        write: (tx) =>
          tx
            .insert(detections)
            .values([
              detection(own, { confidenceScore: '0' }),
              detection(another(), { confidenceScore: '1', validationConfidence: '9.9' }),
            ]),
      },
      {
        what: 'a second model of one name and version',
        write: (tx) => tx.insert(models).values({ ...model(own), id: randomUUID() }),
        refused: { sqlstate: '23505', constraint: 'idx_models_name_version' },
      },
      {
        what: 'a model whose precision is 10, which its type cannot hold',
        write: (tx) => tx.insert(models).values({ ...model(own), id: randomUUID(), version: '3', precision: '10' }),
        refused: { sqlstate: '22003' },
      },
      ...['1.0001', '-0.0001'].map(
        (confidenceScore): Example => ({
          what: `a detection whose confidence is ${confidenceScore}`,
          write: (tx) => tx.insert(detections).values(detection(another(), { confidenceScore })),
          refused: { sqlstate: '23514', constraint: 'detections_confidence_score_check' },
        }),
      ),
      {
        what: 'a detection of no run',
        write: (tx) => tx.insert(detections).values(detection({ ...another(), modelRun: randomUUID() })),
        refused: { sqlstate: '23503', constraint: 'detections_model_run_id_fkey' },
      },
      {
        what: 'a run of no model',
        write: (tx) => tx.insert(modelRuns).values({ modelId: randomUUID() }),
        refused: { sqlstate: '23503', constraint: 'model_runs_model_id_fkey' },
      },
    ]
  },
  queries: [
    {
      what: 'models of a type, by name',
      query: db.select().from(models).where(eq(models.modelType, 'UNET')).orderBy(asc(models.name)).limit(100),
      index: 'idx_models_model_type',
    },
    {
      what: 'models in use',
      query: db.select().from(models).where(eq(models.isActive, true)),
      index: 'idx_models_is_active',
    },
    {
      what: 'a model by name and version',
      query: db
        .select()
        .from(models)
        .where(and(eq(models.name, 'unet'), eq(models.version, '1'))),
      index: 'idx_models_name_version',
    },
    {
      what: 'runs of a model and a status',
      query: db
        .select()
        .from(modelRuns)
        .where(and(eq(modelRuns.modelId, some), eq(modelRuns.status, 'COMPLETED'))),
    },
    {
      what: 'detections of an observation',
      query: db.select().from(detections).where(eq(detections.observationId, some)),
      index: 'idx_detections_observation_id',
    },
    {
      what: 'detections of a type',
      query: db.select().from(detections).where(eq(detections.detectionType, 'SUPERNOVA')),
      index: 'idx_detections_detection_type',
    },
    {
      what: 'detections of a status',
      query: db.select().from(detections).where(eq(detections.status, 'PENDING')),
      index: 'idx_detections_status',
    },
    {
      what: 'detections from a confidence on, newest first',
      query: db
        .select()
        .from(detections)
        .where(gte(detections.confidenceScore, '0.99'))
        .orderBy(desc(detections.createdAt))
        .limit(100),
      index: 'idx_detections_confidence_score',
    },
    {
      what: 'detections in a rectangle',
      query: db
        .select()
        .from(detections)
        .where(and(between(detections.ra, '10', '11'), between(detections.dec, '20', '21'))),
      index: 'idx_detections_ra_dec',
    },
    {
      what: 'what a training collects',
      query: db
        .select({ id: detections.id })
        .from(detections)
        .innerJoin(observations, eq(observations.id, detections.observationId))
        .innerJoin(surveys, eq(surveys.id, observations.surveyId))
        .where(
          and(
            gte(detections.confidenceScore, '0.99'),
            between(observations.observationTime, '2025-01-01', '2025-02-01'),
            eq(detections.isValidated, true),
            inArray(detections.humanLabel, ['SUPERNOVA', 'ARTIFACT']),
            inArray(surveys.name, ['SDSS']),
          ),
        )
        .orderBy(desc(detections.createdAt))
        .limit(1000),
    },
  ],
}
