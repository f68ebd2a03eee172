// A process of its own that does one step which no command does alone, so that it can be killed.
import { withSession } from '../commands/session.ts'
import { silent } from '../report.ts'
import { steps } from './steps.ts'

const step = process.argv[2]
if (step !== 'expand' && step !== 'sync') process.exit(2)
await withSession(silent, new AbortController().signal, (session) => steps[step](session, session.url))
process.exit(0)
