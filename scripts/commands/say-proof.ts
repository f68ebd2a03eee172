import type { Account, Difference, Proof } from '../engine/results.ts'
import { table } from '../terminal/table.ts'
import { count, counted, duration } from '../terminal/words.ts'

const quoted = (value: string | null) =>
  value === null ? 'NULL' : `'${value.length > 60 ? `${value.slice(0, 60)}…` : value}'`

const kinds: Record<Difference['kind'], string> = {
  missing: 'is missing',
  extra: 'is there but should not be',
  differing: 'differs',
  complement: 'has a complement that is wrong',
  quarantine: 'has a quarantine entry that is wrong',
}

/** One row that differs, and how. */
function differenceLines({ table, key, kind, columns }: Difference): string[] {
  const values = Object.entries(columns).map(
    ([column, { found, expected }]) => `      ${column}: found ${quoted(found)}, expected ${quoted(expected)}`,
  )
  return [`  - ${table} ${key} ${kinds[kind]}`, ...values]
}

/** What became of the rows: carried, complemented, quarantined. */
export const accountTable = (accounts: Record<string, Account>): string =>
  table(
    ['legacy table', 'rows', 'carried', 'with complement', 'quarantined'],
    Object.entries(accounts).map(([name, { rows, carried, complemented, quarantined }]) => [
      name,
      rows,
      carried,
      complemented,
      quarantined,
    ]),
  )

/** The proof for people. */
export function proofText({ identical, differences, tables, target, shown, seconds, inPlace }: Proof): string {
  const rows = Object.entries({ ...tables, ...target }).map(([name, each]) => [
    name,
    each.rows,
    each.missing,
    each.extra,
    each.differing,
  ])
  const verdict = identical
    ? `Identical: the legacy ${inPlace ? 'columns' : 'tables'} can be rebuilt exactly from the target and the complement (${duration(seconds)})`
    : `Different: ${counted(differences, 'difference')} (${duration(seconds)})`
  const named = shown.flatMap(differenceLines)
  const more = differences - shown.length
  return [
    verdict,
    '',
    table(['table', 'rows', 'missing', 'extra', 'differing'], rows),
    ...(named.length ? ['', 'What differs:', ...named] : []),
    ...(!identical && more > 0
      ? [`  ${count(more)} more: npm run verify -- --show ${Math.min(differences, 1000)}`]
      : []),
    ...(identical ? [] : ['', 'Next: npm run copy puts the target in order again, then npm run verify']),
  ].join('\n')
}
