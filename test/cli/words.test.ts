import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { commands } from '../../scripts/commands/index.ts'
import { choose } from '../../scripts/commands/program.ts'
import { Refusal } from '../../scripts/errors.ts'
import { explain } from '../../scripts/terminal/explain.ts'
import { terminalReport } from '../../scripts/terminal/report.ts'
import { table } from '../../scripts/terminal/table.ts'
import { trace } from '../../scripts/terminal/trace.ts'
import { duration } from '../../scripts/terminal/words.ts'

/** A stream that is no terminal unless it says so. */
function paper(isTTY = false) {
  const written: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk))
      done()
    },
  })
  return { stream: Object.assign(stream, { isTTY, columns: 120 }), text: () => written.join('') }
}

const refusal = (argv: string[]): Refusal => {
  try {
    choose(argv, commands)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error(`${argv.join(' ')} was not refused`)
}

test.each([
  [['nope'], "unknown command 'nope'"],
  [['plan', '--nope'], "unknown option '--nope'"],
  [['plan', 'nope'], "too many arguments for 'plan'. Expected 0 arguments but got 1"],
  [['copy', '--workers'], "option '--workers <sessions>' argument missing"],
  [['copy', '--workers', 'many'], '--workers takes a whole number from 1 to 16'],
  [['copy', '--workers', '-1'], '--workers takes a whole number from 1 to 16'],
  [['migrate', '--batch-size', '0'], '--batch-size takes a whole number from 1 to 100000'],
  [['verify', '--show', '1.5'], '--show takes a whole number from 0 to 100000'],
  [['legacy', '--dirt', '2'], '--dirt takes a number from 0 to 1'],
  [['legacy', '--version', '33'], '--version takes a whole number from 9 to 32'],
  [[], 'no command was given'],
])('%j is refused in one line', (argv, fact) => {
  const error = refusal(argv)
  expect(error.exitCode).toBe(2)
  expect(error.line).toContain(fact)
  expect(error.line).toMatch(/Next: \S/)
  expect(error.line).not.toContain('\n')
})

test('a misspelt option gets the right one as its next step', () => {
  expect(refusal(['plan', '--jsonn']).next).toContain('--json')
})

test('columns are aligned, numbers to the right', () => {
  expect(
    table(
      ['name', 'rows'],
      [
        ['a', 20_000],
        ['long name', 3],
      ],
    ),
  ).toBe(['  name         rows', '  ─────────  ──────', '  a          20,000', '  long name       3'].join('\n'))
})

test.each([
  [0.44, '0.4 s'],
  [59.6, '1 min 0 s'],
  [200, '3 min 20 s'],
  [7500, '2 h 5 min'],
])('%d seconds are said as %s', (seconds, words) => expect(duration(seconds)).toBe(words))

test('without a terminal progress is a plain line every few seconds, and one at the end', () => {
  let now = 0
  const { stream, text } = paper()
  const report = terminalReport(stream, { interval: 3000, now: () => now })
  for (let done = 0; done <= 10_000; done += 100, now += 100) report.progress({ task: 'copy', done, total: 10_000 })
  report.close()
  expect(text().trim().split('\n')).toEqual([
    'copy: 3,000 of 10,000 rows (30 %), 1,000 rows/s, 7.0 s left',
    'copy: 6,000 of 10,000 rows (60 %), 1,000 rows/s, 4.0 s left',
    'copy: 9,000 of 10,000 rows (90 %), 1,000 rows/s, 1.0 s left',
    'copy: 10,000 of 10,000 rows (100 %), 1,000 rows/s',
  ])
})

test('work that is resumed does not look faster than it is', () => {
  let now = 0
  const { stream, text } = paper()
  const report = terminalReport(stream, { interval: 1000, now: () => now })
  report.progress({ task: 'copy', done: 9000, total: 10_000 })
  now = 1000
  report.progress({ task: 'copy', done: 9100, total: 10_000 })
  report.close()
  expect(text()).toContain('copy: 9,100 of 10,000 rows (91 %), 100 rows/s, 9.0 s left')
})

test('on a terminal progress is a bar with rows, speed and time left, and notes do not break it', () => {
  let now = 0
  const { stream, text } = paper(true)
  const terminal = Object.assign(stream, { cursorTo: () => true, clearLine: () => true, moveCursor: () => true })
  const report = terminalReport(terminal, { now: () => now })
  report.progress({ task: 'copy', done: 0, total: 1000 })
  now = 1000
  report.note('a note')
  report.progress({ task: 'copy', done: 500, total: 1000 })
  report.close()
  expect(text()).toMatch(/copy \[█+░+\] 50 % \| 500 of 1,000 rows \| 500 rows\/s \| 1\.0 s left/)
  expect(text()).toContain('a note\n')
})

test('an unexpected error is one line without URLs, and its trace has no message', () => {
  const error = new Error('cannot open postgres://me:secret@host/db\nsecond line', { cause: new Error('secret cause') })
  const { line, exitCode } = explain(error)
  expect(exitCode).toBe(1)
  expect(line).toBe('cannot open <url>. Next: run the same command with --verbose to see where it happened')
  expect(trace(error)).toContain('words.test.ts')
  expect(trace(error)).not.toContain('secret')
})

test.each(commands)('$name says what it does, with examples that can be parsed', ({ name, about, examples }) => {
  expect(about).toMatch(/\.$/)
  for (const example of examples) {
    const [, args = ''] = example.split(/npm (?:run |--silent |run --silent )?(?=[a-z]+(?: |$))/)
    const argv = args.replace(' -- ', ' ').split(' ')
    expect(choose(argv, commands)?.command.name).toBe(name)
  }
})
