import { sql } from 'drizzle-orm'
import type { Database } from '../../database/connect.ts'
import type { Context } from '../context.ts'
import { extensions } from '../extend/plan.ts'
import { forecast } from '../forecast.ts'
import { currentPhase } from '../ledger.ts'
import { sqlstate } from '../lock.ts'
import type { Phase } from '../phase.ts'
import type { Finding, Plan } from '../results.ts'
import { access } from './access.ts'
import { columns } from './columns.ts'
import { constraints } from './constraints.ts'
import { cost } from './cost.ts'
import { dependents } from './dependents.ts'
import { type Group, type Look, requireLegacy, rows, survey, textArray } from './look.ts'
import { phases } from './phases.ts'
import { rights } from './rights.ts'
import { surroundings } from './surroundings.ts'
import { targets } from './targets.ts'

/** In the order in which a person wants to know. */
const groups: readonly Group[] = [rights, targets, phases, columns, constraints, dependents, access, surroundings, cost]

/** Where columns are added in place, nobody who depends on the tables loses anything. */
const extensionGroups: readonly Group[] = [rights, targets, extensions, constraints, surroundings]

/**
 * Everything a person should know before a migration starts (design §2, look). Reads one snapshot in a transaction that
 * cannot write; needs no more than to read the catalogs, and says which further rights are missing.
 * @param options.forecast whether to derive every row to see which the target will refuse, which takes a while
 * @throws Refusal where a legacy table is missing
 */
export async function plan(context: Context, options: { forecast: boolean } = { forecast: true }): Promise<Plan> {
  const { system, connection, signal } = context
  return connection.db.transaction(
    async (tx) => {
      const inside: Context = { ...context, connection: { ...connection, db: tx as unknown as Database } }
      await requireLegacy(system, tx)
      const look = await survey(system, tx)
      const findings: Finding[] = []
      for (const group of system.extended ? extensionGroups : groups) {
        signal.throwIfAborted()
        findings.push(...(await group(look)))
      }
      const whole = look.legacy.every(({ readable }) => readable)
      if (whole && options.forecast && !system.extended) findings.push(...(await forecast(inside)))
      const version = await legacyVersion(look)
      return {
        system: system.name,
        phase: await phaseOf(inside),
        ...(version === undefined ? {} : { legacyVersion: version }),
        findings,
      }
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  )
}

/** The phase; a role that may not read the ledger, which the findings say, at least learns that there is one. */
async function phaseOf(context: Context): Promise<Phase> {
  const { db } = context.connection
  const inSavepoint = (tx: unknown) =>
    currentPhase({ ...context, connection: { ...context.connection, db: tx as Database } })
  return db.transaction(inSavepoint).catch((error) => {
    if (sqlstate(error) === '42501') return 'expanded'
    throw error
  })
}

/** What the legacy shape's own tool says, where its table is there, can be read, and is as expected. */
async function legacyVersion({ system, db }: Look): Promise<number | undefined> {
  if (!system.legacyVersion) return undefined
  const { table, query } = system.legacyVersion
  const [found] = await rows<{ readable: boolean }>(
    db,
    sql`
      select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as "readable"
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where n.nspname || '.' || c.relname = any (${textArray([table])})`,
  )
  if (!found?.readable) return undefined
  // In a savepoint: a table of that name may have other columns.
  const [row] = await db.transaction((inner) => rows<Record<string, unknown>>(inner, query)).catch(() => [])
  const version = row && Object.values(row)[0]
  return version === null || version === undefined ? undefined : Number(version)
}
