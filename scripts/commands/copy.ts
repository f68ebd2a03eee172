import { copy as carry } from '../engine/copy.ts'
import { currentPhase } from '../engine/ledger.ts'
import { counted, duration } from '../terminal/words.ts'
import { command } from './command.ts'
import { copyOptions, copySchema } from './options.ts'

export const copy = command({
  name: 'copy',
  summary: 'copy the rows into the target, and keep beside it what the target cannot hold',
  about: 'Goes on where it stopped: after Ctrl-C, kill -9 or a lost connection, start the same command again.',
  examples: ['npm run copy', 'npm run copy -- --workers 4 --max-load 40 --max-lag 64', 'npm run copy -- --bulk'],
  options: copyOptions,
  parse: copySchema,
  async run(session, { lockTimeout, ...options }) {
    const done = await carry({ ...session, lockTimeout }, options)
    const phase = await currentPhase(session)
    const text = `Copied ${counted(done.rows, 'row')} of ${counted(done.families, 'family', 'families')} in ${duration(done.seconds)}\n\nNext: npm run verify`
    return { json: { system: session.system.name, phase, ...done }, text, exitCode: 0 }
  },
})
