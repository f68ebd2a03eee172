import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { type SQL, sql } from 'drizzle-orm'
import type { Session } from '../commands/command.ts'
import { type Connection, connect } from '../database/connect.ts'
import { startEmbedded } from '../database/embedded.ts'
import { ownDatabase } from '../database/target.ts'
import { type Address, formatUrl, parseUrl } from '../database/url.ts'
import { Refusal } from '../errors.ts'
import { fill } from './fill.ts'
import { keeperOf } from './keeper.ts'
import { lookAtOriginal, type Original } from './original.ts'
import type { Way } from './results.ts'
import { requireTools } from './tools.ts'

/** The database that the rehearsal is played on. */
export interface Clone {
  way: Way
  database: string
  /** Holds a password: never to be printed. */
  url: string
  seconds: number
  /** What could not be brought over. */
  differences: string[]
  /** How to look at it, where it is to be kept. */
  kept: string | null
  /** Drops it, or leaves it where it is to be kept. May be called again, and ends what is at work in it. */
  drop(): Promise<void>
}

export interface CloneOptions {
  /** Without it: a template where that is possible, otherwise the server that comes with Sluice. */
  into: Way | undefined
  keep: boolean
}

/** An empty or finished database, and how it goes away again. */
type Place = Pick<Clone, 'database' | 'url' | 'kept' | 'drop'>

/**
 * Clones the session's database, of which nothing but reading is asked, and no session of others is ended. The session's
 * own pool is closed: a template may have no sessions.
 * @throws Refusal where the way asked for cannot be gone
 */
export async function cloneOf(session: Session, options: CloneOptions): Promise<Clone> {
  const started = performance.now()
  await session.connection.close()
  const { connection, original } = await lookAtOriginal(session.url)
  try {
    const way = options.into ?? (templateRefused(original) ? 'embedded' : 'template')
    const from = parseUrl(session.url)
    session.report.note(`Cloning ${original.database}: ${words[way]}`)
    if (way === 'template') {
      const refusal = templateRefused(original)
      if (refusal) throw refusal
      const place = await besides(
        session,
        connection,
        original,
        options.keep,
        sql`template ${named(original.database)}`,
      )
      return { way, ...place, differences: [], seconds: (performance.now() - started) / 1000 }
    }
    requireTools(connection.serverVersion)
    const place =
      way === 'server'
        ? await onSameServer(session, connection, original, options.keep)
        : await embedded(session, original, options.keep)
    session.signal.addEventListener('abort', () => place.drop().catch(() => {}), { once: true })
    try {
      const differences = await fill(session, connection, from, place.url)
      return { way, ...place, differences, seconds: (performance.now() - started) / 1000 }
    } catch (error) {
      await place.drop()
      throw error
    }
  } finally {
    await connection.close()
  }
}

const words: Record<Way, string> = {
  template: 'the server copies it, and whoever wants to connect to it waits meanwhile',
  server: 'by pg_dump into a database of the same server',
  embedded: 'by pg_dump into a server that comes with Sluice',
}

const named = (database: string) => sql.identifier(database)
const newName = () => `sluice_rehearsal_${randomBytes(5).toString('hex')}`

/** Why the server cannot copy the database by itself. */
function templateRefused({ database, role, mayCreate, mayCopy, others }: Original): Refusal | undefined {
  const embedded = 'npm run rehearse -- --into embedded'
  if (!mayCreate) return mayNotCreate(role, embedded)
  if (!mayCopy) return new Refusal('only its owner may use the database as a template', { role, database }, embedded)
  const [first] = others
  if (first === undefined) return undefined
  return new Refusal(
    'other sessions are connected, and a template may have none',
    { database, sessions: others.length, first },
    `${embedded}, or end them, then start the same command again`,
  )
}

const mayNotCreate = (role: string, next: string) =>
  new Refusal('this role may not create databases', { role }, `alter role ${role} createdb, or ${next}`)

async function onSameServer(
  session: Session,
  connection: Connection,
  original: Original,
  keep: boolean,
): Promise<Place> {
  if (!original.mayCreate) throw mayNotCreate(original.role, 'npm run rehearse -- --into embedded')
  return besides(session, connection, original, keep, sql`template template0 ${localeOf(original)}`)
}

/** Creates a database on the original's server, where others have theirs: it must go, however this process ends. */
async function besides(
  { url, signal }: Session,
  { db }: Connection,
  { database: from }: Original,
  keep: boolean,
  how: SQL,
): Promise<Place> {
  const database = newName()
  const keeper = keeperOf(url, database)
  const cancel = () => keeper.drop().catch(() => {})
  signal.addEventListener('abort', cancel, { once: true })
  try {
    await db.execute(sql`create database ${named(database)} ${how}`)
    // the rows of the original may be read by those who may read the original, who are not everybody
    await db.execute(sql`revoke connect, temporary on database ${named(database)} from public`)
  } catch (error) {
    await keeper.drop()
    throw error
  }
  const address = { ...parseUrl(url), database }
  return {
    database,
    url: formatUrl(address),
    kept: keep ? `database ${database} on the server of ${from}; drop it when you have seen enough` : null,
    drop: () => (keep && !signal.aborted ? keeper.leave() : keeper.drop()),
  }
}

/** A server of the clone's own: it goes with the process that uses it, unless it is to be kept. */
async function embedded({ system }: Session, original: Original, keep: boolean): Promise<Place> {
  const root = process.env.SLUICE_HOME || path.resolve(import.meta.dirname, '../..')
  const home = path.join(root, '.sluice-rehearsals', newName())
  const server = await startEmbedded(
    keep ? { dataDir: path.join(home, '.sluice') } : { settings: { synchronous_commit: 'off' } },
  )
  const database = ownDatabase(system.name)
  const address: Address = { ...parseUrl(server.url), database }
  try {
    const { db, close } = await connect(formatUrl({ ...address, database: 'template1' }), { max: 1 })
    try {
      await createLike(db, database, original)
    } finally {
      await close()
    }
  } catch (error) {
    await server.stop()
    throw error
  }
  const kept = keep
    ? `SYSTEM=${system.name} SLUICE_HOME=${home} npm run status (without DATABASE_URL); delete ${home} when you have seen enough`
    : null
  return { database, url: formatUrl(address), kept, drop: () => server.stop() }
}

/** The system's own database, with the original's encoding and locale where this machine has them. */
async function createLike(db: Connection['db'], database: string, original: Original): Promise<void> {
  await db.execute(sql`drop database if exists ${named(database)}`)
  const create = sql`create database ${named(database)} template template0`
  try {
    await db.execute(sql`${create} ${localeOf(original)}`)
  } catch {
    const { encoding } = original.locale
    await db.execute(sql`${create} encoding ${sql.raw(`'${encoding}'`)} lc_collate 'C' lc_ctype 'C'`)
  }
}

/** From the catalogs of the original, quoted: these options take no parameters. */
function localeOf({ locale: { encoding, collate, ctype, provider, name } }: Original): SQL {
  const text = (value: string) => sql.raw(`'${value.replaceAll("'", "''")}'`)
  const provided =
    provider === 'i' && name
      ? sql`locale_provider icu icu_locale ${text(name)}`
      : provider === 'b' && name
        ? sql`locale_provider builtin builtin_locale ${text(name)}`
        : sql``
  return sql`encoding ${text(encoding)} lc_collate ${text(collate)} lc_ctype ${text(ctype)} ${provided}`
}
