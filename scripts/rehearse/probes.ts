import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { connect } from '../database/connect.ts'
import { textOf } from '../engine/contract/text.ts'
import { rows } from '../engine/preflight/look.ts'
import { readShape, tableName, tableSql } from '../engine/shape.ts'
import type { System } from '../engine/system.ts'

/** Milliseconds between two statements of a probe. */
const pause = 10

/** A session that asks the legacy tables something small, over and over, as an application would. */
export interface Probe {
  pid: number
  begin(): void
  /** Seconds of the longest answer since `begin`, the one still waited for included, and how many there were. */
  end(): Promise<{ answer: number; statements: number }>
}

/** Reads a row of each legacy table in turn. */
export const reader = (url: string, system: System): Promise<Probe> =>
  probe(
    url,
    Object.values(system.legacy).map((table) => textOf(sql`select * from ${tableSql(table)} limit 1`)),
  )

/**
 * Writes a row of each legacy table in turn, as it is, and takes it back: triggers fire, keys and locks are taken, and
 * nothing is changed in the end.
 */
export async function writer(url: string, system: System): Promise<Probe> {
  const { db, close } = await connect(url, { max: 1 })
  try {
    const tables = Object.values(system.legacy)
    const { tables: live } = await readShape(db, tables)
    const statements = tables.flatMap((table) => {
      const shape = live.get(tableName(table))
      const keys = new Set(shape?.unique.flat())
      const free = shape?.columns.filter(({ generated }) => !generated) ?? []
      const column = free.findLast(({ name }) => !keys.has(name)) ?? free[0]
      if (!column) return []
      const [name, own] = [tableSql(table), sql.identifier(column.name)]
      const write = textOf(sql`update ${name} set ${own} = ${own} where ctid = (select ctid from ${name} limit 1)`)
      return [`begin; ${write}; rollback`]
    })
    return await probe(url, statements)
  } finally {
    await close()
  }
}

async function probe(url: string, statements: readonly string[]): Promise<Probe> {
  const { db } = await connect(url, { max: 1 })
  const [own] = await rows<{ pid: number }>(db, sql`select pg_backend_pid() as "pid"`)
  let watching = false
  let asking: Promise<void> = Promise.resolve()
  let found = { answer: 0, statements: 0 }

  const ask = async (statement: string) => {
    const started = performance.now()
    const asked = found
    // refused, for the tables may be gone: it has waited all the same
    const answered = await db.$client.unsafe(statement).then(
      () => true,
      () => false,
    )
    asked.answer = Math.max(asked.answer, (performance.now() - started) / 1000)
    if (answered) asked.statements++
    else await db.$client.unsafe('rollback').catch(() => {})
  }
  // for as long as the process lives
  void (async () => {
    for (let turn = 0; ; turn++) {
      const statement = statements[turn % statements.length]
      if (watching && statement) {
        asking = ask(statement)
        await asking
      }
      await sleep(pause)
    }
  })()

  return {
    pid: own?.pid ?? 0,
    begin() {
      found = { answer: 0, statements: 0 }
      watching = true
    },
    async end() {
      watching = false
      await asking
      return found
    },
  }
}
