import { setImmediate as turn } from 'node:timers/promises'
import type postgres from 'postgres'
import { Failure } from '../errors.ts'

// What postgres.js 3.4.9 does when a session ends in the midst of a transaction, and what must not happen here:
// the transaction's function goes on, and its next statement runs, and commits, in a new session, outside of any
// transaction; or a write to the lost socket throws where nobody can catch it, and ends the process
// (porsager/postgres#1208, #1215, #1216). Its reserved sessions change into new ones without a word, without their locks.

/**
 * Whether it is what postgres.js leaves behind where a session is lost before its first statement, while the types of arrays
 * are asked for: nobody can catch that rejection, and the statement is told the same (porsager/postgres#1192).
 */
export const isOfArrayTypes = (reason: unknown): boolean =>
  (reason as { query?: string } | null | undefined)?.query?.includes('typarray') ?? false

process.on('unhandledRejection', (reason) => {
  if (!isOfArrayTypes(reason)) throw reason
})

type Sql = postgres.Sql
type Work = (sql: postgres.TransactionSql) => unknown
type Any = (...args: unknown[]) => unknown

/** Opens a client of at most `max` sessions that calls `onclose` whenever one ends. */
export type Open = (max: number, onclose: () => void) => Sql

/**
 * Returns a pool in which a session that is lost stays lost: whatever is still sent to its transaction or its
 * reservation is refused. Statements of their own get a new session; the first of them may be refused, without having
 * run, with the lost session's last words.
 */
export function guarded(open: Open, max: number): Sql {
  // A session ended in this turn of the event loop; whose it was is known when the promises have settled.
  let closing = false
  const pool = open(max, () => {
    closing = true
    setImmediate(() => {
      closing = false
    })
  })

  const begin = (...args: [string, Work] | [Work]) => {
    const work = args.at(-1) as Work
    const options = args.length === 2 ? args[0] : ''
    let over = false
    const guard = {
      mayWrite: () => !over && !closing,
      // Before postgres.js writes commit or rollback: never, if the session is gone. Then begin() itself rejects.
      settle: async () => {
        await turn()
        await turn() // a reset is an error first, and a close only after the next turn
        if (over) await new Promise(() => {})
      },
    }
    const result = pool.begin(options, (sql) => within(sql, work, guard))
    const end = () => {
      over = true
    }
    result.then(end, end)
    return result
  }

  const reserve = async () => {
    let lost = false
    const own = open(1, () => {
      lost = true
    })
    // Drizzle has its own way of reading dates, and puts it into the pool's options.
    Object.assign(own.options.parsers, pool.options.parsers)
    Object.assign(own.options.serializers, pool.options.serializers)
    await own`select`
    const release = () => void own.end({ timeout: 5 })
    return replaced(own, () => !lost, { release })
  }

  return replaced(pool, () => true, { begin, reserve })
}

interface Guard {
  mayWrite(): boolean
  settle(): Promise<void>
}

async function within(sql: postgres.TransactionSql, work: Work, guard: Guard): Promise<unknown> {
  const savepoint = (...args: unknown[]) => {
    const inner = args.pop() as Work
    return (sql.savepoint as Any)(...args, (nested: postgres.TransactionSql) => within(nested, inner, guard))
  }
  try {
    const result = await work(replaced(sql, guard.mayWrite, { savepoint }))
    const all = Array.isArray(result) ? await Promise.all(result) : result
    if (!guard.mayWrite()) await guard.settle()
    return all
  } catch (error) {
    await guard.settle()
    throw error
  }
}

/** `target` with some of its methods replaced, refusing every call once its session is lost. */
function replaced<T extends Any>(target: T, alive: () => boolean, methods: Record<string, unknown>): T {
  const check = () => {
    if (!alive()) throw lostSession()
  }
  return new Proxy(target, {
    apply: (_, self, args) => {
      check()
      return Reflect.apply(target, self, args)
    },
    get: (_, key) => {
      if (key === 'unsafe' || key === 'savepoint' || key === 'file' || key === 'notify') check()
      return typeof key === 'string' && Object.hasOwn(methods, key) ? methods[key] : Reflect.get(target, key)
    },
  })
}

function lostSession(): Failure {
  return new Failure('the session with the server was lost', {}, 'run the command again: it resumes where it was')
}
