import { z } from 'zod'
import { currentPhase } from '../engine/ledger.ts'
import { rollback as goBack, type RolledBack } from '../engine/rollback/index.ts'
import { rollbackTo } from '../engine/rollback/phase.ts'
import { table } from '../terminal/table.ts'
import { counted, duration } from '../terminal/words.ts'
import { command } from './command.ts'
import { confirm, yesOption } from './confirm.ts'
import { lockOption, lockSchema } from './options.ts'

const rowsOf = (counts: Record<string, number>) => Object.entries(counts)

function rollbackText({ from, dryRun, tables, archived, lost, seconds }: RolledBack): string {
  const kept = rowsOf(archived).reduce((sum, [, rows]) => sum + rows, 0)
  const verb = from === 'contracted' && !lost ? 'rebuilt' : 'as the last write left them'
  return [
    dryRun
      ? `Nothing was changed. A rollback from ${from} would leave these legacy tables, ${verb}:`
      : `Back at the legacy tables from ${from} in ${duration(seconds)}, ${verb}:`,
    '',
    table(['table', 'rows'], rowsOf(tables)),
    '',
    ...(kept > 0
      ? [
          `${counted(kept, 'row')} ${dryRun ? 'would be' : 'are'} kept in sluice.archive, because the legacy tables cannot hold them as they are:`,
          '',
          table(['table', 'archived'], rowsOf(archived)),
          ...(lost && rowsOf(lost).length
            ? ['', 'Of the new columns:', '', table(['column', 'values'], rowsOf(lost))]
            : []),
          ...(lost ? ['', 'Going forward again brings them back, where their rows still are'] : []),
        ]
      : [`They hold everything; nothing ${dryRun ? 'would be' : 'is'} left of the migration`]),
    '',
    dryRun ? 'Next: npm run rollback -- --yes' : 'Next: npm run migrate goes forward again',
  ].join('\n')
}

/** A person who goes back a phase wants to know what is left, and what became of the rest. */
function phaseText({ dryRun, tables, archived, seconds }: RolledBack, phase: string): string {
  const kept = rowsOf(archived)
  return [
    dryRun
      ? `Nothing was changed. After going back to phase ${phase} there would be:`
      : `Back at phase ${phase} in ${duration(seconds)}:`,
    '',
    table(['table', 'rows'], rowsOf(tables)),
    ...(kept.length
      ? ['', `Kept in sluice.archive${dryRun ? ' then' : ''}:`, '', table(['table', 'archived'], kept)]
      : []),
    '',
    dryRun ? `Next: npm run rollback -- --to ${phase} --yes` : 'Next: npm run gate -- --next goes forward again',
  ].join('\n')
}

export const rollback = command({
  name: 'rollback',
  summary: 'make the database the legacy one again, from any phase',
  about:
    'Removes the new tables, the triggers that keep both shapes in step, and everything else that was made. After a contract it first rebuilds the legacy tables as they were, with constraints, indexes, triggers, grants, comments and views, and with every row as the new tables have it now; what the legacy cannot hold is kept in sluice.archive. One transaction: killed at any moment, it has not happened.',
  examples: ['npm run rollback -- --dry-run', 'npm run rollback', 'npm run rollback -- --yes'],
  options: [
    yesOption,
    { flags: '--dry-run', description: 'say what would happen, and change nothing' },
    { flags: '--to <phase>', description: 'only as far as a phase of a system that grows in phases' },
    lockOption,
  ],
  parse: lockSchema.extend({
    yes: z.boolean().default(false),
    dryRun: z.boolean().default(false),
    to: z.string().optional(),
  }),
  async run(session, { yes, dryRun, to, lockTimeout }) {
    const context = { ...session, lockTimeout }
    const { system } = session
    const phase = await currentPhase(session)
    if (to !== undefined) {
      if (!dryRun)
        await confirm(`This removes what came after phase ${to} of ${system.name}.`, { yes, command: 'rollback' })
      const done = await rollbackTo(context, to, { dryRun })
      return { json: { system: system.name, phase, to, ...done }, text: phaseText(done, to), exitCode: 0 }
    }
    // a person, and the log, should know beforehand what goes
    if (!dryRun && phase !== 'legacy' && system.extended) {
      const { archived, lost = {} } = await goBack(context, { dryRun: true })
      const what = [...rowsOf(archived), ...rowsOf(lost)].map(([name, many]) => `${name} (${many})`)
      session.report.note(
        what.length
          ? `What only the new columns and tables hold goes to sluice.archive: ${what.join(', ')}`
          : 'The new columns and tables hold nothing of their own',
      )
    }
    if (!dryRun && phase !== 'legacy')
      await confirm(
        `This removes the new ${system.extended ? 'columns and ' : ''}tables of ${system.name}, which is at phase ${phase}.`,
        {
          yes,
          command: 'rollback',
        },
      )
    const done = await goBack(context, { dryRun })
    const json = { system: system.name, phase: await currentPhase(session), ...done }
    return { json, text: rollbackText(done), exitCode: 0 }
  },
})
