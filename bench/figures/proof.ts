import { z } from 'zod'
import { type Bench, median, withPlainSession } from '../bench.ts'
import { runNode } from '../node.ts'
import type { ProofRun } from '../results.ts'
import type { Database } from '../server.ts'

const legacyTables = ['media', 'training', 'prediction']
const targetTables = ['media_metadata', 'downloads', 'files', 'media_metrics']
const proven = z.object({ identical: z.literal(true) })

/** Median seconds of `work`. */
async function timed(work: () => Promise<unknown>, times = 3): Promise<number> {
  const seconds: number[] = []
  for (let i = 0; i < times; i++) {
    const startedAt = performance.now()
    await work()
    seconds.push((performance.now() - startedAt) / 1000)
  }
  return median(seconds)
}

/**
 * The proof against what people do instead, on one migrated database. The first two read fewer bytes and show less:
 * equal counts hide any changed value, equal sums say neither which row differs nor what would be rebuilt. The third
 * gets the rebuilt legacy as finished tables, which the proof has to compute.
 */
export async function proof({ note }: Bench, migrated: Database): Promise<ProofRun[]> {
  note('the proof alone, against counts, hashes and EXCEPT ALL')
  const verify = await timed(async () => {
    const { stdout } = await runNode(['scripts/cli.ts', 'verify', '--json'], { DATABASE_URL: migrated.url })
    proven.parse(JSON.parse(stdout))
  })
  return withPlainSession(migrated, async (sql) => {
    await sql`set work_mem = '128MB'`
    const every = [...legacyTables, ...targetTables]
    const counts = await timed(() =>
      sql.unsafe(every.map((table) => `select count(*) from atp.${table}`).join(' union all ')),
    )
    const hashes = await timed(() =>
      sql.unsafe(
        every.map((table) => `select sum(hashtextextended(t::text, 0)) from atp.${table} t`).join(' union all '),
      ),
    )
    await sql`create schema rebuilt`
    for (const table of legacyTables) await sql.unsafe(`create table rebuilt.${table} as table atp.${table}`)
    await sql`analyze`
    const except = await timed(async () => {
      for (const table of legacyTables) {
        for (const [a, b] of [
          ['atp', 'rebuilt'],
          ['rebuilt', 'atp'],
        ]) {
          await sql.unsafe(`select count(*) from (table ${a}.${table} except all table ${b}.${table}) as different`)
        }
      }
    }, 1)
    await sql`drop schema rebuilt cascade`
    return [
      { label: 'sluice verify, both directions', seconds: verify },
      { label: 'count(*) of the seven tables', seconds: counts },
      { label: 'sums of row hashes of the seven tables', seconds: hashes },
      { label: 'EXCEPT ALL both ways, legacy and rebuilt legacy', seconds: except },
    ]
  })
}
