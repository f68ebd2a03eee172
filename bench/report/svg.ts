import type { Results } from '../results.ts'
import { bars } from './bars.ts'
import { curve } from './curve.ts'
import { element, page } from './draw.ts'

const width = 900

/** One page: time by phase of every contender, then time and memory by size. Deterministic for the same results. */
export function svg({ server, rows, runs, growth }: Results): string {
  const top = runs.length ? bars(runs, rows, width) : { height: 0, body: '' }
  const bottom = growth.length ? curve(growth, width) : { height: 0, body: '' }
  const foot = `PostgreSQL ${server.version}, ${server.cpus} processors, fsync ${server.settings.fsync}; compare lengths, not seconds`
  const height = top.height + bottom.height + 40
  return page(width, height, [
    top.body,
    `<g transform="translate(0 ${top.height})">${bottom.body}</g>`,
    element('text', { x: 24, y: height - 16, class: 'quiet' }, foot),
  ])
}
