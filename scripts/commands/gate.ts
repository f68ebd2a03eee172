import { z } from 'zod'
import { expand } from '../engine/expand.ts'
import type { Checked, Passed } from '../engine/gate/gate.ts'
import { gates } from '../engine/gate/index.ts'
import { Refusal } from '../errors.ts'
import { counted } from '../terminal/words.ts'
import { command, type Session } from './command.ts'

const kinds: Record<Checked['kind'], string> = {
  table: 'Tables',
  rows: 'Rows',
  example: 'Examples',
  query: 'Queries',
}

function lines({ applied, checks }: Passed, all: boolean): string[] {
  if (!applied) return ['  not applied yet']
  return Object.entries(kinds).flatMap(([kind, heading]) => {
    const own = checks.filter((each) => each.kind === kind)
    const failed = own.filter(({ held }) => !held).length
    if (own.length === 0) return []
    return [
      `  ${heading}: ${failed ? `${failed} of ${own.length} ${failed === 1 ? 'does' : 'do'} not hold` : `all ${own.length} hold`}`,
      ...own
        .filter(({ held }) => all || !held)
        .map(({ what, held, found }) => `    ${held ? '✓' : '✗'} ${what}${held ? '' : ` (${found})`}`),
    ]
  })
}

function next(passed: readonly Passed[], inPlace: boolean): string {
  if (passed.some(({ applied, held }) => applied && !held)) return 'put right what does not hold, then npm run gate'
  const pending = passed.find(({ applied }) => !applied)
  if (inPlace)
    return pending
      ? 'npm run migrate, then npm run contract: the checklist is of what is there in the end'
      : 'npm run status'
  return pending
    ? `npm run gate -- --next applies phase ${pending.gate}, npm run migrate all that are left`
    : 'npm run migrate, or npm run status'
}

/** The phases with their checklists. */
export const gateText = (passed: readonly Passed[], all: boolean, inPlace = false): string =>
  [
    ...passed.flatMap((each) => [
      `Phase ${each.gate}, ${each.about}${each.applied ? `: ${each.held ? 'its gate holds' : 'its gate does not hold'}` : ''}`,
      ...lines(each, all),
      '',
    ]),
    `Next: ${next(passed, inPlace)}`,
  ].join('\n')

/** Phases that do not follow each other without a gap would be a mistake of the steps. */
async function applyNext(session: Session): Promise<string[]> {
  const { applied } = await expand(session, session.url, { phases: 1 })
  session.report.note(applied.length ? `${counted(applied.length, 'step')} applied` : 'Every phase is applied already')
  return applied
}

export const gate = command({
  name: 'gate',
  summary: 'go through the checklist of each phase, for a system that grows in phases',
  about:
    "Checks what is there against the declaration, tries rows that must be accepted and rows that must be refused (and undoes them), and has the applications' queries planned. Exit code 0 means that the gate of every applied phase holds, 2 that one does not: the steps of the next phase are refused until it does.",
  examples: ['npm run gate', 'npm run gate -- --all', 'npm run gate -- --next', 'npm run --silent gate -- --json'],
  options: [
    { flags: '--next', description: 'first apply the steps of the next phase, if the gates before it hold' },
    { flags: '--all', description: 'write out what holds too' },
  ],
  parse: z.object({ next: z.boolean().default(false), all: z.boolean().default(false) }),
  async run(session, { next: advance, all }) {
    const { system, connection } = session
    if (!system.gates?.length && !system.extended) {
      throw new Refusal('this system does not grow in phases', { SYSTEM: system.name }, 'npm run migrate')
    }
    if (system.extended && advance)
      throw new Refusal('this system has one phase', { SYSTEM: system.name }, 'npm run migrate, then npm run contract')
    const applied = advance ? await applyNext(session) : []
    const passed = await gates(system, connection.db)
    const held = passed.every((each) => each.held || !each.applied)
    return {
      json: { system: system.name, held, applied, phases: passed },
      text: gateText(passed, all, system.extended !== undefined),
      exitCode: held ? 0 : 2,
    }
  },
})
