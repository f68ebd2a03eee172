import { setTimeout } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import type { Database } from '../../database/connect.ts'
import { Failure, Refusal } from '../../errors.ts'
import type { Context } from '../context.ts'
import { type Contracted, lockSteps } from '../contract/index.ts'
import { currentPhase } from '../ledger.ts'
import { sqlstate, withLock, withSession } from '../lock.ts'
import { defaultLockTimeout } from '../locks.ts'
import { readSteps, stepsFolder } from '../preflight/steps.ts'
import { refusalOf } from '../refused.ts'
import type { Executor } from '../sql.ts'
import { bindExtensions } from './bind.ts'
import { type Refusing, refusing } from './refusing.ts'
import { extensionSync } from './triggers.ts'
import { undone, type Work, workOf } from './work.ts'

const alive = 'npm run sync, npm run copy and npm run verify'

/**
 * What can be said before anything is changed.
 * @returns whether there is anything left to do
 * @throws Refusal where it is not proven or not kept in step, or rows stand in the way, which are named
 */
export async function requireFinishable(context: Context): Promise<boolean> {
  const { system, connection } = context
  const phase = await currentPhase(context)
  if (phase === 'contracted') return false
  if (phase !== 'verified') {
    const next = { legacy: 'npm run migrate', expanded: alive, syncing: 'npm run copy, then npm run verify' }[phase]
    throw new Refusal('only what is verified can be finished', { system: system.name, phase }, next)
  }
  const sync = await extensionSync(connection.db, system)
  if (sync !== 'on') throw new Refusal('old and new columns are not kept in step', { sync }, alive)
  for (const bound of await bindExtensions(system, connection.db)) {
    const [first, ...more] = await refusing(connection.db, system, bound)
    if (first) throw inTheWay(first, more)
  }
  return true
}

const inTheWay = ({ table, name, what, rows, samples }: Refusing, more: readonly Refusing[]) =>
  new Refusal(
    `${name} cannot be made: ${what}`,
    { table, found: rows, rows: samples.join('; '), 'and more': more.map((each) => each.name).join(', ') || undefined },
    'put these rows right, then start the same command again',
  )

/**
 * The end of an extension, in which nothing is dropped: what must be there is made not null, references and indexes are
 * added, each without a lock that anybody waits for longer than an attempt; then the steps are applied, whose guard proves
 * everything once more. Started again it goes on with what is left.
 * @throws Refusal where `requireFinishable` or the guard refuses
 */
export async function finish(context: Context): Promise<Contracted> {
  const started = performance.now()
  const { system, connection, report } = context
  if (!(await requireFinishable(context))) return { applied: [], dropped: [], views: [], seconds: 0 }
  await withLock(context, 'exclusive', () =>
    withSession(context, async (session) => {
      for (const work of await undone(session, await workOf(system, session))) {
        context.signal.throwIfAborted()
        report.note(`${work.table}: ${words(work)}`)
        await add(context, session, work)
      }
    }),
  )
  report.note('Proving once more, then recording the steps')
  const applied = await connection.db
    .transaction(async (tx) => {
      await lockSteps(tx)
      const pending = (await readSteps(system, tx, 'contract')).filter((step) => !step.applied)
      await migrate(tx as unknown as Database, { migrationsFolder: stepsFolder(system, 'contract') })
      return pending.map(({ name }) => name)
    })
    .catch((error) => {
      throw refusalOf(error) ?? error
    })
  return { applied, dropped: [], views: [], seconds: (performance.now() - started) / 1000 }
}

const words = (work: Work): string => ('name' in work ? `${work.kind} ${work.name}` : `${work.column}: ${work.kind}`)

/** Adds one thing. What only looks at rows blocks nobody; what changes the catalogs does so in short attempts. */
async function add(context: Context, session: Executor, work: Work): Promise<void> {
  const table = sql.raw(quotedName(work.table))
  const short = (statement: ReturnType<typeof sql>) => inAttempts(context, session, statement)
  switch (work.kind) {
    case 'default':
      return short(sql.raw(work.statement))
    case 'not null': {
      const check = sql.identifier(`sluice_${work.column}_not_null`)
      // once a valid check says so, no row is looked at again
      await short(sql`alter table ${table} drop constraint if exists ${check}`)
      await short(
        sql`alter table ${table} add constraint ${check} check (${sql.identifier(work.column)} is not null) not valid`,
      )
      await patiently(session, sql`alter table ${table} validate constraint ${check}`).catch(refuse(work))
      await short(sql`alter table ${table} alter column ${sql.identifier(work.column)} set not null`)
      return short(sql`alter table ${table} drop constraint ${check}`)
    }
    case 'foreign key': {
      const name = sql.identifier(work.name)
      await short(sql`alter table ${table} drop constraint if exists ${name}`)
      await short(sql`${sql.raw(work.statement)} not valid`)
      return patiently(session, sql`alter table ${table} validate constraint ${name}`).catch(refuse(work))
    }
    case 'index':
      return addIndex(context, session, work)
  }
}

/** Waits for transactions under way, but makes nobody wait. What is left of an attempt that failed is dropped first. */
async function addIndex(context: Context, session: Executor, work: Work & { kind: 'index' }): Promise<void> {
  const [schema = ''] = work.table.split('.')
  const drop = sql`drop index concurrently if exists ${sql.identifier(schema)}.${sql.identifier(work.name)}`
  const statement = work.statement.replace(/index (if not exists )?/i, 'index concurrently ')
  for (let attempt = 1; ; attempt++) {
    context.signal.throwIfAborted()
    await patiently(session, drop)
    try {
      return await patiently(session, sql.raw(statement))
    } catch (error) {
      await patiently(session, drop)
      if (attempt >= 10 || !['40P01', '55P03'].includes(sqlstate(error) ?? '')) refuse(work)(error)
      await setTimeout(200 + Math.random() * 300)
    }
  }
}

/** A row that came in between is refused like one that was there before. */
const refuse =
  (work: Work) =>
  (error: unknown): never => {
    if (!['23502', '23503', '23505', '23514'].includes(sqlstate(error) ?? '')) throw error
    throw new Refusal(
      `${words(work)} cannot be made: a row that was written meanwhile stands in the way`,
      { table: work.table },
      'start the same command again: it names the row',
      error,
    )
  }

async function patiently(session: Executor, statement: ReturnType<typeof sql>): Promise<void> {
  await session.execute(sql.raw('set lock_timeout = 0'))
  try {
    await session.execute(statement)
  } finally {
    await session.execute(sql.raw('reset lock_timeout'))
  }
}

async function inAttempts(context: Context, session: Executor, statement: ReturnType<typeof sql>): Promise<void> {
  const timeout = Number(context.lockTimeout ?? defaultLockTimeout)
  for (let attempt = 1; ; attempt++) {
    context.signal.throwIfAborted()
    await session.execute(sql.raw(`set lock_timeout = ${timeout}`))
    try {
      await session.execute(statement)
      return
    } catch (error) {
      if (!['40P01', '55P03'].includes(sqlstate(error) ?? '')) throw error
      if (attempt >= 100)
        throw new Failure(
          'other sessions hold locks on the table; what was added so far stays',
          { tries: attempt, 'waited each time': `${timeout} ms` },
          'end their transactions, or give --lock-timeout more milliseconds, then start the same command again',
          error,
        )
      await setTimeout(200 + timeout * Math.random())
    } finally {
      await session.execute(sql.raw('reset lock_timeout'))
    }
  }
}

const quotedName = (name: string): string =>
  name
    .split('.')
    .map((part) => `"${part}"`)
    .join('.')
