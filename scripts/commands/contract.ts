import { z } from 'zod'
import { type Contracted, contract as drop, requireContractable } from '../engine/contract/index.ts'
import { currentPhase } from '../engine/ledger.ts'
import { tableName } from '../engine/shape.ts'
import { Refusal } from '../errors.ts'
import { duration } from '../terminal/words.ts'
import { command } from './command.ts'
import { confirm, yesOption } from './confirm.ts'
import { lockOption, lockSchema } from './options.ts'

/** Where columns are added in place, nothing goes in the end. */
const addedText = ({ applied, seconds }: Contracted): string =>
  applied.length
    ? `The new columns are as they should be in the end, with their references and indexes, after ${duration(seconds)}; nothing was dropped`
    : 'Nothing to do: everything is there already'

export const contract = command({
  name: 'contract',
  summary: 'drop the legacy tables, if the proof holds at that moment; where columns are added in place, finish them',
  about:
    'A person decides this: it asks, or takes --yes. Locks the tables of both shapes, proves everything once more, records what it takes to rebuild the legacy tables as they are, and drops them with the triggers that keep both shapes in step, all in one transaction; it refuses, and drops nothing, where anything differs, where the shapes are not kept in step, or where anything of others depends on them. The same as STAGE=contract npx drizzle-kit migrate. A system that adds columns in place drops nothing: what must be there is made not null, references and indexes are added, without a lock that anybody waits for; rows in the way are named first.',
  examples: ['npm run contract', 'npm run contract -- --yes', 'npm run contract -- --yes --keep-views'],
  options: [
    yesOption,
    { flags: '--keep-views', description: 'leave read-only views of the old rows under the old names' },
    lockOption,
  ],
  parse: lockSchema.extend({ yes: z.boolean().default(false), keepViews: z.boolean().default(false) }),
  async run(session, { yes, keepViews, lockTimeout }) {
    const { system } = session
    const inPlace = system.extended !== undefined
    if (inPlace && keepViews)
      throw new Refusal('nothing is dropped, so that no view is wanted', { system: system.name }, 'npm run contract')
    if ((await requireContractable(session)) && !inPlace) {
      const names = Object.values(system.legacy).map(tableName).join(', ')
      await confirm(`This drops ${names}.`, { yes, command: 'contract' })
    }
    const done = await drop({ ...session, lockTimeout }, { keepViews })
    const phase = await currentPhase(session)
    const text = [
      inPlace
        ? addedText(done)
        : done.dropped.length
          ? `Dropped ${done.dropped.join(', ')} in ${duration(done.seconds)}; all they held is in the new tables and in the complement`
          : 'Nothing to do: the legacy tables are gone already',
      ...(done.views.length ? [`Read-only views are in their place: ${done.views.join(', ')}`] : []),
      '',
      inPlace
        ? 'Next: npm run gate goes through the checklist; npm run rollback takes the new columns away again at any time'
        : 'Next: npm run rollback brings them back at any time, with every row',
    ].join('\n')
    return { json: { system: system.name, phase, ...done }, text, exitCode: 0 }
  },
})
