import { randomUUID } from 'node:crypto'
import { and, desc, eq, sql } from 'drizzle-orm'
import type { Gate } from '../../../engine/gate/gate.ts'
import { db, phases } from '../tables.ts'
import { detection, keys, model, modelRun, observation, survey } from './rows.ts'

const { surveys, observations } = phases.foundation
const { models, modelRuns, detections } = phases.learning
const { validationEvents, alerts, auditLog } = phases.curation
const some = randomUUID()

/** Judgements, alerts and the trail of who did what. */
export const curation: Gate = {
  name: '4',
  about: 'validation and curation',
  steps: ['validation_curation'],
  tables: Object.values(phases.curation),
  examples: () => {
    const own = keys()
    const judgement = { detectionId: own.detection, validatorId: 'a person', isValid: true }
    const alert = { detectionId: own.detection, alertType: 'email', title: 'A supernova', message: 'Look at it' }
    const entry = { entityType: 'detection', entityId: own.detection, action: 'update' }
    return [
      { what: 'a survey', write: (tx) => tx.insert(surveys).values(survey(own)) },
      { what: 'an observation', write: (tx) => tx.insert(observations).values(observation(own)) },
      { what: 'a model', write: (tx) => tx.insert(models).values(model(own)) },
      { what: 'a run', write: (tx) => tx.insert(modelRuns).values(modelRun(own)) },
      { what: 'a detection', write: (tx) => tx.insert(detections).values(detection(own)) },
      {
        what: 'a judgement with tags and both qualities',
        write: (tx) =>
          tx
            .insert(validationEvents)
            .values({ ...judgement, tags: ['bright'], imageQuality: 'GOOD', detectionQuality: 'GOOD' }),
      },
      { what: 'an alert', write: (tx) => tx.insert(alerts).values(alert) },
      {
        what: 'an entry of the audit trail, from an address of either kind',
        write: (tx) =>
          tx.insert(auditLog).values([
            { ...entry, ipAddress: '192.0.2.1' },
            { ...entry, ipAddress: '2001:db8::1', oldValues: { a: 1 }, newValues: { a: 2 } },
          ]),
      },
      {
        what: "an image's quality that is a detection's",
        write: (tx) =>
          tx
            .insert(validationEvents)
            .values({ ...judgement, imageQuality: sql`'GOOD'::public.detection_quality` as never }),
        refused: { sqlstate: '42804' },
      },
      {
        what: 'a judgement of no detection',
        write: (tx) => tx.insert(validationEvents).values({ ...judgement, detectionId: randomUUID() }),
        refused: { sqlstate: '23503', constraint: 'validation_events_detection_id_fkey' },
      },
      {
        what: 'an alert whose priority is in lower case',
        write: (tx) => tx.insert(alerts).values({ ...alert, priority: sql`'high'` as never }),
        refused: { sqlstate: '22P02' },
      },
      {
        what: 'deleting a detection that has alerts',
        write: (tx) => tx.delete(detections).where(eq(detections.id, own.detection)),
        refused: { sqlstate: '23503' },
      },
    ]
  },
  queries: [
    {
      what: 'valid judgements of a detection by a person',
      query: db
        .select()
        .from(validationEvents)
        .where(
          and(
            eq(validationEvents.detectionId, some),
            eq(validationEvents.validatorId, 'a person'),
            eq(validationEvents.isValid, true),
          ),
        )
        .orderBy(desc(validationEvents.createdAt))
        .limit(100),
    },
    {
      what: 'alerts of a detection and a status',
      query: db
        .select()
        .from(alerts)
        .where(and(eq(alerts.detectionId, some), eq(alerts.status, 'PENDING')))
        .orderBy(desc(alerts.createdAt))
        .limit(100),
    },
    {
      what: 'what was done to an entity, newest first',
      query: db
        .select()
        .from(auditLog)
        .where(and(eq(auditLog.entityType, 'detection'), eq(auditLog.entityId, some)))
        .orderBy(desc(auditLog.createdAt))
        .limit(100),
    },
  ],
}
