import { sql } from 'drizzle-orm'
import { definition } from '../../../schema/ledger.ts'
import type { Database } from '../../database/connect.ts'
import { type Bound, bind, type LegacyTable } from '../bound.ts'
import type { Context } from '../context.ts'
import { afterLoad, beforeLoad } from '../contract/definitions.ts'
import { legacyRelations, relationNames } from '../contract/text.ts'
import { effectiveRows } from '../effective.ts'
import { lockTables } from '../locks.ts'
import { rows } from '../preflight/look.ts'
import { tableSql } from '../shape.ts'
import { type Executor, list } from '../sql.ts'
import { loadWhole } from '../transaction.ts'
import { archivedSince, archiveOwn, archiveRefused, archiveUnheld, countRows, lastArchived } from './archive.ts'
import { requireSame } from './compare.ts'

interface Statement {
  kind: string
  name: string
  statement: string
  refused: string | null
}

/** The recorded statements of some kinds, in the order in which they are run. */
export const recorded = (db: Executor, system: string, kinds: readonly string[]): Promise<Statement[]> =>
  rows<Statement>(
    db,
    sql`
      select kind, name, statement, refused
      from ${definition}
      where system = ${system}
        and kind in (${list(kinds.map((kind) => sql`${kind}`))})
      order by place`,
  )

/**
 * Rebuilds the legacy tables as they were recorded, with the rows of the effective legacy as it is now. Rows first, then
 * keys and indexes, triggers last, for they must not fire on the load. What the legacy cannot hold is archived. The
 * rebuilt tables are compared with what they were made of before the caller removes anything.
 */
export async function rebuild(context: Context, tx: Database, dryRun: boolean) {
  const { system, report } = context
  await loadWhole(tx)
  const last = await lastArchived(tx)
  report.note('Rebuilding the legacy tables from the new tables and the complement')
  for (const { statement } of await withoutLiving(tx, await recorded(tx, system.name, ['kept view', ...beforeLoad])))
    await tx.execute(sql.raw(statement))
  await revokeDefaults(tx, legacyRelations(system))
  const bare = await bind(system, tx)
  const loaded: Record<string, number> = {}
  for (const legacy of bare.legacy) {
    loaded[legacy.relation] = await load(tx, bare, legacy)
    report.progress({ task: 'rollback', done: sum(loaded), total: sum(loaded) })
    context.signal.throwIfAborted()
  }
  const keys = await withoutLiving(tx, await recorded(tx, system.name, afterLoad.slice(0, -3)))
  for (const each of keys) await build(tx, bare, each)
  for (const { table } of bare.legacy) await tx.execute(sql`analyze ${tableSql(table)}`)
  const bound = await bind(system, tx)
  const refused = await archivedSince(tx, system, last)
  report.note('Comparing the rebuilt tables with what they were made of')
  for (const legacy of bound.legacy) await requireSame(tx, bound, legacy, refused[legacy.relation] ?? 0)
  // what the ledger says of the target's own was written before the contract: what it is now is compared
  await archiveOwn(tx, bound, ['absent'])
  for (const target of bound.target) await archiveUnheld(tx, bound, target)
  if (!dryRun)
    await lockTables(context, tx, [...Object.values(system.target), ...(system.views ?? [])], 'access exclusive')
  if (!dryRun) {
    for (const { statement } of await recorded(tx, system.name, ['undo'])) await tx.execute(sql.raw(statement))
    for (const each of await recorded(tx, system.name, afterLoad.slice(-3))) await build(tx, bound, each)
  }
  return {
    tables: await countRows(tx, Object.values(system.legacy)),
    archived: await archivedSince(tx, system, last),
  }
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0)

/** Default privileges gave a new table what the old one may not have granted. */
async function revokeDefaults(tx: Executor, relations: Parameters<typeof relationNames>[0]): Promise<void> {
  const found = await rows<{ statement: string }>(
    tx,
    sql`
      select distinct format('revoke all on %s from %s', c.oid::regclass,
        case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end) as "statement"
      from unnest(${relationNames(relations)}) as wanted(name)
      join pg_class as c on c.oid = to_regclass(wanted.name)
      cross join aclexplode(c.relacl) as g
      where c.relkind = 'r'
        and g.grantee <> c.relowner`,
  )
  for (const { statement } of found) await tx.execute(sql.raw(statement))
}

/** Rows of which something was kept come first: of two that claim one value, they have the older right to it. */
async function load(tx: Executor, bound: Bound, legacy: LegacyTable): Promise<number> {
  const names = list(
    legacy.live.columns.filter((each) => !each.generated).map(({ name }) => sql`${sql.identifier(name)}`),
  )
  const [row] = await rows<{ rows: number }>(
    tx,
    sql`
      with loaded as (
        insert into ${tableSql(legacy.table)} (${names})
        select ${names}
        from ${effectiveRows(bound, legacy)} as effective
        order by "#kept" desc, "#key", "#ordinal"
        returning 1)
      select count(*)::float8 as "rows"
      from loaded`,
  )
  return row?.rows ?? 0
}

/** Runs a recorded statement; first sets aside what it would refuse. */
async function build(tx: Executor, bound: Bound, { name, statement, refused }: Statement): Promise<void> {
  if (refused !== null) {
    const legacy = await tableNamed(tx, bound, name)
    const reason = `the legacy refuses it: ${statement.replace(/^alter table \S+ /, '')}`
    if (legacy) await archiveRefused(tx, bound, legacy, refused, reason)
  }
  await tx.execute(sql.raw(statement))
}

/** The statements without those for functions and types that are there: nobody has dropped them, and they may have changed. */
async function withoutLiving(tx: Executor, statements: readonly Statement[]): Promise<Statement[]> {
  const living = new Set<string>()
  for (const { kind, name } of statements) {
    const found = kind === 'function' ? sql`to_regprocedure(${name})` : kind === 'enum' && sql`to_regtype(${name})`
    if (!found || living.has(`${kind} ${name}`)) continue
    const [row] = await rows<{ there: boolean }>(tx, sql`select ${found} is not null as "there"`)
    if (row?.there) living.add(`${kind} ${name}`)
  }
  return statements.filter(({ kind, name }) => !living.has(`${kind} ${name}`))
}

async function tableNamed(tx: Executor, bound: Bound, name: string): Promise<LegacyTable | undefined> {
  const names = bound.legacy.map(({ live }) => sql`format('%I.%I', ${live.schema}::text, ${live.name}::text)`)
  const [row] = await rows<{ place: number }>(tx, sql`select array_position(array[${list(names)}], ${name}) as "place"`)
  return row && bound.legacy[row.place - 1]
}
