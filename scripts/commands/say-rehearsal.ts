import { every, modes } from '../rehearse/locks.ts'
import type { Comparison, Held, Kill, Rehearsal, Step, Waited } from '../rehearse/results.ts'
import { table } from '../terminal/table.ts'
import { counted, duration } from '../terminal/words.ts'
import { accountTable } from './say-proof.ts'

/** From milliseconds on: locks are held for less than a tenth of a second. */
const brief = (seconds: number) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : duration(seconds))

const strongest = (locks: readonly Held[]): Held | undefined =>
  locks.toSorted((a, b) => modes.indexOf(b.mode) - modes.indexOf(a.mode) || b.seconds - a.seconds)[0]

const held = (lock: Held | undefined) =>
  lock ? `${lock.mode.replace(/Lock$/, '')} ${brief(lock.seconds)}, ${lock.table}` : ''

/** Steps of one name are told together, except that a rollback is another one from every phase. */
function grouped(steps: readonly Step[]): Map<string, Step[]> {
  const groups = new Map<string, Step[]>()
  for (const step of steps) {
    const name = step.step === 'rollback' ? `rollback from ${step.from}` : step.step
    groups.set(name, [...(groups.get(name) ?? []), step])
  }
  return groups
}

function stepsTable(steps: readonly Step[], legacy: readonly string[]): string {
  const longest = (all: readonly Step[], of: (step: Step) => Waited) =>
    brief(Math.max(...all.map((each) => of(each).answer)))
  const lines = [...grouped(steps)].map(([name, all]) => {
    const seconds = all.map((each) => each.seconds)
    const [least, most] = [duration(Math.min(...seconds)), duration(Math.max(...seconds))]
    const locks = all.flatMap((each) => each.locks).filter((lock) => legacy.includes(lock.table))
    return [
      name,
      all.length,
      least === most ? most : `${least} to ${most}`,
      held(strongest(locks)),
      longest(all, ({ reader }) => reader),
      longest(all, ({ writer }) => writer),
    ]
  })
  return table(
    ['step', 'times', 'took', 'strongest lock on the old tables', 'a reader waited', 'a writer waited'],
    lines,
  )
}

const killsTable = (kills: readonly Kill[]): string =>
  table(
    ['step', 'killed after', 'left', 'locks free after', 'done again in'],
    kills.map(({ step, after, midway, left, freed, again }) => [
      step,
      midway ? duration(after) : 'was faster than the kill',
      left,
      brief(freed),
      duration(again),
    ]),
  )

const short = (line: string) => (line.length > 200 ? `${line.slice(0, 200)}…` : line)

/** The first of several lines; `--json` has them all. */
const some = (lines: readonly string[], most = 8) => [
  ...lines.slice(0, most).map((line) => `    ${short(line.replaceAll('\n', ' '))}`),
  ...(lines.length > most ? [`    ${lines.length - most} more: --json lists them all`] : []),
]

const comparisonLines = ({ after, identical, differences }: Comparison): string[] =>
  identical
    ? [`  ✓ ${after}: catalogs and rows are the same`]
    : [`  ✗ ${after}: ${counted(differences.length, 'difference')}`, ...some(differences)]

const ways = {
  template: 'copied by its server',
  server: 'by pg_dump, on the same server',
  embedded: 'by pg_dump, in a server of its own',
}

function verdict({ outcome, comparisons, kills, proofs, steps, clone, seconds }: Rehearsal): string {
  if (outcome === 'failed') return 'Failed: a step did not come about on the clone. The original was only read'
  if (outcome === 'different') {
    const refused = steps.some(({ error }) => error) || kills.some(({ error }) => error)
    const unlike = clone.differences.length && comparisons.every(({ identical }) => identical)
    return `Different: ${refused ? 'a step was refused on the clone' : unlike ? 'the clone is not quite the original' : 'a rollback did not bring everything back'}. The original was only read`
  }
  const midway = kills.filter((each) => each.midway).length
  const survived = midway ? `, through ${counted(midway, 'kill -9', 'times kill -9')}` : ''
  return `Identical: ${counted(comparisons.length, 'time')} there and back${survived}, ${counted(proofs.length, 'proof')}, all in ${duration(seconds)}. The original was only read`
}

/** A rehearsal for people. */
export function rehearsalText(rehearsal: Rehearsal): string {
  const { system, clone, tables, steps, kills, proofs, comparisons, archived, outcome } = rehearsal
  const stumbled = [...steps, ...kills].filter(({ error }) => error !== undefined)
  const proof = proofs.at(-1)
  const put = Object.entries(archived).filter(([, rows]) => rows > 0)
  return [
    `${system} on a clone, ${ways[clone.way]} in ${duration(clone.seconds)}, PostgreSQL ${Math.floor(clone.server / 10_000)}`,
    ...(clone.differences.length ? ['', 'What the clone has not like the original:', ...some(clone.differences)] : []),
    '',
    stepsTable(steps, Object.keys(tables)),
    '',
    `  Locks are looked at every ${every} milliseconds; a reader and a writer touch a row of each old table all the while.`,
    ...(kills.length ? ['', 'Killed (kill -9) in its midst, and done again:', '', killsTable(kills)] : []),
    ...(proof ? ['', accountTable(proof.accounts)] : []),
    '',
    'After each time back, against the clone before the first step:',
    ...comparisons.flatMap(comparisonLines),
    ...(put.length
      ? ['', `Kept in sluice.archive: ${put.map(([name, rows]) => `${counted(rows, 'row')} of ${name}`).join(', ')}`]
      : []),
    ...stumbled.flatMap(({ step, error }) => ['', `${step} did not come about: ${error}`]),
    '',
    verdict(rehearsal),
    ...(clone.kept ? ['', `The clone is kept: ${clone.kept}`] : []),
    '',
    outcome === 'identical'
      ? 'Next: npm run migrate does it on the database itself'
      : 'Next: put right what is named above, then npm run rehearse',
  ].join('\n')
}
