import type { Finding, Plan } from '../engine/results.ts'
import { counted } from '../terminal/words.ts'

/** What stops a migration, what a person should read first, and what is good to know, in that order. */
const headings: readonly [heading: string, codes: readonly string[]][] = [
  ['Stops the migration', ['rights', 'target-exists', 'schema-exists', 'type-exists', 'phase', 'row-level-security']],
  ['Stops keeping both shapes in step, and with it the contract', ['sync-rights']],
  [
    'Set aside or kept beside the target: nothing is lost',
    ['quarantine', 'duplicate-key', 'unknown-column', 'complement'],
  ],
  ['In the way of the end', ['unfilled']],
  ['Fires while new columns are filled', ['own-trigger']],
  ['Not as declared', ['missing-constraint', 'type-differs', 'missing-column']],
  [
    'Depends on the legacy tables',
    ['dependent-view', 'dependent-function', 'trigger', 'foreign-key', 'grant', 'publication'],
  ],
  ['Also here', ['type-there', 'partition', 'inheritance', 'time-zone', 'untouched']],
  ['Needed', ['disk', 'time']],
]

/** How many findings of one kind and table are written out. */
const most = 4

const sampled = ({ code, samples }: Finding) =>
  samples?.length && ['quarantine', 'duplicate-key', 'unknown-column', 'missing-constraint'].includes(code)
    ? ` (keys: ${samples.slice(0, 2).join(', ')}${samples.length > 2 ? ', …' : ''})`
    : ''

/** Findings that need no word each are counted together. */
function lines(findings: readonly Finding[]): string[] {
  const kinds = new Map<string, Finding[]>()
  for (const finding of findings) {
    const kind = finding.code === 'untouched' ? finding.code : `${finding.code} ${finding.table}`
    kinds.set(kind, [...(kinds.get(kind) ?? []), finding])
  }
  return [...kinds.values()].flatMap((same) => {
    const [first] = same
    if (first?.code === 'missing-column' && same.length > 1) {
      const columns = same.map(({ column }) => column).join(', ')
      return [`${first.table} does not have ${columns} here: read as NULL.`]
    }
    const shown = same.slice(0, most).map((finding) => finding.message + sampled(finding))
    const rest = same.length - shown.length
    return rest > 0 ? [...shown, `and ${counted(rest, 'more finding')} of this kind: see --json`] : shown
  })
}

/** The plan for people. */
export function planText({ system, phase, legacyVersion, findings }: Plan): string {
  const version = legacyVersion === undefined ? '' : `, legacy version ${legacyVersion}`
  const known = headings.flatMap(([, codes]) => codes)
  const rest: (typeof headings)[number] = [
    'Other',
    [...new Set(findings.map(({ code }) => code))].filter((code) => !known.includes(code)),
  ]
  const parts = [...headings, rest].flatMap(([heading, codes]) => {
    const of = findings
      .filter(({ code }) => codes.includes(code))
      .sort((a, b) => codes.indexOf(a.code) - codes.indexOf(b.code))
    return of.length ? [`\n${heading}`, ...lines(of).map((line) => `  - ${line}`)] : []
  })
  const stops = findings.some(({ code }) => headings[0]?.[1].includes(code))
  const next = stops ? 'Next: see to what stops the migration, then npm run plan again' : 'Next: npm run migrate'
  return [`${system} is at phase ${phase}${version}: ${counted(findings.length, 'finding')}`, ...parts, '', next].join(
    '\n',
  )
}

/** The plan in a few lines: what is worth reading before a migration that has been asked for. */
export function planBrief({ findings }: Plan): string[] {
  const of = (i: number) => findings.filter(({ code }) => headings[i]?.[1].includes(code))
  const worth = [
    ...of(0),
    ...of(1),
    ...of(2),
    ...of(3),
    ...of(4),
    ...findings.filter(({ code }) => ['time-zone', 'type-differs'].includes(code)),
  ]
  const needed = of(headings.length - 1)
  const rest = findings.length - worth.length - needed.length
  return [
    ...lines([...worth, ...needed]).map((line) => `  - ${line}`),
    ...(rest > 0 ? [`  - ${counted(rest, 'more finding')}: npm run plan`] : []),
  ]
}
