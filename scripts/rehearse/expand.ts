// A process of its own for the one step that no command does alone, so that it can be killed.
import { withSession } from '../commands/session.ts'
import { silent } from '../report.ts'
import { steps } from './steps.ts'

await withSession(silent, new AbortController().signal, (session) => steps.expand(session, session.url))
process.exit(0)
