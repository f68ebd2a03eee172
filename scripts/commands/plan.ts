import { z } from 'zod'
import { plan as look } from '../engine/preflight/index.ts'
import { command } from './command.ts'
import { planText } from './say-plan.ts'

export const plan = command({
  name: 'plan',
  summary: 'look at the database before anything is touched (read-only)',
  about:
    'Compares the live shape with the declared one and lists what a migration would meet: unknown columns, dependents, rows that the target will refuse and why, missing rights, time zones, disk and time. Changes nothing.',
  examples: [
    'npm run plan',
    'DATABASE_URL=postgres://user:password@host/database npm run plan',
    'npm run --silent plan -- --json',
  ],
  options: [],
  parse: z.object({}),
  async run(session) {
    const result = await look(session)
    return { json: result, text: planText(result), exitCode: 0 }
  },
})
