import { z } from 'zod'
import { plan as look } from '../engine/preflight/index.ts'
import { pendingSteps } from '../engine/preflight/steps.ts'
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
    'npm run --silent plan -- --sql',
  ],
  options: [{ flags: '--sql', description: 'print the SQL of the steps that are still to be applied instead' }],
  parse: z.object({ sql: z.boolean().default(false) }),
  async run(session, { sql }) {
    if (sql) {
      const steps = await pendingSteps(session.system, session.connection.db)
      const text = steps.map(({ stage, name, text }) => `-- ${stage}: ${name}\n${text.trim()}\n`).join('\n')
      return { json: { system: session.system.name, steps }, text: text || '-- every step is applied', exitCode: 0 }
    }
    const result = await look(session)
    return { json: result, text: planText(result), exitCode: 0 }
  },
})
