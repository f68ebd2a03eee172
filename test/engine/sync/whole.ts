import { bind } from '../../../scripts/engine/bound.ts'
import { effectsOf } from '../../../scripts/engine/sync/effects.ts'
import { atp } from '../../../scripts/systems/atp/index.ts'
import type { Scratch } from '../../support/scratch.ts'
import { one, run } from '../migration.ts'

const tables = ['media', 'training', 'prediction', 'downloads', 'files', 'media_metadata', 'media_metrics']
const ledger = ['complement', 'target_complement', 'quarantine']

/** A digest of every row of both shapes and of the ledger. */
export async function everyRow(database: Scratch): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const name of [...tables.map((each) => `atp.${each}`), ...ledger.map((each) => `sluice.${each}`)])
    found[name] = await one(
      database,
      `select md5(string_agg(t::text, '|' order by t::text collate "C")) from ${name} as t`,
    )
  return found
}

/** Settles all families whole, as a copy does. */
export async function settleWhole(database: Scratch): Promise<void> {
  const { everything } = effectsOf(await bind(atp, database.connection.db))
  await run(
    database,
    `select set_config('sluice.writing', 'on', true), set_config('sluice.depth', '0', true);
     select sluice.atp_forward(array(select family from sluice.family), ${everything}, '{}')`,
  )
}
