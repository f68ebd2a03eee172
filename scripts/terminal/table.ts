import { count } from './words.ts'

export type Cell = string | number | null | undefined

const shown = (cell: Cell) => (typeof cell === 'number' ? count(cell) : (cell ?? ''))

/** Aligned columns under a head: numbers to the right, words to the left. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], indent = '  '): string {
  const numeric = head.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'))
  const lines = [head, ...rows.map((row) => row.map(shown))]
  const widths = head.map((_, i) => Math.max(...lines.map((line) => String(line[i] ?? '').length)))
  const written = lines.map((line) => {
    const cells = widths.map((width, i) => {
      const cell = String(line[i] ?? '')
      return numeric[i] ? cell.padStart(width) : cell.padEnd(width)
    })
    return `${indent}${cells.join('  ')}`.trimEnd()
  })
  const rule = indent + widths.map((width) => '─'.repeat(width)).join('  ')
  return [written[0], rule, ...written.slice(1)].join('\n')
}
