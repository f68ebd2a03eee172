import { type Bar, SingleBar } from 'cli-progress'
import type { Progress, Report } from '../report.ts'
import { type Pace, pace, paceLine } from './pace.ts'
import { count, duration } from './words.ts'

/** A report that someone must close, so that no half-drawn bar stays behind. */
export interface TerminalReport extends Report {
  close(): void
}

interface Painter {
  /** Returns whether the line now stands there as it is, so that it need not be said again. */
  paint(pace: Pace): boolean
  /** Takes away what must not stay on the screen. */
  wipe(): void
}

type Stream = NodeJS.WriteStream | (NodeJS.WritableStream & { isTTY?: boolean })

/** Without a terminal: one line every `interval` milliseconds. */
function lines(stream: Stream, interval: number, now: () => number): Painter {
  let quietUntil = now() + interval
  return {
    paint(pace) {
      if (now() < quietUntil) return false
      quietUntil = now() + interval
      stream.write(`${paceLine(pace)}\n`)
      return true
    },
    wipe() {},
  }
}

/** On a terminal: one bar that is redrawn in place. */
function bar(stream: Stream): Painter {
  let drawn: Bar | undefined
  const format = '{task} [{bar}] {percentage} % | {value} of {total} {unit} | {speed} {unit}/s | {left}'
  return {
    paint(pace) {
      const left = pace.secondsLeft === null ? '' : `${duration(pace.secondsLeft)} left`
      const words = { task: pace.task, unit: pace.unit ?? 'rows', speed: count(pace.perSecond), left }
      if (!drawn) {
        drawn = new SingleBar({
          stream,
          format,
          barsize: 24,
          barCompleteChar: '█',
          barIncompleteChar: '░',
          hideCursor: true,
          clearOnComplete: true,
          formatValue: (value, _options, type) => (type === 'percentage' ? String(value) : count(value)),
        })
        drawn.start(pace.total, pace.done, words)
      }
      drawn.setTotal(pace.total)
      drawn.update(pace.done, words)
      return false
    },
    wipe() {
      drawn?.stop()
      drawn = undefined
    },
  }
}

/**
 * Notes as lines and progress as a bar, or as a plain line every few seconds where there is no terminal.
 * Goes to stderr by default: stdout belongs to results.
 */
export function terminalReport(
  stream: Stream = process.stderr,
  { interval = 3000, now = Date.now }: { interval?: number; now?: () => number } = {},
): TerminalReport {
  const fresh = () => (stream.isTTY ? bar(stream) : lines(stream, interval, now))
  let task:
    | { name: string; painter: Painter; measure: (progress: Progress) => Pace; last: Pace; said: boolean }
    | undefined

  const end = () => {
    task?.painter.wipe()
    // How it ended is said once, here: `total` may be an estimate, which work can reach more than once.
    if (task && !task.said) stream.write(`${paceLine(task.last)}\n`)
    task = undefined
  }

  return {
    note(text) {
      if (task && task.last.done >= task.last.total) end()
      task?.painter.wipe()
      stream.write(`${text}\n`)
    },
    progress(progress) {
      if (task && task.name !== progress.task) end()
      if (!task) {
        const measure = pace(progress, now)
        task = { name: progress.task, painter: fresh(), measure, last: measure(progress), said: false }
      }
      task.last = task.measure(progress)
      task.said = task.painter.paint(task.last)
    },
    close: end,
  }
}
