import { z } from 'zod'
import { Refusal } from '../errors.ts'
import { generators } from '../systems/index.ts'
import { table } from '../terminal/table.ts'
import { duration } from '../terminal/words.ts'
import { command, type Session } from './command.ts'
import { sampleOption, sampleSchema, share, wholeNumber } from './options.ts'

/** What kind of sample is wanted; without `withoutTrainingConstraints` the legacy has all its constraints. */
export interface Sample {
  rows: number
  version: number
  dirt: number
  seed: number
  withoutTrainingConstraints: boolean
}

/** Fills an empty database with the sample legacy of the session's system. */
export async function makeSample({ system, connection, report }: Session, sample: Sample) {
  const load = Object.hasOwn(generators, system.name) ? generators[system.name] : undefined
  if (!load) {
    const known = Object.keys(generators).join(' ')
    throw new Refusal(
      'this system has no sample legacy',
      { SYSTEM: system.name, known },
      'set SYSTEM to one of the known names',
    )
  }
  const startedAt = performance.now()
  const generate = await load()
  const made = await generate(connection, sample, report)
  return { system: system.name, ...made, seconds: (performance.now() - startedAt) / 1000 }
}

export const legacy = command({
  name: 'legacy',
  summary: 'fill an empty database with a realistic legacy, made inside the server',
  about: 'The same options give the same bytes. From 1,000 rows on, every kind of dirt occurs.',
  examples: ['npm run legacy -- --rows 20000', 'npm run legacy -- --rows 1000000 --version 28 --dirt 0.05 --seed 7'],
  options: [
    sampleOption,
    { flags: '--version <number>', description: 'version of the legacy shape, 9 to 32 (default: 23)' },
    { flags: '--dirt <share>', description: 'share of titles that are dirty, 0 to 1 (default: 0.02)' },
    { flags: '--seed <number>', description: 'another seed, other rows (default: 1)' },
    { flags: '--without-training-constraints', description: 'as one live database was found, before version 30' },
  ],
  parse: sampleSchema.extend({
    version: wholeNumber(9, 32).default(23),
    dirt: share(0.02),
    seed: wholeNumber(0, 2_147_483_647).default(1),
    withoutTrainingConstraints: z.boolean().default(false),
  }),
  async run(session, options) {
    const made = await makeSample(session, options)
    const text = [
      `Made the legacy of ${made.system}${made.version === undefined ? '' : ` at version ${made.version}`} in ${duration(made.seconds)}`,
      '',
      table(['table', 'rows'], Object.entries(made.tables)),
      '',
      'Next: npm run plan looks at it, npm run migrate moves it',
    ].join('\n')
    return { json: made, text, exitCode: 0 }
  },
})
