import { randomUUID } from 'node:crypto'
import { and, asc, between, desc, eq, gte, lte, sql } from 'drizzle-orm'
import { complement } from '../../../../schema/ledger.ts'
import type { Example, Gate } from '../../../engine/gate/gate.ts'
import { settings } from '../settings.ts'
import { db, legacy, phases } from '../tables.ts'
import { keys, observation, survey } from './rows.ts'

const { surveys, observations, systemConfig } = phases.foundation
const { exampleModels } = legacy
const some = randomUUID()

/** Surveys, observations and settings: the placeholder's rows have their place. */
export const foundation: Gate = {
  name: '1',
  about: 'core foundation',
  steps: ['core_foundation', 'settings'],
  tables: Object.values(phases.foundation),
  after: [
    {
      what: 'every row of the placeholder is a survey, or noted in the ledger, once all are copied',
      remedy: 'npm run copy brings them over',
      of: [exampleModels],
      wrong: sql`
        select ${exampleModels.id}
        from ${exampleModels}
        where not exists (select from ${surveys} where ${eq(surveys.id, exampleModels.id)})
          and not exists (
            select
            from ${complement}
            where ${complement.system} = 'astrid'
              and ${complement.relation} = 'example_models'
              and ${complement.key} = ${exampleModels.id}::text)
          and exists (select from sluice.proof where system = 'astrid' and identical)`,
    },
    {
      what: 'every setting of the seed is there, once',
      wrong: sql`
        select wanted.key
        from unnest(string_to_array(${settings.map(({ key }) => key).join(',')}, ',')) as wanted(key)
        where (select count(*) from ${systemConfig} where ${systemConfig.key} = wanted.key) <> 1`,
    },
  ],
  examples: () => {
    const own = keys()
    const another = () => ({ ...own, observation: randomUUID() })
    const observed = (more: Partial<typeof observations.$inferInsert>) => ({ ...observation(another()), ...more })
    return [
      { what: 'a survey', write: (tx) => tx.insert(surveys).values(survey(own)) },
      { what: 'an observation', write: (tx) => tx.insert(observations).values(observation(own)) },
      {
        what: 'observations at the ends of the sky, of no airmass, and of any status',
        write: (tx) =>
          tx
            .insert(observations)
            .values([
              observed({ ra: '0', dec: '-90', airmass: null }),
              observed({ ra: '360', dec: '90', airmass: '999.99', status: 'FAILED' }),
            ]),
      },
      {
        what: 'a survey without a name',
        write: (tx) => tx.execute(sql`insert into ${surveys} (id, is_active) values (${randomUUID()}, true)`),
        refused: { sqlstate: '23502' },
      },
      {
        what: 'a survey of which only the name is given: the database has no other defaults',
        write: (tx) => tx.execute(sql`insert into ${surveys} (name) values ('example')`),
        refused: { sqlstate: '23502' },
      },
      {
        what: 'a second survey of one name',
        write: (tx) => tx.insert(surveys).values({ name: survey(own).name }),
        refused: { sqlstate: '23505', constraint: 'surveys_name_key' },
      },
      {
        what: 'a second setting of one key',
        write: (tx) => tx.insert(systemConfig).values([1, 2].map((value) => ({ key: own.survey, value }))),
        refused: { sqlstate: '23505', constraint: 'system_config_key_key' },
      },
      ...(
        [
          ['ra', '360.0000001'],
          ['ra', '-0.0000001'],
          ['dec', '90.0000001'],
          ['dec', '-90.0000001'],
          ['exposureTime', '0'],
          ['airmass', '0'],
          ['seeing', '-1'],
        ] as const
      ).map(
        ([column, value]): Example => ({
          what: `an observation whose ${observations[column].name} is ${value}`,
          write: (tx) => tx.insert(observations).values(observed({ [column]: value })),
          refused: { sqlstate: '23514', constraint: `observations_${observations[column].name}_check` },
        }),
      ),
      {
        what: 'an observation whose airmass is 1000, which its type cannot hold',
        write: (tx) => tx.insert(observations).values(observed({ airmass: '1000' })),
        refused: { sqlstate: '22003' },
      },
      {
        what: 'an observation of no survey',
        write: (tx) => tx.insert(observations).values(observed({ surveyId: randomUUID() })),
        refused: { sqlstate: '23503', constraint: 'observations_survey_id_fkey' },
      },
      {
        what: 'deleting a survey that has observations',
        write: (tx) => tx.delete(surveys).where(eq(surveys.id, own.survey)),
        refused: { sqlstate: '23503', constraint: 'observations_survey_id_fkey' },
      },
    ]
  },
  queries: [
    { what: 'a survey by id', query: db.select().from(surveys).where(eq(surveys.id, some)), index: 'surveys_pkey' },
    {
      what: 'a survey by exact name',
      query: db.select().from(surveys).where(eq(surveys.name, 'SDSS')),
      index: 'surveys_name_key',
    },
    {
      what: 'active surveys by a part of the name',
      query: db
        .select()
        .from(surveys)
        .where(and(sql`${surveys.name} ilike ${'%sky%'}`, eq(surveys.isActive, true)))
        .orderBy(asc(surveys.name))
        .limit(100),
    },
    {
      what: 'a setting by key',
      query: db.select().from(systemConfig).where(eq(systemConfig.key, 'survey_config:sdss')),
      index: 'system_config_key_key',
    },
    {
      what: 'observations of a survey',
      query: db.select({ id: observations.id }).from(observations).where(eq(observations.surveyId, some)),
      index: ['idx_observations_survey_id', 'observations_survey_id_observation_id_key'],
    },
    {
      what: 'observations of a status',
      query: db.select().from(observations).where(eq(observations.status, 'failed')),
      index: 'idx_observations_status',
    },
    {
      what: 'the newest observations of a time',
      query: db
        .select()
        .from(observations)
        .where(between(observations.observationTime, '2025-01-01', '2025-02-01'))
        .orderBy(desc(observations.observationTime))
        .limit(100),
      index: 'idx_observations_observation_time',
    },
    {
      what: 'observations in a rectangle',
      query: db
        .select()
        .from(observations)
        .where(
          and(
            gte(observations.ra, '10'),
            lte(observations.ra, '11'),
            gte(observations.dec, '20'),
            lte(observations.dec, '21'),
          ),
        )
        .limit(100),
      index: 'idx_observations_ra_dec',
    },
    {
      what: 'observations of a filter band, with their survey',
      query: db
        .select()
        .from(observations)
        .innerJoin(surveys, eq(surveys.id, observations.surveyId))
        .where(eq(observations.filterBand, 'g'))
        .orderBy(desc(observations.observationTime))
        .limit(100),
    },
  ],
}
