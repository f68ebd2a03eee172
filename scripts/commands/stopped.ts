import { status } from '../engine/status.ts'
import { Failure, type SluiceError } from '../errors.ts'
import type { Command, Session } from './command.ts'

/** What a person who stopped a command should know: what is done, and how to go on. */
export async function stopped(session: Session, command: Command): Promise<SluiceError> {
  if (command.resume) return new Failure('stopped as asked', {}, command.resume)
  const next = `npm run ${command.name} goes on where it stopped`
  const unstoppable = { ...session, signal: new AbortController().signal }
  const now = await status(unstoppable).catch(() => undefined)
  if (!now) return new Failure('stopped as asked; every finished batch is kept', {}, next)
  const { phase, copy } = now
  return new Failure(
    'stopped as asked; every finished batch is kept',
    {
      phase,
      'families copied': copy?.families,
      shards: copy ? `${copy.finished} of ${copy.shards} finished` : undefined,
    },
    next,
  )
}
