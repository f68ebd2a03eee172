import { type SQL, sql } from 'drizzle-orm'
import { sluice } from '../../../schema/ledger.ts'
import type { Bound } from '../bound.ts'
import type { Context } from '../context.ts'
import { sqlstate } from '../lock.ts'
import { definitionsQuery } from './definitions.ts'
import { dependentsQuery } from './dependents.ts'
import { differencesQuery } from './differences.ts'
import { functionOf, legacyRelations, makeFunction, onlyForOwner, withoutCheck } from './text.ts'
import { typesDropped } from './types.ts'

/**
 * Leaves behind what a contract needs to prove the migration once more by itself, inside of the transaction that drops
 * the legacy tables, whoever runs it: functions of the live shape as it was just proven. A role that may not make them
 * can still prove; the contract then asks for a proof by one that may.
 */
export async function install(context: Context, bound: Bound): Promise<boolean> {
  const { system, connection } = context
  const relations = legacyRelations(system)
  try {
    await connection.db.transaction(async (tx) => {
      // two proofs may end at the same moment, and a function is replaced by one session at a time
      await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`install ${system.name}`}, 0))`)
      await tx.execute(withoutCheck)
      const make = async (name: SQL, returns: SQL, query: SQL) => {
        await tx.execute(makeFunction(name, returns, query))
        await tx.execute(onlyForOwner(name))
      }
      const differences = await differencesQuery(tx, bound)
      await make(functionOf(system, 'differences'), sql`relation text, differences bigint`, differences)
      await make(
        functionOf(system, 'dependents'),
        sql`fact text, object text`,
        dependentsQuery(relations, typesDropped(system)),
      )
      await make(
        functionOf(system, 'definitions'),
        sql`place integer, kind text, name text, statement text, refused text`,
        definitionsQuery(relations),
      )
    })
    return true
  } catch (error) {
    if (sqlstate(error) !== '42501') throw error
    context.report.note(`A contract will need a proof by a role that may make functions in schema ${sluice.schemaName}`)
    return false
  }
}
