import { setTimeout } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { contract } from '../engine/contract/index.ts'
import { currentPhase } from '../engine/ledger.ts'
import { rows } from '../engine/preflight/look.ts'
import { rollback } from '../engine/rollback/index.ts'
import { applications } from '../systems/index.ts'
import { count, counted, duration } from '../terminal/words.ts'
import type { Session } from './command.ts'
import type { Writer, Written } from './writer.ts'

/** How the story of a whole life ended. */
export interface Ended {
  text: string[]
  json: Record<string, unknown>
  /** Whether every row that the applications were told was written is there. */
  kept: boolean
}

const none: Written = { acknowledged: 0, retried: 0, keys: [] }

/**
 * The end of the story: the old application is switched off, the old tables are dropped while the new one goes on, and
 * a rollback brings them back with everything that either has written.
 */
export async function finish(
  session: Session,
  writers: Record<'legacy' | 'target', Writer | undefined>,
): Promise<Ended> {
  const { report, system } = session
  await setTimeout(1000)
  const old = (await writers.legacy?.stop()) ?? none
  report.note(
    system.extended
      ? '3. Switching the old application off, and adding what is left while the new one goes on: the contract'
      : '3. Switching the old application off, and dropping the old tables while the new one goes on: the contract',
  )
  const contracted = await contract(session, { keepViews: false })
  await setTimeout(1000)
  const young = (await writers.target?.stop()) ?? none
  report.note(
    `4. Going back: the old ${system.extended ? 'columns' : 'tables'} as they were, with everything that was written since`,
  )
  const back = await rollback(session, { dryRun: false })
  const keys = [...old.keys, ...young.keys]
  const missing = await missingKeys(session, keys)
  const archived = Object.values(back.archived).reduce((sum, each) => sum + each, 0)
  return {
    kept: missing === 0,
    json: {
      phase: await currentPhase(session),
      written: { legacy: old.acknowledged, target: young.acknowledged },
      inserted: keys.length,
      missing,
      dropped: contracted.dropped,
      archived: back.archived,
    },
    text: [
      ...(keys.length
        ? [
            `All the while the old application wrote ${counted(old.acknowledged, 'time')} and the new one ${counted(young.acknowledged, 'time')}; ${count(old.retried + young.retried)} of their transactions met each other and were tried again.`,
          ]
        : []),
      ...(system.extended
        ? [
            `The contract added what must be so in the end in ${duration(contracted.seconds)}, and nobody waited.`,
            `The rollback took the new columns away in ${duration(back.seconds)}.`,
          ]
        : [
            `The contract dropped ${contracted.dropped.join(', ')} in ${duration(contracted.seconds)}, after proving everything once more under lock.`,
            `The rollback brought them back in ${duration(back.seconds)}: ${Object.entries(back.tables)
              .map(([name, each]) => `${count(each)} rows of ${name}`)
              .join(', ')}.`,
          ]),
      ...(keys.length
        ? [`Of ${counted(keys.length, 'row')} that the two applications inserted, ${count(missing)} are missing.`]
        : []),
      `${counted(archived, 'row')} that the old tables cannot hold as they were written ${archived === 1 ? 'is' : 'are'} kept in sluice.archive.`,
      `${system.name} is where it began.`,
    ],
  }
}

async function missingKeys({ system, connection: { db } }: Session, keys: readonly string[]): Promise<number> {
  const found = await applications[system.name]?.()
  if (!found || keys.length === 0) return 0
  const [row] = await rows<{ missing: number }>(
    db,
    sql`
      select count(*)::integer as "missing"
      from unnest(string_to_array(${keys.join(',')}, ',')) as wanted(key)
      where wanted.key not in (${found.keyed})`,
  )
  return row?.missing ?? 0
}
