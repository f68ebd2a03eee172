import { short } from '../ratios.ts'
import type { Run } from '../results.ts'
import { element, type Part, step } from './draw.ts'

const strokes = ['#0072b2', '#d55e00', '#009e73', '#000000']
const plotHeight = 220
const top = 70
const margin = 64

/** Time and the tool's peak memory by size: two plots side by side. */
export function curve(runs: readonly Run[], width: number): Part {
  const plotWidth = width / 2 - margin - 24
  const time = plot(runs, 'Time by size, seconds', ({ seconds }) => seconds, plotWidth)
  const memory = plot(runs, "Peak memory of Sluice's process, MB", ({ peakMb }) => peakMb ?? 0, plotWidth)
  return { height: top + plotHeight + 50, body: `<g>${time}</g><g transform="translate(${width / 2} 0)">${memory}</g>` }
}

function plot(runs: readonly Run[], title: string, value: (run: Run) => number, width: number): string {
  const mostRows = Math.max(...runs.map(({ rows }) => rows))
  const mostValue = Math.max(...runs.map(value)) * 1.05
  const x = (rows: number) => margin + (rows / mostRows) * width
  const y = (value: number) => top + plotHeight - (value / mostValue) * plotHeight
  let body = element('text', { x: 24, y: 24, class: 'title' }, title)
  for (let at = 0; at <= mostValue; at += step(mostValue)) {
    body += element('line', { x1: margin, x2: margin + width, y1: y(at), y2: y(at), stroke: '#d1d9e0' })
    body += element('text', { x: margin - 8, y: y(at) + 4, class: 'quiet end' }, String(at))
  }
  for (const rows of labelled([...new Set(runs.map((run) => run.rows))], mostRows)) {
    body += element('text', { x: x(rows), y: top + plotHeight + 20, class: 'quiet middle' }, short(rows))
  }
  for (const [i, name] of [...new Set(runs.map(({ name }) => name))].entries()) {
    const own = runs.filter((run) => run.name === name)
    const stroke = strokes[i % strokes.length] ?? '#000000'
    const points = own.map((run) => `${x(run.rows).toFixed(1)},${y(value(run)).toFixed(1)}`).join(' ')
    body += element('polyline', { points, fill: 'none', stroke, 'stroke-width': 2 })
    for (const run of own) body += element('circle', { cx: x(run.rows), cy: y(value(run)), r: 3.5, fill: stroke })
    body += element('rect', { x: margin + i * 190, y: 40, width: 12, height: 4, fill: stroke })
    body += element('text', { x: margin + 18 + i * 190, y: 46, class: 'quiet' }, own[0]?.label ?? name)
  }
  return body
}

/** The sizes whose names fit beside each other: those at least a tenth of the width apart, the largest first. */
function labelled(sizes: number[], most: number): number[] {
  const shown: number[] = []
  for (const rows of sizes.sort((a, b) => b - a)) {
    if (shown.every((other) => other - rows >= most / 10)) shown.push(rows)
  }
  return shown
}
