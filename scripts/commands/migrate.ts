import { z } from 'zod'
import { contract } from '../engine/contract/index.ts'
import { type CopyOptions, copy } from '../engine/copy.ts'
import { expand, grow, requireReady } from '../engine/expand.ts'
import { currentPhase } from '../engine/ledger.ts'
import { whileWritersWait } from '../engine/locks.ts'
import type { Phase } from '../engine/phase.ts'
import { plan } from '../engine/preflight/index.ts'
import { isBeginning } from '../engine/preflight/look.ts'
import type { Proof } from '../engine/results.ts'
import { startSync } from '../engine/sync/index.ts'
import { verify } from '../engine/verify.ts'
import { Refusal } from '../errors.ts'
import { counted, duration } from '../terminal/words.ts'
import { command, type Session } from './command.ts'
import { copyOptions, copySchema } from './options.ts'
import { planBrief } from './say-plan.ts'
import { accountTable, proofText } from './say-proof.ts'

/** What a whole migration up to its proof has done. */
export interface Migrated {
  phase: Phase
  proof: Proof
  applied: string[]
  copied: { families: number; rows: number; seconds: number }
  seconds: number
}

/**
 * Plan, expand, sync, copy, prove; never the contract, which is always a person's decision, but where there was nothing
 * to begin with and the system may start so.
 * @param look.whenAlive called when both shapes may be written
 * @param look.stamp whether what is there already, as declared, is taken over
 */
export async function migrateAll(
  session: Session,
  wanted: CopyOptions,
  look: { forecast: boolean; whenAlive?: () => void; stamp?: boolean },
): Promise<Migrated> {
  const { report, signal, url } = session
  const startedAt = performance.now()
  const stamp = look.stamp ?? false
  const beginning = await isBeginning(session.system, session.connection.db)
  const options = { ...wanted, bulk: wanted.bulk && !beginning }
  if (beginning) report.note('There are no old tables here: the new ones are made as they are in the end')
  else {
    // Before the first word: a refusal should stand alone.
    await requireReady(session.system, session.connection.db, { stamp })
    const found = planBrief(await plan(session, look))
    for (const line of ['Plan: what to know before it starts', ...found]) report.note(line)
  }
  signal.throwIfAborted()
  const { applied } = await (beginning ? grow(session, url) : expand(session, url, { stamp }))
  report.note(
    applied.length
      ? `Expand: ${counted(applied.length, 'step')} applied, the new tables are there`
      : 'Expand: the new tables are there already',
  )
  signal.throwIfAborted()
  // the triggers come before the first batch; in bulk, no write may come between what is copied and what is proven
  if (!options.bulk) await keepInStep(session)
  look.whenAlive?.()
  const { copied, proof } = options.bulk
    ? await whileWritersWait(session, (inside) => copyAndProve({ ...session, ...inside }, options))
    : await copyAndProve(session, options)
  if (beginning && proof.identical) await contract(session, { keepViews: false })
  const phase = await currentPhase(session)
  return { phase, proof, applied, copied, seconds: (performance.now() - startedAt) / 1000 }
}

async function keepInStep(session: Session): Promise<void> {
  const { already } = await startSync(session)
  session.report.note(
    already ? 'Sync: both shapes are kept in step already' : 'Sync: both shapes are kept in step from now on',
  )
}

async function copyAndProve(session: Session, options: CopyOptions) {
  const { report, signal } = session
  report.note('Backfill: copying the rows')
  const copied = await copy(session, options)
  signal.throwIfAborted()
  report.note('Proof: rebuilding every legacy row from the new tables and comparing')
  return { copied, proof: await verify(session, { show: 10 }) }
}

const untouched = (phase: Phase) => (phase === 'contracted' ? '' : '; the legacy tables are untouched')

/** The document that `--json` prints for a migration. */
export const migratedJson = ({ phase, proof, applied, copied, seconds }: Migrated, system: string) => ({
  system,
  phase,
  identical: proof.identical,
  differences: proof.differences,
  tables: proof.accounts,
  applied,
  families: copied.families,
  shown: proof.shown,
  seconds,
})

export const migrate = command({
  name: 'migrate',
  summary: 'plan, expand, sync, copy and prove; stops before anything is dropped',
  about:
    'Each step can be run again: what is done already is not done twice. Applications go on writing either shape meanwhile; with --bulk there is no sync, and writers wait.',
  examples: ['npm run migrate', 'npm run migrate -- --bulk', 'npm run --silent migrate -- --json --workers 4'],
  options: [
    ...copyOptions,
    {
      flags: '--stamp',
      description: 'take over new columns and tables that are there already, where they are as declared',
    },
  ],
  parse: copySchema.extend({ stamp: z.boolean().default(false) }),
  async run(session, { lockTimeout, stamp, ...options }) {
    if (stamp && !session.system.extended)
      throw new Refusal(
        'only columns that are added in place can be taken over',
        { system: session.system.name },
        'npm run migrate without --stamp',
      )
    // the copy itself finds what the target refuses; `npm run plan` is there to know it beforehand
    const done = await migrateAll({ ...session, lockTimeout }, options, { forecast: false, stamp })
    const text = [
      accountTable(done.proof.accounts),
      '',
      proofText(done.proof),
      '',
      `${session.system.name} is at phase ${done.phase} after ${duration(done.seconds)}`,
      ...(done.proof.identical ? ['', `Next: npm run status shows where it is${untouched(done.phase)}`] : []),
    ].join('\n')
    return { json: migratedJson(done, session.system.name), text, exitCode: done.proof.identical ? 0 : 2 }
  },
})
