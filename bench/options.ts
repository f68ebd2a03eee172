import { Command, InvalidArgumentError } from 'commander'

/** What can be measured, in the order in which it is. */
export const parts = [
  'plan',
  'plan-one-transaction',
  'orm',
  'floor',
  'sluice-bulk',
  'sluice-online-1',
  'sluice-online-2',
  'sluice-online-writers',
  'proof',
  'reads',
  'sync',
  'dirt',
  'growth',
] as const

export type Part = (typeof parts)[number]

export interface Options {
  /** Media rows of the legacy that everything but growth uses. */
  rows: number
  /** Share of dirty titles in the legacy that Sluice's contenders get; the others get a clean one. */
  dirt: number
  only: Part[]
  /** Sizes of the growth curve, in media rows; none leaves it out. */
  growth: number[]
  /** Folder for results.json and results.svg. */
  out: string
}

const whole = (text: string): number => {
  if (!/^\d+$/.test(text) || Number(text) < 1000 || Number(text) > 10_000_000)
    throw new InvalidArgumentError('a whole number from 1000 to 10000000')
  return Number(text)
}

const share = (text: string): number => {
  if (!(Number(text) >= 0 && Number(text) <= 1)) throw new InvalidArgumentError('a number from 0 to 1')
  return Number(text)
}

const named = (text: string): Part[] => {
  const names = text.split(',')
  const unknown = names.find((name) => !parts.some((part) => part === name))
  if (unknown !== undefined) throw new InvalidArgumentError(`${unknown} is none of ${parts.join(', ')}`)
  return parts.filter((part) => names.includes(part))
}

/** Reads the options as they were typed; ends the process where one makes no sense, or for `--help`. */
export function readOptions(argv: readonly string[]): Options {
  const preset = [125_000, 250_000, 500_000, 1_000_000, 2_000_000]
  return new Command('npm run bench --')
    .description('Measures Sluice against what people would otherwise use, on one server, with the same rows.')
    .option('--rows <number>', 'media rows of the legacy', whole, 1_000_000)
    .option('--dirt <share>', "share of dirty titles in the legacy of Sluice's contenders", share, 0)
    .option('--only <names>', `some of: ${parts.join(',')}`, named, [...parts])
    .option(
      '--growth <sizes>',
      'media rows of the growth curve',
      (text: string) => (text ? text.split(',').map(whole) : []),
      preset,
    )
    .option('--out <folder>', 'where results.json and results.svg go', import.meta.dirname)
    .parse(argv, { from: 'user' })
    .opts<Options>()
}
