import { createHash, randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { sqlstate } from '../engine/lock.ts'
import type { Application } from '../systems/applications.ts'
import type { Session } from './command.ts'

/** An application that writes one shape all the while. */
export interface Writer {
  /** Ends it, after the write that is under way. @returns what was acknowledged, and told to be tried again */
  stop(): Promise<Written>
}

export interface Written {
  /** Writes that the server has acknowledged. */
  acknowledged: number
  /** Writes that it asked to be tried again: 40001 and 40P01. */
  retried: number
  /** The keys of the rows that were inserted. */
  keys: string[]
}

const again = new Set(['40001', '40P01'])

/** Starts an application: one statement after another, with a little pause between them. */
export function startWriter({ connection: { db } }: Session, { writes, path }: Application): Writer {
  const written: Written = { acknowledged: 0, retried: 0, keys: [] }
  const stopping = new AbortController()
  const work = async () => {
    for (let turn = 0; !stopping.signal.aborted; turn++) {
      const key = createHash('sha1').update(randomUUID()).digest('hex')
      const write = writes[turn % writes.length]?.(key)
      if (!write) return
      try {
        const inserted = await db.transaction(async (tx) => {
          if (path) await tx.execute(sql`select set_config('search_path', ${path}, true)`)
          return tx.execute(write)
        })
        written.acknowledged++
        if (inserted.length > 0) written.keys.push(key)
      } catch (error) {
        if (!again.has(sqlstate(error) ?? '')) throw error
        written.retried++
      }
      await setTimeout(10)
    }
  }
  const done = work()
  // what went wrong is told by stop; until then nobody listens
  done.catch(() => {})
  return {
    async stop() {
      stopping.abort()
      await done
      return written
    },
  }
}
