import type { Part } from './options.ts'
import type { Ratio, Results, Run } from './results.ts'

/** The figures that these results allow, with whether they are reached. */
export function ratiosOf({ runs, proof, reads, sync, dirt, growth }: Omit<Results, 'ratios'>): Ratio[] {
  const ratios: Ratio[] = []
  const add = (figure: string, value: number | undefined, atMost: number) => {
    if (value !== undefined) ratios.push({ figure, value, atMost, reached: value <= atMost })
  }
  const plan = seconds(runs, 'plan')
  const bulk = seconds(runs, 'sluice-bulk')
  add("bulk, everything from plan to proof ÷ the plan's SQL alone", over(bulk, plan), 0.45)
  add("online, 2 workers, everything ÷ the plan's SQL alone", over(seconds(runs, 'sluice-online-2'), plan), 1)
  add("proof ÷ the plan's SQL alone", over(proof[0]?.seconds, plan), 0.1)
  add('bulk ÷ floor', over(bulk, seconds(runs, 'floor')), 3)
  for (const [name, label] of names) {
    const of = (runs: Run[], share: number) => runs.find((run) => run.name === name && run.dirt === share)?.seconds
    add(`dirt of 1 % ÷ no dirt, ${label}`, over(of(dirt, 0.01), of(dirt, 0)), 1.25)
  }
  for (const [name, label] of names) {
    const at = (rows: number) => growth.find((run) => run.name === name && run.rows === rows)?.seconds
    const largest = Math.max(0, ...growth.filter((run) => run.name === name).map(({ rows }) => rows))
    const half = at(largest / 2)
    const sizes = `time at ${short(largest)} ÷ 2 × time at ${short(largest / 2)}`
    add(`${sizes}, ${label}`, over(at(largest), half && 2 * half), 1.1)
  }
  const peaks = [...runs, ...dirt, ...growth]
    .filter(({ name }) => name.startsWith('sluice'))
    .flatMap(({ peakMb }) => (peakMb === undefined ? [] : [peakMb]))
  add("Node's peak memory at any size, MB", peaks.length ? Math.max(...peaks) : undefined, 150)
  for (const { name, legacyMs, targetMs } of reads) add(`read, new ÷ legacy: ${name}`, targetMs / legacyMs, 1.1)
  for (const { name, side, ratio, atLeast } of sync) {
    if (atLeast === undefined) continue
    ratios.push({ figure: `with sync ÷ without: ${name}, ${side}`, value: ratio, atLeast, reached: ratio >= atLeast })
  }
  return ratios
}

const names: [Part, string][] = [
  ['sluice-bulk', 'bulk'],
  ['sluice-online-2', 'online'],
]

const seconds = (runs: Run[], name: Part) => runs.find((run) => run.name === name)?.seconds

const over = (a: number | undefined, b: number | undefined) => (a === undefined || !b ? undefined : a / b)

/** 2000000 → `2M`, 125000 → `125k`. */
export const short = (rows: number): string => (rows >= 1_000_000 ? `${rows / 1_000_000}M` : `${rows / 1000}k`)
