import { setTimeout as sleep } from 'node:timers/promises'
import { startSync, stopSync } from '../../scripts/engine/sync/index.ts'
import { contextOf } from '../engine/copying.ts'
import { one, run, verifyIn } from '../engine/migration.ts'
import type { Scratch } from '../support/scratch.ts'
import { backfill } from './backfill.ts'
import { legacyWrites } from './legacy-writes.ts'
import { observe } from './observer.ts'
import type { Random } from './random.ts'
import { Session } from './session.ts'
import { targetWrites } from './target-writes.ts'
import { committed, enter, streamOf, type World } from './world.ts'

export interface Options {
  /** Sessions on each side. */
  sessions: number
  /** How often sync is stopped and started, and the backfill with it. */
  rounds: number
  /** Transactions that are waited for in each part of a round. */
  pace: number
  /** Milliseconds that writers rest between transactions, at most. */
  rest: number
}

/** What has happened, for a reader to judge how much was tried. */
export interface Account {
  transactions: number
  committed: number
  /** Rows that acknowledged writes made, changed and deleted. */
  acknowledged: number
  /** Kills of the backfill, and those after its first batch. */
  kills: number
  killedInMidst: number
  /** How often sync was stopped and started again. */
  stops: number
  /** Writers' sessions that were ended from without. */
  ended: number
  /** Snapshots in which both sides were compared. */
  looks: number
  /** Proofs in midst of the writing. */
  proofs: number
}

/**
 * Writers on both sides, from before sync is started until after the last copy. In each round sync is started, the
 * backfill is killed and started again until it ends, the writers go on over both shapes, and sync is stopped; then
 * the legacy's writers go on alone. It ends with both shapes in step.
 */
export async function play(database: Scratch, world: World, options: Options): Promise<Account> {
  const account = { kills: 0, killedInMidst: 0, stops: 0, ended: 0, looks: 0, proofs: 0 }
  const sessions = Array.from({ length: options.sessions }, (_, i) => [
    new Session(world, 'legacy', i, legacyWrites),
    new Session(world, 'target', i, targetWrites),
  ]).flat()
  const chance = streamOf(world, 'scenario')
  world.rest = options.rest
  const others = [...sessions.map((session) => session.write()), endSessions(database, world, sessions)]
  const observing = observe(world)
  try {
    await paced(world, options.pace / 2)
    for (let round = 0; round < options.rounds; round++) {
      await startAll(database, world)
      const done = await backfill(world.url, chance, 1 + chance.below(2), () => families(database))
      account.kills += done.kills
      account.killedInMidst += done.midst
      world.wrong.push(...done.failures)
      enter(world, { settled: true })
      await paced(world, options.pace)
      await proveAlive(database, world)
      account.proofs++
      if (round === options.rounds - 1) break
      await stopAll(database, world)
      account.stops++
      await paced(world, options.pace / 2)
    }
  } finally {
    world.over = true
    await Promise.allSettled([...others, observing])
  }
  const [ended] = (await Promise.all(others)).filter((each): each is number => typeof each === 'number')
  const { transactions } = world.history
  return {
    ...account,
    ended: ended ?? 0,
    looks: await observing,
    transactions: transactions.length,
    committed: committed(world),
    acknowledged: transactions
      .filter((each) => each.committed)
      .reduce((sum, { effects }) => sum + effects.filter(({ did }) => did !== 'read' && did !== 'left').length, 0),
  }
}

async function startAll(database: Scratch, world: World): Promise<void> {
  if (world.sync !== 'off') enter(world, { sync: 'starting' })
  await again(() => startSync(contextOf(database)))
  enter(world, { sync: 'on' })
}

async function stopAll(database: Scratch, world: World): Promise<void> {
  enter(world, { sync: 'stopping', settled: false })
  // it needs every table for a moment, which writers without a pause would never leave it
  const { rest } = world
  world.rest = 500
  await again(() => stopSync(contextOf(database)))
  world.rest = rest
  enter(world, { sync: 'stopped' })
}

/** Its locks are asked for in short attempts, which busy writers may outlast; a person would try again. */
async function again(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work()
      return
    } catch (error) {
      if (attempt === 20) throw error
      await sleep(200)
    }
  }
}

const families = async (database: Scratch) =>
  Number(await one(database, 'select coalesce(sum(families), 0) from sluice.shard'))

/** Waits until the writers have committed so many more transactions; on a busy machine for half a minute, and some. */
async function paced(world: World, transactions: number): Promise<void> {
  const from = committed(world)
  const end = Date.now() + 30_000
  const enough = () => committed(world) >= from + (Date.now() < end ? transactions : 1)
  while (!enough()) {
    if (Date.now() > end + 60_000) throw new Error(`the writers committed ${from} transactions, and then stood still`)
    await sleep(50)
  }
}

/** The whole proof holds in one snapshot in midst of the writing. */
async function proveAlive(database: Scratch, world: World): Promise<void> {
  const proof = await verifyIn(database, 5)
  if (!proof.identical)
    world.wrong.push(`the proof does not hold while writers are at work: ${JSON.stringify(proof.shown)}`)
}

/** Ends a writer's session now and then: it does not learn what became of its transaction. @returns how often */
async function endSessions(database: Scratch, world: World, sessions: readonly Session[]): Promise<number> {
  const chance: Random = streamOf(world, 'ends')
  let ended = 0
  while (!world.over) {
    await sleep(300 + chance.below(1500))
    const { backend } = chance.pick(sessions)
    if (backend && (await one(database, `select pg_terminate_backend(${backend})`))) ended++
  }
  return ended
}

/** Waits until no session of the writers is left. */
export async function quiet(database: Scratch): Promise<void> {
  while (
    (
      await run(
        database,
        `select from pg_stat_activity where datname = current_database() and application_name like 'writer %'`,
      )
    ).length
  )
    await sleep(50)
}
