import { sql } from 'drizzle-orm'
import { type Bound, type TargetTable, valuesOf, valuesRead } from '../bound.ts'
import { keepOf } from '../complement.ts'
import { uniqueKeys } from '../constraints.ts'
import type { Context } from '../context.ts'
import { type Passed, passedInLegacy } from '../enforced.ts'
import { sqlstate } from '../lock.ts'
import { byValues } from '../narrow.ts'
import { tableName, tableSql } from '../shape.ts'
import type { Executor } from '../sql.ts'
import { inTransaction, loadWhole } from '../transaction.ts'
import type { Definition } from './definitions.ts'
import { detach, forgetDetached, takeBack } from './detach.ts'
import { load, parentsOf, settle, stageAndLoad, staysInFamily } from './load.ts'
import { inSessions, type Task } from './tasks.ts'

/** Sessions that load, build and compare side by side. */
const sessions = 2

/**
 * Loads the whole target: keys, indexes and foreign keys are read off the catalogs, dropped while the tables are still
 * empty, and built again after the load; then the complement is kept. Each table goes its own way through this, in
 * transactions of its own, two at a time. Writers of the legacy tables must be waiting, so that all of them see the same.
 * What fails, or is stopped, before the last foreign key is there is taken back, and if the process is killed by the next
 * copy; after that the next copy goes by batches and keeps what was not kept.
 * @returns the number of legacy rows carried, or null when the load must go by batches: the target is not empty, or
 * refuses a row in a way that only narrowing down can find
 */
export async function loadInBulk(context: Context, bound: Bound): Promise<number | null> {
  const { db } = context.connection
  if (await isFilled(db, bound)) {
    context.report.note('the target is not empty: it is brought up to date batch by batch')
    return null
  }
  const passed = await passedInLegacy(db, bound)
  const built = await inTransaction(db, (tx) => detach(tx, bound))
  const { tasks, carried } = tasksOf(context, bound, built, passed)
  try {
    await inSessions(sessions, tasks, context.signal)
    return carried()
  } catch (error) {
    const taken = takeBack(context, bound)
    if (!byValues.test(sqlstate(error) ?? '')) {
      // without a connection nothing can be taken back: then the next copy does it
      await taken.catch(() => {})
      throw error
    }
    await taken
    context.report.note('a row is refused by something the declaration does not know: looking for it batch by batch')
    return null
  }
}

/** The tasks of a load, the longest first, so that no session is left with it at the end; and the rows they have carried. */
function tasksOf({ connection: { db } }: Context, bound: Bound, built: readonly Definition[], passed: Passed) {
  const tasks: Task[] = []
  const add = (needs: readonly Task[], work: (tx: Executor) => Promise<unknown>): Task => {
    const run = () =>
      inTransaction(db, async (tx) => {
        await prepare(tx)
        await work(tx)
      })
    const task = { needs, run }
    tasks.push(task)
    return task
  }
  const bySize = [...bound.target].sort((a, b) => valuesRead(bound, b) - valuesRead(bound, a))
  const loaded = new Map(
    bySize.filter(staysInFamily).map((each) => [each, add([], (tx) => load(tx, bound, each, passed))]),
  )
  /** The last task of each target table. */
  const ready = new Map<TargetTable, Task>()
  const readyOf = (some: readonly TargetTable[]) => some.flatMap((each) => ready.get(each) ?? [])
  for (const each of bound.target) {
    const parents = readyOf(parentsOf(bound, each))
    const own = loaded.get(each)
    const keys = (tx: Executor) => create(tx, built, ({ table, refers }) => table === tableName(each.table) && !refers)
    const relations = (tx: Executor) => settle(tx, bound, each)
    if (!own) ready.set(each, add([add(parents, (tx) => stageAndLoad(tx, bound, each))], keys))
    // rows that claim one value are settled before there is a key of it; the others need not wait for their parents
    else if (uniqueKeys(each.table).length > 0) ready.set(each, add([add([own, ...parents], relations)], keys))
    else ready.set(each, add([add([own], keys), ...parents], relations))
  }
  add([...ready.values()], async (tx) => {
    await create(tx, built, ({ refers }) => refers)
    await forgetDetached(tx, bound)
  })
  let rows = 0
  for (const each of [...bound.legacy].sort((a, b) => valuesOf(b) - valuesOf(a))) {
    const read = bound.target.filter(({ name }) => each.reads.includes(name))
    add(readyOf(read), async (tx) => {
      const kept = await keepOf(tx, bound, each, 'all', true)
      rows += kept
    })
  }
  for (const each of bySize) add(readyOf([each]), (tx) => tx.execute(sql`analyze ${tableSql(each.table)}`))
  return { tasks, carried: () => rows }
}

async function prepare(tx: Executor): Promise<void> {
  await loadWhole(tx)
  // target triggers that would change what is written stay quiet (design §4)
  await tx.execute(sql`select set_config('sluice.writing', 'on', true)`)
}

async function create(tx: Executor, built: readonly Definition[], which: (each: Definition) => boolean): Promise<void> {
  for (const { create: statement } of built.filter(which)) await tx.execute(sql.raw(statement))
}

/** Whether any target table has a row. */
export async function isFilled(db: Executor, bound: Bound): Promise<boolean> {
  const some = bound.target.map(({ table }) => sql`exists (select from ${tableSql(table)})`)
  const [row] = await db.execute(sql`select ${sql.join(some, sql` or `)} as filled`)
  return (row as { filled: boolean }).filled
}
