import { sql } from 'drizzle-orm'
import { proof as proofs } from '../../../schema/ledger.ts'
import type { Context } from '../context.ts'
import { functionOf, makeFunction, onlyForOwner, withoutCheck } from '../contract/text.ts'
import { currentPhase, enter, requireExpanded } from '../ledger.ts'
import { sqlstate, withLock } from '../lock.ts'
import type { Proof } from '../results.ts'
import { readWhole } from '../transaction.ts'
import { type BoundExtension, bindExtensions } from './bind.ts'
import { compareAll, extensionDifferences } from './proof.ts'
import { extensionSync } from './triggers.ts'

/**
 * The counterpart of `verify` for tables that are extended in place: in one snapshot, the old columns are restore less
 * what the complement keeps, and the new ones are derive less what the target's complement keeps.
 */
export async function verifyExtensions(context: Context, { show }: { show: number }): Promise<Proof> {
  const started = performance.now()
  await requireExpanded(context)
  return withLock(context, 'shared', async () => {
    const { system, connection } = context
    const bound = await bindExtensions(system, connection.db)
    let done = 0
    const advance = () => {
      context.signal.throwIfAborted()
      context.report.progress({ task: 'verify', unit: 'checks', done: ++done, total: bound.length * 2 })
    }
    const result = await connection.db.transaction(
      async (tx) => {
        await readWhole(tx)
        return compareAll(tx, bound, show, advance)
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    )
    const proof = { ...result, seconds: (performance.now() - started) / 1000 }
    if (proof.identical) await install(context, bound)
    await record(context, proof)
    return proof
  })
}

/** Leaves behind what the guard of the last stage needs to prove it once more. */
async function install({ system, connection }: Context, bound: readonly BoundExtension[]): Promise<void> {
  const name = functionOf(system, 'differences')
  try {
    await connection.db.transaction(async (tx) => {
      // two proofs may end at the same moment, and a function is replaced by one session at a time
      await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`install ${system.name}`}, 0))`)
      await tx.execute(withoutCheck)
      await tx.execute(makeFunction(name, sql`relation text, differences bigint`, extensionDifferences(bound)))
      await tx.execute(onlyForOwner(name))
    })
  } catch (error) {
    // a role that may not make functions can still prove; the guard then asks for a proof by one that may
    if (sqlstate(error) !== '42501') throw error
  }
}

async function record(context: Context, proof: Proof): Promise<void> {
  const { system, connection } = context
  await connection.db.insert(proofs).values({
    system: system.name,
    identical: proof.identical,
    differences: proof.differences,
    tables: { legacy: proof.tables, target: proof.target, accounts: proof.accounts },
    seconds: proof.seconds,
  })
  const phase = await currentPhase(context)
  if (phase === 'contracted') return
  if (proof.identical) await enter(context, 'verified')
  else if (phase === 'verified')
    await enter(context, (await extensionSync(connection.db, system)) === 'on' ? 'syncing' : 'expanded')
}
