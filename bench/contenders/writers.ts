import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { isSyncing } from '../../scripts/engine/sync/index.ts'
import { atp } from '../../scripts/systems/atp/index.ts'
import { inClone } from '../bench.ts'
import { requireInStep } from '../in-step.ts'
import type { Run } from '../results.ts'
import { type Database, withConnection } from '../server.ts'
import { type Acknowledged, type Side, tables, writeAll } from '../writer.ts'
import type { Contender } from './contender.ts'
import { migrate, phasesOf } from './sluice.ts'

const sides = ['legacy', 'target'] as const

/** The online copy while an application writes each shape, from when both may be written until the process has ended. */
export const onlineWithWriters: Contender = {
  name: 'sluice-online-writers',
  label: 'Sluice online, 2 workers, writers',
  // what the target refuses of a write could not be found there again
  takesDirt: false,
  run: (bench, legacy) =>
    inClone(bench, legacy, async (clone): Promise<Run> => {
      const over = new AbortController()
      const migrating = migrate(clone, ['--workers', '2']).finally(() => over.abort())
      const alive = whenAlive(clone, over.signal)
      const writing = sides.map((side) => writeAll(clone, side, alive, over.signal))
      const [ended, ...written] = await Promise.all([migrating, ...writing])
      await requireInStep(clone)
      for (const { run, acknowledged } of written) await requireThere(clone, run.side, acknowledged)
      return {
        ...{ name: 'sluice-online-writers', label: onlineWithWriters.label, rows: legacy.rows, dirt: legacy.dirt },
        ...{ seconds: ended.seconds, phases: phasesOf(ended), peakMb: ended.peakMb },
        verified: 'its own proof after the writers: identical; every value that was acknowledged last is there',
        writers: written.map(({ run }) => run),
      }
    }),
}

/** Waits until every table of both shapes has its triggers: before that nobody may write the new ones. */
const whenAlive = (database: Database, over: AbortSignal): Promise<void> =>
  withConnection(database, async (_, { db }) => {
    while (!over.aborted && !(await isSyncing(db, atp))) await sleep(50)
  })

/**
 * Looks for what was acknowledged last of each row, on the shape that was written and on the other one.
 * @throws Error where a table says something else
 */
const requireThere = (database: Database, written: Side, acknowledged: readonly Acknowledged[]): Promise<void> =>
  withConnection(database, async (sql) => {
    for (const side of sides) {
      const expected = acknowledged.filter(({ alone }) => side === written || !alone?.includes(written))
      const lost: Acknowledged[] = []
      for (const each of expected) if ((await found(sql, side, each)) !== each.value) lost.push(each)
      const [first] = lost
      if (!first) continue
      const { of, column, value } = first
      throw new Error(
        `${lost.length} of ${expected.length} writes to the ${written} shape are not in the ${side} one: ${column} of ${of} was ${value}`,
      )
    }
  })

async function found(sql: Sql, side: Side, { key, column, of }: Acknowledged): Promise<string | undefined> {
  const type = key === 'hash' ? 'bpchar' : 'text'
  const [row] = await sql.unsafe<{ value: string }[]>(
    `select ${column}::text as value from ${tables[side][key]} where ${key} = $1::${type}`,
    [of],
    { prepare: true },
  )
  return row?.value
}
