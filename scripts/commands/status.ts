import { z } from 'zod'
import type { Status } from '../engine/results.ts'
import { status as ask } from '../engine/status.ts'
import { table } from '../terminal/table.ts'
import { count, counted, duration } from '../terminal/words.ts'
import { command } from './command.ts'

/** The next command, by phase and by how far the copy is. */
function next({ phase, copy, lastProof, sync, inPlace }: Status): string {
  if (phase === 'legacy') return 'npm run plan, then npm run migrate'
  if (phase === 'contracted' && inPlace)
    return sync === 'on'
      ? 'nothing to do: npm run gate goes through the checklist, npm run rollback takes the new columns away'
      : 'npm run sync, npm run copy and npm run verify: old and new columns are not kept in step'
  if (phase === 'contracted') return 'nothing to do: npm run rollback brings the legacy tables back'
  if (sync === 'partly') return 'npm run sync, npm run copy and npm run verify: only some of the triggers are there'
  if (copy && copy.finished < copy.shards) return 'npm run copy goes on where it stopped'
  if (phase === 'syncing') {
    const proven = lastProof && !lastProof.identical
    return copy && !proven ? 'npm run verify' : 'npm run copy, then npm run verify'
  }
  if (phase === 'verified' && sync === 'off')
    return 'npm run sync, npm run copy and npm run verify: only what is kept in step can be contracted'
  if (phase === 'verified' && inPlace)
    return 'nothing to do: the proof holds; npm run contract adds what is left, when you decide so'
  if (phase === 'verified')
    return 'nothing to do: the proof holds; npm run contract drops the legacy tables, when you decide so'
  return lastProof && !lastProof.identical
    ? 'npm run copy, then npm run verify'
    : 'npm run migrate, or npm run sync, npm run copy and npm run verify'
}

/** How far a system that grows in phases has grown. */
function grown({ growth = [] }: Status): string[] {
  const pending = growth.filter(({ applied }) => !applied)
  if (growth.length === 0) return []
  const first = pending[0] && `; next is phase ${pending[0].gate}, ${pending[0].about}: npm run gate -- --next`
  return [`Grown: ${count(growth.length - pending.length)} of ${counted(growth.length, 'phase')}${first ?? ''}`]
}

const proven = ({ lastProof }: Status): string => {
  if (!lastProof) return 'Not proven yet'
  const { identical, differences, provenAt, seconds } = lastProof
  return `Last proof: ${identical ? 'identical' : counted(differences, 'difference')}, ${provenAt}, took ${duration(seconds)}`
}

/** Whether both shapes are alive, what that costs, and what only one of them has. */
function synced({ phase, sync, syncCost, unheld, inPlace }: Status): string[] {
  if (phase === 'legacy' || (phase === 'contracted' && !inPlace)) return []
  const own = Object.entries(unheld ?? {})
  return [
    `Sync: ${sync}${syncCost ? `; ${counted(syncCost.calls, 'statement')} followed, ${syncCost.mean.toFixed(2)} ms each` : ''}`,
    ...(own.length === 0
      ? ['A rollback could not restore exactly: 0 rows']
      : own.map(
          ([name, rows]) =>
            `A rollback could not restore exactly: ${counted(rows, 'row')} of ${name}, which it would keep in sluice.archive`,
        )),
  ]
}

export function statusText(status: Status): string {
  const { system, phase, tables, complement, quarantined, copy } = status
  const rows = Object.entries(tables).map(([name, { rows, estimated }]) => [
    name,
    `${estimated ? 'about ' : ''}${count(rows)}`,
    complement[name] ?? '',
    quarantined[name] ?? '',
  ])
  return [
    `${system} is at phase ${phase}`,
    '',
    table(['table', 'rows', 'complement', 'quarantined'], rows),
    '',
    ...(copy
      ? [
          `Copy: ${counted(copy.families, 'family', 'families')}, ${count(copy.finished)} of ${count(copy.shards)} shards finished`,
        ]
      : []),
    ...(status.loading
      ? [
          'Bulk load: under way or interrupted, the target has neither all rows nor its keys; npm run copy takes it back',
        ]
      : []),
    ...synced(status),
    ...grown(status),
    proven(status),
    ...Object.entries(status.archived).map(
      ([name, rows]) => `Archived by a rollback, in sluice.archive: ${counted(rows, 'row')} of ${name}`,
    ),
    '',
    `Next: ${next(status)}`,
  ].join('\n')
}

export const status = command({
  name: 'status',
  summary: 'say where the migration is, how far, and what was proven',
  about: 'Only reads; may be asked at any time, also while another command is at work.',
  examples: ['npm run status', 'npm run --silent status -- --json'],
  options: [],
  parse: z.object({}),
  async run(session) {
    const result = await ask(session)
    return { json: result, text: statusText(result), exitCode: 0 }
  },
})
