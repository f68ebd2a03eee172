import { stopSync } from '../../scripts/engine/sync/index.ts'
import { catalogsOf } from '../engine/catalogs.ts'
import { contextOf, expanded } from '../engine/copying.ts'
import { verifyIn } from '../engine/migration.ts'
import { legacyNames, lost, rebuild } from '../engine/rebuild.ts'
import { scratchDatabase } from '../support/scratch.ts'
import { unexplained } from './equation.ts'
import { problems } from './model.ts'
import { type Account, type Options, play, quiet } from './scenario.ts'
import { survivors } from './survivors.ts'
import { settle } from './world.ts'

export interface Run extends Options {
  seed: number
  version: number
}

/** What is wrong at the end, by who says so. All lists are empty when nothing is. */
export interface Verdict {
  /** Seen while the writers were at work: the sides in one snapshot, the proof, answers that no client may get. */
  whileWriting: string[]
  /** What the writers were told, against what is there. */
  acknowledged: string[]
  /** The engine's proof. */
  proof: unknown[]
  /** The target against ATP's derive queries over the final legacy. */
  target: unknown[]
  /** The legacy against what ATP's restore queries and the complement make of the target. */
  rebuilt: unknown[]
  /** The catalogs before sync was first started, against those after it was stopped. */
  catalogs: string[]
}

/** What a stopped sync leaves on the target: nothing may be written to it. */
const guards = /sluice_read_only|\batp_read_only\b/

/** Plays the scenario on a legacy of its own, and judges it. */
export async function once({
  seed,
  version,
  ...options
}: Run): Promise<{ verdict: Verdict; account: Account; answers: Record<string, number> }> {
  const database = await scratchDatabase(await expanded({ rows: 240, version, dirt: 0.2, seed }))
  try {
    const world = await settle(database, seed, version)
    const before = await catalogsOf(database, ['sluice'])
    const account = await play(database, world, options)
    await quiet(database)
    const proof = await verifyIn(database, 10)
    const target = await unexplained(database)
    await rebuild(database)
    const rebuilt = await Promise.all(legacyNames.map((name) => lost(database, name)))
    const acknowledged = problems(world.history, await survivors(database, world))
    await stopSync(contextOf(database))
    const after = (await catalogsOf(database, ['sluice', 'final', 'rebuilt'])).filter((line) => !guards.test(line))
    return {
      account,
      answers: Object.fromEntries([...world.answers].sort()),
      verdict: {
        whileWriting: world.wrong.slice(0, 10),
        acknowledged: acknowledged.slice(0, 10),
        proof: proof.identical ? [] : proof.shown,
        target: target.slice(0, 10),
        rebuilt: rebuilt.flat().slice(0, 10),
        catalogs: [
          ...after.filter((line) => !before.includes(line)),
          ...before.filter((line) => !after.includes(line)),
        ],
      },
    }
  } finally {
    await database.drop()
  }
}
