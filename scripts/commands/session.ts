import { openTarget } from '../database/target.ts'
import type { System } from '../engine/system.ts'
import { Refusal } from '../errors.ts'
import type { Report } from '../report.ts'
import { systems } from '../systems/index.ts'
import type { Session } from './command.ts'

/** The system that SYSTEM names. @throws Refusal where there is none of that name */
export async function chosenSystem(): Promise<System> {
  const name = process.env.SYSTEM || 'atp'
  const load = Object.hasOwn(systems, name) ? systems[name] : undefined
  if (load) return load()
  throw new Refusal(
    'SYSTEM names no system',
    { SYSTEM: name, known: Object.keys(systems).join(' ') },
    'set SYSTEM to one of the known names, or leave it out',
  )
}

/** Runs `work` on the database that DATABASE_URL names, or on the server that comes with Sluice, and closes it after. */
export async function withSession<T>(
  report: Report,
  signal: AbortSignal,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const system = await chosenSystem()
  const { connection, url, embedded, close } = await openTarget({ max: 20 })
  try {
    return await work({ system, connection, report, signal, url, embedded })
  } finally {
    await close()
  }
}
