import { count, desc, eq, sql } from 'drizzle-orm'
import { archive, complement, proof, quarantine, shard, targetComplement } from '../../schema/ledger.ts'
import { relationOf } from './bound.ts'
import { isDetached } from './bulk/detach.ts'
import type { Context } from './context.ts'
import { configOf } from './declared.ts'
import { isApplied, partsOf } from './gate/parts.ts'
import { currentPhase } from './ledger.ts'
import type { Phase } from './phase.ts'
import { placed } from './place.ts'
import { readSteps } from './preflight/steps.ts'
import type { Status } from './results.ts'
import { tableName, tableSql } from './shape.ts'
import { costOf, syncOf } from './step.ts'

/** Where a migration is, how far, and what it has set aside. Only reads. */
export async function status(context: Context): Promise<Status> {
  const { system, connection } = context
  const phase = await currentPhase(context)
  const found: Status = {
    system: system.name,
    phase,
    tables: await counts(context, phase),
    complement: {},
    quarantined: {},
    lastProof: null,
    copy: null,
    sync: await syncOf(connection.db, system),
    syncCost: await costOf(connection.db, system),
    unheld: phase === 'contracted' && !system.extended ? null : {},
    ...(system.extended ? { inPlace: true as const } : {}),
    ...((await isDetached(connection.db, system)) ? { loading: true as const } : {}),
    archived: await archivedRows(context),
    ...(system.gates ? { growth: await growth(context) } : {}),
  }
  if (phase === 'legacy') return found
  const { db } = connection
  const own = { complement: eq(complement.system, system.name), quarantine: eq(quarantine.system, system.name) }
  const kept = await db
    .select({ relation: complement.relation, rows: count() })
    .from(complement)
    .where(own.complement)
    .groupBy(complement.relation)
  const aside = await db
    .select({ relation: quarantine.relation, rows: count() })
    .from(quarantine)
    .where(own.quarantine)
    .groupBy(quarantine.relation)
  const unheld = await db
    .select({ relation: targetComplement.relation, rows: count() })
    .from(targetComplement)
    .where(eq(targetComplement.system, system.name))
    .groupBy(targetComplement.relation)
    .orderBy(targetComplement.relation)
  const [last] = await db.select().from(proof).where(eq(proof.system, system.name)).orderBy(desc(proof.id)).limit(1)
  const [copied] = await db
    .select({
      families: sql<number>`coalesce(sum(${shard.families}), 0)::float8`,
      shards: count(),
      finished: sql<number>`count(*) filter (where ${shard.finished})::int`,
    })
    .from(shard)
    .where(eq(shard.system, system.name))
  return {
    ...found,
    complement: Object.fromEntries(kept.map(({ relation, rows }) => [relation, rows])),
    quarantined: Object.fromEntries(aside.map(({ relation, rows }) => [relation, rows])),
    lastProof: last
      ? { identical: last.identical, differences: last.differences, provenAt: last.provenAt, seconds: last.seconds }
      : null,
    copy: copied && copied.shards > 0 ? copied : null,
    ...(phase === 'contracted' && !system.extended
      ? {}
      : { unheld: Object.fromEntries(unheld.map(({ relation, rows }) => [relation, rows])) }),
  }
}

async function growth({ system, connection: { db } }: Context): Promise<NonNullable<Status['growth']>> {
  const parts = partsOf(system, await readSteps(system, db))
  return parts.flatMap((part) =>
    part.gate ? [{ gate: part.gate.name, about: part.gate.about, applied: isApplied(part) }] : [],
  )
}

/** The archive outlives the rest of the ledger. */
async function archivedRows({ system, connection: { db } }: Context): Promise<Status['archived']> {
  const [found] = await db.execute(sql`select to_regclass(${tableName(archive)}) is not null as "there"`)
  if (!(found as { there: boolean }).there) return {}
  const kept = await db
    .select({ relation: archive.relation, rows: count() })
    .from(archive)
    .where(eq(archive.system, system.name))
    .groupBy(archive.relation)
    .orderBy(archive.relation)
  return Object.fromEntries(kept.map(({ relation, rows }) => [relation, rows]))
}

/** Rows of every table of both shapes that exists: counted where that is quick, else the planner's estimate. */
async function counts({ system, connection: { db } }: Context, phase: Phase): Promise<Status['tables']> {
  const tables: Status['tables'] = {}
  const target = placed(system, phase)
  const taken = new Set(target.map(tableName))
  for (const table of [...Object.values(system.legacy).filter((each) => !taken.has(tableName(each))), ...target]) {
    const { schema, name } = configOf(table)
    const [found] = (await db.execute(sql`
      select c.reltuples::float8 as rows
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${schema ?? 'public'}
        and c.relname = ${name}`)) as unknown as { rows: number }[]
    if (!found) continue
    const estimated = found.rows > 1_000_000
    const [exact] = estimated
      ? [found]
      : ((await db.execute(sql`select count(*)::float8 as rows from ${tableSql(table)}`)) as unknown as [
          { rows: number },
        ])
    tables[target.includes(table) ? name : relationOf(system, table)] = { rows: exact.rows, estimated }
  }
  return tables
}
