import { is, type SQL, sql } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import * as ledger from '../../../schema/ledger.ts'
import type { FunctionName } from '../contract/text.ts'
import { madeTables } from '../extend/back.ts'
import { dropColumns } from '../extend/rollback.ts'
import { rows, textArray } from '../preflight/look.ts'
import { readSteps, schemasIn, stepsOfOthers } from '../preflight/steps.ts'
import { tableName, tableSql } from '../shape.ts'
import { type Executor, list } from '../sql.ts'
import type { System } from '../system.ts'
import { existing } from './grown.ts'
import { recorded } from './rebuild.ts'
import { dropTypes } from './types.ts'

const { sluice, migration, archive } = ledger
const ledgerTables = Object.values<unknown>(ledger).filter((each): each is PgTable => is(each, PgTable))

/**
 * Removes all that the steps have made: the target's tables and functions, what the steps changed beside them, the
 * ledger, and drizzle's bookkeeping of the steps, so that they can be applied again. What others have in the same
 * schemas stays, and so does the archive, where there is something in it. Never cascades.
 * @param options.undone whether the statements that undo the steps have been run already
 */
export async function remove(tx: Executor, system: System, { undone }: { undone: boolean }): Promise<void> {
  if (!undone)
    for (const { statement } of await recorded(tx, system.name, ['undo'])) await tx.execute(sql.raw(statement))
  for (const statement of await dropsOfOwnTriggers(tx, system)) await tx.execute(sql.raw(statement))
  // a system that grows in phases has not all of them yet
  const made = await existing(tx, madeTables(system))
  if (made.length) await tx.execute(sql`drop table ${list(made.map(tableSql))}`)
  if (system.extended) await dropColumns(tx, system)
  const expand = await readSteps(system, tx)
  await dropFunctions(
    tx,
    expand.filter(({ applied }) => applied).map(({ text }) => text),
  )
  await dropTypes(tx, system, { used: 'refuse' })
  await forget(tx, system)
  for (const schema of schemasIn(expand)) await dropIfEmpty(tx, schema)
  const contract = await readSteps(system, tx, 'contract')
  await forgetSteps(
    tx,
    [...expand, ...contract].map(({ name }) => name),
  )
}

/** The statements that drop the triggers on the legacy tables that call the system's functions in Sluice's own schema. */
export async function dropsOfOwnTriggers(tx: Executor, system: System): Promise<string[]> {
  const tables = list(Object.values(system.legacy).map((table) => sql`${tableName(table)}`))
  const found = await rows<{ statement: string }>(
    tx,
    sql`
      select format('drop trigger %I on %I.%I', t.tgname, n.nspname, c.relname) as "statement"
      from pg_trigger as t
      join pg_class as c on c.oid = t.tgrelid
      join pg_namespace as n on n.oid = c.relnamespace
      join pg_proc as p on p.oid = t.tgfoid
      where not t.tgisinternal
        and n.nspname || '.' || c.relname in (${tables})
        and p.pronamespace = to_regnamespace(${sluice.schemaName})
        and starts_with(p.proname, ${`${system.name}_`})`,
  )
  return found.map(({ statement }) => statement)
}

/** Drops the functions that the steps make. */
export async function dropFunctions(tx: Executor, texts: readonly string[]): Promise<void> {
  for (const name of functionsIn(texts)) await tx.execute(sql.raw(`drop function ${name}`))
}

/** Names of the functions that the steps make by statements of their own, as they are written there. */
function functionsIn(texts: readonly string[]): string[] {
  const made = texts.join('\n').matchAll(/^create (?:or replace )?function ([\w."]+\([^)]*\))/gim)
  return [...new Set([...made].map(([, name = '']) => name))]
}

/** Deletes the system from the ledger, and the ledger where no other system is in it. */
async function forget(tx: Executor, system: System): Promise<void> {
  const [others] = await rows<{ any: boolean }>(
    tx,
    sql`
      select exists (select from ${migration} where system <> ${system.name})
        or exists (
          select
          from drizzle.__drizzle_migrations as m
          where to_jsonb(m) ->> 'name' = any (${textArray(stepsOfOthers(system))})) as "any"`,
  )
  if (others?.any) {
    for (const table of ledgerTables.filter((each) => each !== archive))
      await tx.execute(sql`delete from ${tableSql(table)} where system = ${system.name}`)
    await dropOwnFunctions(
      tx,
      sql`and (p.proname = any (${textArray(functionNames.map((what) => `${system.name}_${what}`))})
      or starts_with(p.proname, ${`${system.name}_watch_`}))`,
    )
    return
  }
  const [kept] = await rows<{ any: boolean }>(tx, sql`select exists (select from ${archive}) as "any"`)
  const gone = ledgerTables.filter((each) => each !== archive || !kept?.any)
  await tx.execute(sql`drop table ${list(gone.map(tableSql))}`)
  await dropOwnFunctions(tx, sql``)
  if (!kept?.any) await dropIfEmpty(tx, sluice.schemaName)
}

/** What a migration leaves in the ledger's schema, besides one function for each table that is watched. */
const functionNames: FunctionName[] = [
  'differences',
  'dependents',
  'definitions',
  'settle',
  'forward',
  'read_only',
  'detached',
]

async function dropOwnFunctions(tx: Executor, which: SQL): Promise<void> {
  const functions = await rows<{ statement: string }>(
    tx,
    sql`
      select format('drop function %s', p.oid::regprocedure) as "statement"
      from pg_proc as p
      where p.pronamespace = to_regnamespace(${sluice.schemaName})
        ${which}`,
  )
  for (const { statement } of functions) await tx.execute(sql.raw(statement))
}

/** Deletes the steps from drizzle's bookkeeping, and the bookkeeping where nothing else is in it. */
export async function forgetSteps(tx: Executor, names: readonly string[]): Promise<void> {
  await tx.execute(sql`
    delete from drizzle.__drizzle_migrations
    where name in (${list(names.map((name) => sql`${name}`))})`)
  const [left] = await rows<{ any: boolean }>(
    tx,
    sql`select exists (select from drizzle.__drizzle_migrations) as "any"`,
  )
  if (left?.any) return
  await tx.execute(sql`drop table drizzle.__drizzle_migrations`)
  await dropIfEmpty(tx, 'drizzle')
}

/** Drops a schema that nothing is left in. */
async function dropIfEmpty(tx: Executor, schema: string): Promise<void> {
  const [row] = await rows<{ empty: boolean }>(
    tx,
    sql`
      select not exists (select from pg_class where relnamespace = n.oid)
        and not exists (select from pg_proc where pronamespace = n.oid)
        and not exists (select from pg_type where typnamespace = n.oid) as "empty"
      from pg_namespace as n
      where n.nspname = ${schema}`,
  )
  if (row?.empty) await tx.execute(sql`drop schema ${sql.identifier(schema)}`)
}
