import { randomUUID } from 'node:crypto'
import { and, desc, eq, sql } from 'drizzle-orm'
import type { Gate } from '../../../engine/gate/gate.ts'
import { db, phases } from '../tables.ts'
import { candidate, differenceRun, keys, observation, survey } from './rows.ts'

const { surveys, observations } = phases.foundation
const { preprocessRuns, differenceRuns, candidates, processingJobs } = phases.pipeline
const some = randomUUID()

/** Runs, candidates and jobs: an observation can be processed. */
export const pipeline: Gate = {
  name: '2',
  about: 'processing pipeline',
  steps: ['processing_pipeline'],
  tables: Object.values(phases.pipeline),
  examples: () => {
    const own = keys()
    const job = { jobType: 'preprocess', entityId: own.observation, entityType: 'observation' }
    return [
      { what: 'a survey', write: (tx) => tx.insert(surveys).values(survey(own)) },
      { what: 'an observation', write: (tx) => tx.insert(observations).values(observation(own)) },
      {
        what: 'a preprocessing run, whose status is a text in lower case',
        write: (tx) => tx.insert(preprocessRuns).values({ observationId: own.observation, status: 'running' }),
      },
      { what: 'a differencing run', write: (tx) => tx.insert(differenceRuns).values(differenceRun(own)) },
      { what: 'a candidate', write: (tx) => tx.insert(candidates).values(candidate(own)) },
      {
        what: 'a candidate outside of the sky, which is not checked',
        write: (tx) => tx.insert(candidates).values({ ...candidate(own), ra: '-5' }),
      },
      { what: 'a job', write: (tx) => tx.insert(processingJobs).values(job) },
      {
        what: 'a job on something that is not there: no reference can hold it',
        write: (tx) => tx.insert(processingJobs).values({ ...job, entityId: randomUUID() }),
      },
      {
        what: 'a job whose status is in lower case',
        write: (tx) => tx.insert(processingJobs).values({ ...job, status: sql`'pending'` as never }),
        refused: { sqlstate: '22P02' },
      },
      {
        what: 'a differencing run without a status: the database has no default',
        write: (tx) =>
          tx.execute(sql`
            insert into ${differenceRuns} (id, observation_id, algorithm, candidates_found, retry_count)
            values (${randomUUID()}, ${own.observation}, 'zogy', 0, 0)`),
        refused: { sqlstate: '23502' },
      },
      {
        what: 'a preprocessing run of no observation',
        write: (tx) => tx.insert(preprocessRuns).values({ observationId: randomUUID() }),
        refused: { sqlstate: '23503', constraint: 'preprocess_runs_observation_id_fkey' },
      },
      {
        what: 'a differencing run against no reference',
        write: (tx) =>
          tx.insert(differenceRuns).values({
            ...differenceRun(own),
            id: randomUUID(),
            referenceObservationId: randomUUID(),
          }),
        refused: { sqlstate: '23503', constraint: 'difference_runs_reference_observation_id_fkey' },
      },
      {
        what: 'a candidate of no run',
        write: (tx) => tx.insert(candidates).values(candidate({ ...own, run: randomUUID() })),
        refused: { sqlstate: '23503', constraint: 'candidates_difference_run_id_fkey' },
      },
      {
        what: 'deleting an observation that has runs',
        write: (tx) => tx.delete(observations).where(eq(observations.id, own.observation)),
        refused: { sqlstate: '23503' },
      },
    ]
  },
  queries: [
    ...[preprocessRuns, differenceRuns].map((runs) => ({
      what: `${runs === preprocessRuns ? 'preprocessing' : 'differencing'} runs of an observation, newest first`,
      query: db.select().from(runs).where(eq(runs.observationId, some)).orderBy(desc(runs.createdAt)).limit(100),
    })),
    {
      what: 'candidates of a run and a status, newest first',
      query: db
        .select()
        .from(candidates)
        .where(and(eq(candidates.differenceRunId, some), eq(candidates.status, 'PENDING')))
        .orderBy(desc(candidates.createdAt))
        .limit(100),
    },
    {
      what: 'a candidate by id',
      query: db.select().from(candidates).where(eq(candidates.id, some)),
      index: 'candidates_pkey',
    },
  ],
}
