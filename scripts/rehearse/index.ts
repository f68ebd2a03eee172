import type { Session } from '../commands/command.ts'
import { connect } from '../database/connect.ts'
import { formatUrl, parseUrl } from '../database/url.ts'
import type { Context } from '../engine/context.ts'
import { requireReady } from '../engine/expand.ts'
import { currentPhase } from '../engine/ledger.ts'
import type { Phase } from '../engine/phase.ts'
import { Refusal } from '../errors.ts'
import { type Clone, type CloneOptions, cloneOf } from './clone.ts'
import { now } from './compare.ts'
import { live, type Seen, type Stage, Stumbled, survive, take } from './life.ts'
import type { Forward, Rehearsal } from './results.ts'
import { roundsOf, type Until } from './steps.ts'
import { watch } from './watch.ts'

/** What the sessions of the rehearsal are called, so that their locks can be told from those of others. */
const application = 'sluice_rehearsal'

export interface RehearseOptions extends CloneOptions {
  kills: boolean
  /** The last phase that is gone to. */
  until: Until
}

/**
 * Plays the whole life of a migration on a clone of the database: to each phase and back, and once more with a kill -9
 * in every step. The original is only read; the clone goes when the rehearsal ends, however it ends.
 * @throws Refusal where the database cannot be cloned as asked, or a migration would be refused at once
 */
export async function rehearse(session: Session, { kills, until, ...options }: RehearseOptions): Promise<Rehearsal> {
  const started = performance.now()
  const { system } = session
  const phase = await currentPhase(session)
  if (phase === 'legacy') await requireReady(system, session.connection.db)
  const clone = await cloneOf(session, options)
  const seen: Seen = { steps: [], kills: [], proofs: [], comparisons: [], archived: {} }
  try {
    session.signal.throwIfAborted()
    const played = await play(session, clone, { phase, kills, rounds: roundsOf(system, until) }, seen)
    const { way, database, seconds, kept, differences } = clone
    const failed = [...seen.steps, ...seen.kills].some(({ error }) => error !== undefined)
    const identical = differences.length === 0 && seen.comparisons.every((each) => each.identical)
    return {
      system: system.name,
      phase,
      clone: { way, database, seconds, server: played.server, kept, differences },
      tables: played.tables,
      ...seen,
      outcome: failed && !played.refused ? 'failed' : failed || !identical ? 'different' : 'identical',
      seconds: (performance.now() - started) / 1000,
    }
  } finally {
    await clone.drop()
  }
}

interface Life {
  /** The phase of the original. */
  phase: Phase
  kills: boolean
  rounds: Forward[][]
}

interface Played {
  server: number
  tables: Record<string, number>
  /** Whether what ended it early was a refusal: exit code 2. */
  refused: boolean
}

async function play(session: Session, clone: Clone, { rounds, ...life }: Life, seen: Seen): Promise<Played> {
  const { system, signal, report } = session
  const address = parseUrl(clone.url)
  const url = formatUrl({ ...address, settings: { ...address.settings, application_name: application } })
  const connection = await connect(url, { max: 20 })
  // what the steps say of their own is left out
  const context: Context = { system, connection, signal, report: { note: () => {}, progress: report.progress } }
  try {
    const watching = await watch(clone.url, application, signal)
    try {
      const stage: Stage = { context, report, url, watch: watching, rounds, before: { catalogs: [], tables: {} } }
      const refused = await wholeLife(stage, life, seen).catch((error) => {
        if (!(error instanceof Stumbled)) throw error
        return error.cause instanceof Refusal
      })
      const tables = Object.entries(stage.before.tables).map(([name, { rows }]) => [name, rows])
      return { server: connection.serverVersion, tables: Object.fromEntries(tables), refused }
    } finally {
      await watching.close()
    }
  } finally {
    await connection.close()
  }
}

/** @returns false: nothing was refused. @throws Stumbled */
async function wholeLife(stage: Stage, { phase, kills }: Pick<Life, 'phase' | 'kills'>, seen: Seen): Promise<false> {
  const { context, report, url } = stage
  if (phase !== 'legacy') {
    report.note(`The original is at phase ${phase}: the clone goes back to the legacy first`)
    await take(stage, seen, 'rollback')
  }
  stage.before = await now(context, url)
  await live(stage, seen)
  if (kills) await survive(stage, seen)
  return false
}
