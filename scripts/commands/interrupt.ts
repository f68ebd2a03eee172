import type { Report } from '../report.ts'

/** Exit code of a command that a person stopped. */
export const interrupted = 130

/**
 * The first Ctrl-C or SIGTERM asks long work to end at its next batch boundary; the second ends the process at once.
 * npm passes on a signal that the terminal has already sent to the whole group, so one Ctrl-C may arrive several times:
 * what follows within `same` milliseconds is the same one.
 */
export function listen(report: Report, { same = 500 }: { same?: number } = {}): AbortSignal {
  const controller = new AbortController()
  let first = 0
  const onSignal = () => {
    if (first && Date.now() - first < same) return
    if (first) process.exit(interrupted)
    first = Date.now()
    report.note('Stopping at the next safe point; Ctrl-C again stops at once')
    controller.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return controller.signal
}
