import { short } from '../ratios.ts'
import type { Run } from '../results.ts'
import { colours, element, type Part, step } from './draw.ts'

const left = 290
const right = 70
const rowHeight = 30

/** Time by phase, stacked, one bar a contender. */
export function bars(runs: readonly Run[], rows: number, width: number): Part {
  const most = Math.max(...runs.map(({ seconds }) => seconds))
  const scale = (width - left - right) / most
  const phases = Object.keys(colours).filter((phase) => runs.some((run) => (run.phases[phase] ?? 0) > 0))
  const top = 84
  const bottom = top + runs.length * rowHeight
  let body = element('text', { x: 24, y: 34, class: 'title' }, `Time by phase, ${short(rows)} rows`)
  for (const [i, phase] of phases.entries()) {
    body += element('rect', { x: 24 + i * 140, y: 50, width: 12, height: 12, fill: colours[phase] ?? '#888888' })
    body += element('text', { x: 42 + i * 140, y: 61, class: 'quiet' }, phase)
  }
  for (let at = 0; at <= most; at += step(most)) {
    const x = left + at * scale
    body += element('line', { x1: x, x2: x, y1: top - 4, y2: bottom, stroke: '#d1d9e0' })
    body += element('text', { x, y: bottom + 16, class: 'quiet middle' }, `${at} s`)
  }
  for (const [i, run] of runs.entries()) {
    const y = top + i * rowHeight
    body += element('text', { x: left - 10, y: y + 17, class: 'end' }, run.label)
    let x = left
    for (const phase of phases) {
      const length = (run.phases[phase] ?? 0) * scale
      body += element('rect', { x, y: y + 3, width: length, height: rowHeight - 10, fill: colours[phase] ?? '#888888' })
      x += length
    }
    body += element('text', { x: x + 6, y: y + 17 }, `${run.seconds.toFixed(1)} s`)
  }
  return { height: bottom + 40, body }
}
