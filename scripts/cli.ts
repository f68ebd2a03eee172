import type { Outcome, Session } from './commands/command.ts'
import { commands } from './commands/index.ts'
import { interrupted, listen } from './commands/interrupt.ts'
import { type Chosen, choose } from './commands/program.ts'
import { withSession } from './commands/session.ts'
import { stopped } from './commands/stopped.ts'
import { explain } from './terminal/explain.ts'
import { terminalReport } from './terminal/report.ts'
import { trace } from './terminal/trace.ts'

const argv = process.argv.slice(2)
const json = argv.includes('--json')
const report = terminalReport()

/** Waits until the words are written: exiting earlier would cut them off in a pipe. */
const write = (stream: NodeJS.WriteStream, text: string) =>
  new Promise<void>((resolve) => stream.write(`${text}\n`, () => resolve()))

const printJson = (document: unknown) => write(process.stdout, JSON.stringify(document, null, 2))

async function succeed({ json: document, text, exitCode }: Outcome): Promise<number> {
  await (json ? printJson(document) : write(process.stdout, text))
  return exitCode
}

async function fail(thrown: unknown, exitCode?: number): Promise<number> {
  const error = explain(thrown)
  report.close()
  await write(process.stderr, error.line)
  if (argv.includes('--verbose')) await write(process.stderr, trace(thrown))
  if (json) await printJson({ error: { message: error.message, values: error.values, next: error.next } })
  return exitCode ?? error.exitCode
}

/** Runs the command, and says how far it came where a person stopped it. */
async function work(session: Session, chosen: Chosen): Promise<number> {
  const { signal } = session
  try {
    const outcome = await chosen.run(session)
    report.close()
    if (!signal.aborted) return await succeed(outcome)
  } catch (error) {
    if (!signal.aborted) throw error
  }
  report.close()
  return fail(await stopped(session, chosen.command), interrupted)
}

async function main(): Promise<number> {
  const signal = listen(report)
  try {
    const chosen = choose(argv, commands)
    return chosen ? await withSession(report, signal, (session) => work(session, chosen)) : 0
  } catch (error) {
    return fail(error, signal.aborted ? interrupted : undefined)
  }
}

// A reader that has seen enough, such as head, closes the pipe: no error of ours.
process.stdout.on('error', () => {})
process.exit(await main())
