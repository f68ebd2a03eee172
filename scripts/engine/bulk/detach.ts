import { type SQL, sql } from 'drizzle-orm'
import { shard, sluice } from '../../../schema/ledger.ts'
import { Refusal } from '../../errors.ts'
import type { Bound } from '../bound.ts'
import { forgetComplement } from '../complement.ts'
import type { Context } from '../context.ts'
import { functionOf, makeFunction, onlyForOwner } from '../contract/text.ts'
import { rows, textArray } from '../preflight/look.ts'
import { clearAside } from '../quarantine.ts'
import { tableSql } from '../shape.ts'
import { type Executor, list } from '../sql.ts'
import type { System } from '../system.ts'
import { inTransaction } from '../transaction.ts'
import { type Definition, definitions } from './definitions.ts'

/*
 * A bulk load does without the target's keys, indexes and foreign keys, from one transaction to another. Meanwhile a
 * function in the ledger's schema tells how they were: as long as it is there, the load is not done, and whoever copies
 * next takes back what is there of it.
 */

const recordOf = (system: System): SQL => functionOf(system, 'detached')

/** Drops the keys, indexes and foreign keys of the target, whose tables are empty, and leaves the record of them. */
export async function detach(tx: Executor, bound: Bound): Promise<Definition[]> {
  await forgetCopied(tx, bound)
  const built = await definitions(tx, bound)
  await drop(tx, built)
  const record = sql`
    select place, statement
    from unnest(${textArray(built.map((each) => each.create))}) with ordinality as built(statement, place)`
  await tx.execute(makeFunction(recordOf(bound.system), sql`place bigint, statement text`, record))
  await tx.execute(onlyForOwner(recordOf(bound.system)))
  return built
}

/** Drops the record: all is there again that it tells of. */
export async function forgetDetached(tx: Executor, { system }: Bound): Promise<void> {
  await tx.execute(sql`drop function ${recordOf(system)}()`)
}

/** Whether a bulk load was begun and neither done nor taken back: it is under way, or was interrupted. */
export async function isDetached(db: Executor, system: System): Promise<boolean> {
  const [row] = await rows<{ found: boolean }>(
    db,
    sql`
      select exists (
        select
        from pg_proc as p
        join pg_namespace as n on n.oid = p.pronamespace
        where n.nspname = ${sluice.schemaName}
          and p.proname = ${`${system.name}_detached`}) as "found"`,
  )
  return row?.found ?? false
}

/** @throws Refusal where a bulk load was begun and neither done nor taken back: the target lacks rows, and its keys */
export async function requireAttached({ connection: { db }, system }: Context): Promise<void> {
  if (!(await isDetached(db, system))) return
  throw new Refusal(
    'a bulk load was interrupted, so the target has neither all of its rows nor its keys',
    { system: system.name },
    'npm run copy takes back what is there of it, and copies anew',
  )
}

/** Takes back a bulk load that was not done: the target is empty again, with the keys, indexes and foreign keys it had. */
export async function takeBack({ connection: { db }, report }: Context, bound: Bound): Promise<void> {
  if (!(await isDetached(db, bound.system))) return
  report.note('what an interrupted bulk load has left is taken back')
  await inTransaction(db, async (tx) => {
    await forgetCopied(tx, bound)
    await drop(tx, await definitions(tx, bound))
    await tx.execute(sql`truncate ${list(bound.target.map(({ table }) => tableSql(table)))}`)
    const recorded = await rows<{ statement: string }>(
      tx,
      sql`select statement from ${recordOf(bound.system)}() order by place`,
    )
    for (const { statement } of recorded) await tx.execute(sql.raw(statement))
    await forgetDetached(tx, bound)
  })
}

/** What the ledger has of a copy; a bulk load leaves nothing for a later one to go on with. */
async function forgetCopied(tx: Executor, bound: Bound): Promise<void> {
  await clearAside(tx, bound, 'all')
  await forgetComplement(tx, bound, 'all')
  await tx.execute(sql`delete from ${shard} where ${shard.system} = ${bound.system.name}`)
}

/** What refers to a key goes before it. */
async function drop(tx: Executor, built: readonly Definition[]): Promise<void> {
  for (const { drop: statement } of [...built].reverse()) await tx.execute(sql.raw(statement))
}
