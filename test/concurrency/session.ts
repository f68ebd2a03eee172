import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import type { Effect, Transaction } from './history.ts'
import type { Random } from './random.ts'
import { streamOf, type World } from './world.ts'

// biome-ignore lint/suspicious/noExplicitAny: rows as the server sends them
export type Row = Record<string, any>

/** One transaction of a writer, from within. */
export interface Tx {
  world: World
  random: Random
  /** Whether each statement sees what was committed before it, and not what was before the transaction. */
  fresh: boolean
  /** A new mark. */
  mark(): string
  run(text: string, values?: unknown[]): Promise<Row[]>
  note(effect: Effect): void
  purge(): void
}

export type Operation = (tx: Tx) => Promise<void>
export type Operations = Readonly<Record<string, readonly [weight: number, operation: Operation]>>

const isolations = ['read committed', 'repeatable read', 'serializable'] as const

/** After these the same may well succeed: what the server promises to tell of races. */
const passing = new Set(['40001', '40P01'])

/** A writer with a connection of its own, which makes transactions until the world is over. */
export class Session {
  readonly world: World
  readonly random: Random
  private readonly side: Transaction['side']
  private readonly operations: Operations
  private readonly name: string
  private sql: postgres.Sql | undefined
  private pid = 0

  constructor(world: World, side: Transaction['side'], number: number, operations: Operations) {
    this.world = world
    this.side = side
    this.operations = operations
    this.name = `${side} ${number}`
    this.random = streamOf(world, this.name)
  }

  async write(): Promise<void> {
    while (!this.world.over) {
      await sleep(this.random.below(this.world.rest))
      // before it is first started nothing refuses them
      if (this.side === 'target' && this.world.sync === 'off') continue
      const plan = this.plan()
      for (let attempt = 0; attempt < 4 && !this.world.over; attempt++) if (await this.attempt(plan)) break
    }
    await this.sql?.end({ timeout: 1 })
  }

  private plan() {
    const { random } = this
    const weights = Object.fromEntries(Object.entries(this.operations).map(([name, [weight]]) => [name, weight]))
    return {
      isolation: random.pick(isolations),
      operations: Array.from({ length: random.pick([1, 1, 1, 2, 3, 4]) }, () => ({
        name: random.weighed(weights),
        saved: random.chance(0.25),
        undone: random.chance(0.3),
      })),
      rolledBack: random.chance(0.06),
    }
  }

  /** @returns false when it should be tried again */
  private async attempt({ isolation, operations, rolledBack }: ReturnType<Session['plan']>): Promise<boolean> {
    const { world } = this
    const before = world.sync
    const told: Transaction = { side: this.side, began: world.tick(), ended: 0, committed: false, effects: [] }
    const epoch = world.epoch
    let purged = false
    let xid: string | null = null
    try {
      this.sql ??= await this.connect()
      const run = async (text: string, values: unknown[] = []): Promise<Row[]> => [
        ...(await (this.sql as postgres.Sql).unsafe(text, values as never[])),
      ]
      await run(`begin isolation level ${isolation}`)
      const tx: Tx = {
        world,
        random: this.random,
        fresh: isolation === 'read committed',
        mark: () => `m${world.tick()}`,
        run,
        note: (effect) => told.effects.push(effect),
        purge: () => {
          purged = true
        },
      }
      for (const { name, saved, undone } of operations) await this.operate(tx, told, name, saved, undone)
      const [row] = await run('select pg_current_xact_id_if_assigned()::text as xid')
      xid = row?.xid
      if (rolledBack) await run('rollback')
      else {
        await run('commit')
        told.committed = true
      }
    } catch (error) {
      const again = this.refuse(error, before)
      if (await this.isLost(error)) told.committed = await this.resolve(xid)
      else await this.sql?.unsafe('rollback').catch(() => this.drop())
      if (!told.committed) {
        told.ended = world.tick()
        world.history.transactions.push(told)
        return !again
      }
    }
    told.ended = world.tick()
    world.history.transactions.push(told)
    if (!told.committed) return true
    if (purged) world.history.purges.push(told.ended)
    const wrote = told.effects.some(({ did }) => did === 'wrote' || did === 'born' || did === 'died')
    if (wrote && this.side === 'target' && before === 'stopped' && epoch === world.epoch) {
      world.wrong.push(`${this.name}: a write to the target was acknowledged while sync was stopped`)
    }
    return true
  }

  private async operate(tx: Tx, told: Transaction, name: string, saved: boolean, undone: boolean): Promise<void> {
    const operation = this.operations[name]?.[1] as Operation
    if (!saved) return operation(tx)
    const kept = told.effects.length
    await tx.run('savepoint here')
    try {
      await operation(tx)
    } catch (error) {
      if (passing.has(codeOf(error)) || (await this.isLost(error))) throw error
      this.refuse(error, this.world.sync)
      told.effects.length = kept
      await tx.run('rollback to savepoint here')
      return
    }
    if (!undone) return
    told.effects.length = kept
    await tx.run('rollback to savepoint here')
  }

  /** Counts a refusal; what no client may be told is noted. @returns whether to try again */
  private refuse(error: unknown, sync: World['sync']): boolean {
    const { world, side } = this
    const { code = '', constraint_name: constraint, message = '' } = error as postgres.PostgresError
    const text = [side, code, constraint ?? (isExpectedAlone(code) ? '' : message.slice(0, 120))].join(' ').trim()
    world.answers.set(text, (world.answers.get(text) ?? 0) + 1)
    if (!this.isExpected(error, sync)) world.wrong.push(`${this.name}: ${code} ${(error as Error).stack ?? error}`)
    return passing.has(code)
  }

  /** Races and lost sessions, each side's own constraints and no other's, and the target's refusal while sync is off. */
  private isExpected(error: unknown, sync: World['sync']): boolean {
    const { code = '', constraint_name: constraint = '' } = error as postgres.PostgresError
    if (passing.has(code) || lost.test(code)) return true
    if (/^23/.test(code)) {
      return this.side === 'legacy'
        ? /^(media|training|prediction)_(pkey|tmdb_id_key)$/.test(constraint)
        : /^(media_metadata|downloads|files|media_metrics)_/.test(constraint)
    }
    return this.side === 'target' && code === refusedWhileStopped && (sync !== 'on' || this.world.sync !== 'on')
  }

  private async isLost(error: unknown): Promise<boolean> {
    if (!lost.test(codeOf(error))) return false
    await this.drop()
    return true
  }

  /** Whether a transaction was committed whose answer never came. */
  private async resolve(xid: string | null): Promise<boolean> {
    if (xid === null) return false
    this.sql = await this.connect()
    for (;;) {
      const [row] = await this.sql.unsafe('select pg_xact_status($1::text::xid8) as status', [xid])
      if (row?.status !== 'in progress') return row?.status === 'committed'
    }
  }

  private async drop(): Promise<void> {
    await this.sql?.end({ timeout: 0 }).catch(() => {})
    this.sql = undefined
  }

  private async connect(): Promise<postgres.Sql> {
    // as the applications are: nothing is pinned, and schemas go unsaid
    const sql = postgres(this.world.url, {
      max: 1,
      onnotice: () => {},
      idle_timeout: 0,
      max_lifetime: null,
      connection: { application_name: `writer ${this.name}`, search_path: 'atp', statement_timeout: 60_000 },
    })
    const [row] = await sql.unsafe('select pg_backend_pid() as pid')
    this.pid = row?.pid
    return sql
  }

  /** The server's number of its session, for whoever ends it. */
  get backend(): number {
    return this.pid
  }
}

const isExpectedAlone = (code: string) => passing.has(code) || lost.test(code) || code === refusedWhileStopped

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code ?? '')

/** The session has ended: by an administrator, or without a word. */
const lost = /^(57P01|08\w{3}|CONNECTION_(CLOSED|ENDED|DESTROYED)|ECONNRESET|EPIPE)$/

/** What a write to the target is told while sync is stopped. */
const refusedWhileStopped = '25006'
