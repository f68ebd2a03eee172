import { randomUUID } from 'node:crypto'
import { and, between, desc, eq, gte, sql } from 'drizzle-orm'
import type { Gate } from '../../../engine/gate/gate.ts'
import { db, phases } from '../tables.ts'
import { keys, observation, survey } from './rows.ts'

const { surveys, observations } = phases.foundation
const { candidates } = phases.pipeline
const some = randomUUID()

/** The uniqueness and the indexes that the design promises and the real database has not. */
export const promised: Gate = {
  name: '5',
  about: 'what was promised',
  steps: ['promised'],
  tables: [observations, candidates],
  before: [
    {
      what: 'a survey names each of its observations once',
      wrong: sql`
        select format('%s in survey %s, %s rows', ${observations.observationId}, ${observations.surveyId}, count(*))
        from ${observations}
        group by ${observations.surveyId}, ${observations.observationId}
        having count(*) > 1`,
      remedy: 'keep one observation of each name',
      of: [observations],
    },
  ],
  examples: () => {
    const own = keys()
    const other = keys()
    return [
      { what: 'two surveys', write: (tx) => tx.insert(surveys).values([survey(own), survey(other)]) },
      { what: 'an observation', write: (tx) => tx.insert(observations).values(observation(own)) },
      {
        what: 'an observation of the same name in another survey',
        write: (tx) => tx.insert(observations).values(observation(other, { observationId: own.observation })),
      },
      {
        what: 'a second observation of one name in a survey',
        write: (tx) =>
          tx
            .insert(observations)
            .values(observation({ ...own, observation: randomUUID() }, { observationId: own.observation })),
        refused: { sqlstate: '23505', constraint: 'observations_survey_id_observation_id_key' },
      },
    ]
  },
  queries: [
    {
      what: 'the observation of a survey by its name',
      query: db
        .select()
        .from(observations)
        .where(and(eq(observations.surveyId, some), eq(observations.observationId, 'a'))),
      index: 'observations_survey_id_observation_id_key',
    },
    {
      what: 'candidates of a run, newest first',
      query: db
        .select()
        .from(candidates)
        .where(eq(candidates.differenceRunId, some))
        .orderBy(desc(candidates.createdAt))
        .limit(100),
      index: 'idx_candidates_difference_run_id',
    },
    {
      what: 'candidates of a status',
      query: db.select().from(candidates).where(eq(candidates.status, 'PENDING')),
      index: 'idx_candidates_status',
    },
    {
      what: 'candidates from a significance on',
      query: db.select().from(candidates).where(gte(candidates.significance, '5')),
      index: 'idx_candidates_significance',
    },
    {
      what: 'candidates in a rectangle',
      query: db
        .select()
        .from(candidates)
        .where(and(between(candidates.ra, '10', '11'), between(candidates.dec, '20', '21'))),
      index: 'idx_candidates_ra_dec',
    },
  ],
}
