import { z } from 'zod'
import { currentPhase } from '../engine/ledger.ts'
import { startSync, stopSync } from '../engine/sync/index.ts'
import { command } from './command.ts'
import { lockOption, lockSchema } from './options.ts'

export const sync = command({
  name: 'sync',
  summary: 'keep both shapes in step: a write to either is in the other when its transaction commits',
  about:
    'Makes triggers on the tables of both shapes, one table at a time. What was written before is brought over by npm run copy. Started again, it fits them to the legacy tables as they are. With --stop it ends that: the target refuses writes from then on, for nobody would tell the legacy tables of them.',
  examples: ['npm run sync', 'npm run sync -- --stop', 'npm run sync -- --lock-timeout 100'],
  options: [
    { flags: '--stop', description: 'take the triggers away; the target is read-only until the next start' },
    lockOption,
  ],
  parse: lockSchema.extend({ stop: z.boolean().default(false) }),
  async run(session, { stop, lockTimeout }) {
    const context = { ...session, lockTimeout }
    const text = stop ? await stopped(context) : await started(context)
    const phase = await currentPhase(session)
    return { json: { system: session.system.name, phase, sync: stop ? 'off' : 'on' }, text, exitCode: 0 }
  },
})

async function started(context: Parameters<typeof startSync>[0]): Promise<string> {
  const { already } = await startSync(context)
  return already
    ? 'Both shapes were in step already; the triggers fit the legacy tables as they are now\n\nNext: npm run status'
    : 'Both shapes are kept in step from now on\n\nNext: npm run copy brings over what was written before'
}

async function stopped(context: Parameters<typeof stopSync>[0]): Promise<string> {
  const { stopped: done } = await stopSync(context)
  return done
    ? 'Both shapes are no longer kept in step, and the target refuses writes\n\nNext: npm run sync, then npm run copy'
    : 'Nothing to do: they were not kept in step'
}
