import { table } from '../../scripts/terminal/table.ts'
import type { Results, Run } from '../results.ts'
import { colours } from './draw.ts'

const fixed = (value: number | undefined, digits = 1) => (value === undefined ? '' : value.toFixed(digits).padStart(8))

const phaseNames = Object.keys(colours)

const runTable = (runs: Run[]) => {
  const phases = phaseNames.filter((phase) => runs.some((run) => phase in run.phases))
  return table(
    ['contender', 'rows', 'dirt', '       s', ...phases.map((name) => name.padStart(8)), ' peak MB'],
    runs.map((run) => [
      run.label,
      run.rows,
      `${run.dirt * 100} %`,
      fixed(run.seconds),
      ...phases.map((name) => fixed(run.phases[name])),
      fixed(run.peakMb, 0),
    ]),
  )
}

const writersTable = (runs: Run[]) =>
  table(
    ['contender', 'shape', '  writes', ' retried', '  median', '     p99'],
    runs.flatMap(({ label, writers = [] }) =>
      writers.map(({ side, writes, retried, medianMs, p99Ms }) => [
        label,
        side === 'legacy' ? 'legacy' : 'new',
        fixed(writes, 0),
        fixed(retried, 0),
        fixed(medianMs),
        fixed(p99Ms),
      ]),
    ),
  )

/** The results for people. */
export function text({ server, commit, runs, proof, reads, sync, dirt, growth, ratios }: Results): string {
  const settings = Object.entries(server.settings).map(([name, value]) => `${name} = ${value}`)
  const part = (title: string, body: string, count: number) => (count > 0 ? ['', title, body] : [])
  return [
    `PostgreSQL ${server.version}, ${server.cpus} processors, commit ${commit}`,
    `  ${settings.join(', ')}`,
    ...part('Contenders: seconds by phase. Every result was verified', runTable(runs), runs.length),
    ...part(
      'Applications that wrote meanwhile: milliseconds until a write was acknowledged',
      writersTable(runs),
      runs.filter(({ writers }) => writers).length,
    ),
    ...part(
      'The proof, and what people do instead',
      table(
        ['way', '       s'],
        proof.map(({ label, seconds }) => [label, fixed(seconds)]),
      ),
      proof.length,
    ),
    ...part(
      'Reads of the application: median milliseconds',
      table(
        ['read', '  legacy', '     new', '   ratio'],
        reads.map(({ name, legacyMs, targetMs }) => [
          name,
          fixed(legacyMs, 2),
          fixed(targetMs, 2),
          fixed(targetMs / legacyMs, 2),
        ]),
      ),
      reads.length,
    ),
    ...part(
      'Writes of the application, rows a second without sync and with it: medians',
      table(
        ['write', 'shape', ' without', '    with', '   ratio'],
        sync.map(({ name, side, plain, synced, ratio }) => [
          name,
          side === 'legacy' ? 'legacy' : 'new',
          fixed(plain, 0),
          fixed(synced, 0),
          fixed(ratio, 2),
        ]),
      ),
      sync.length,
    ),
    ...part('Dirt', runTable(dirt), dirt.length),
    ...part('Growth', runTable(growth), growth.length),
    ...part(
      'Figures',
      table(
        ['figure', '   value', '    bound', ''],
        ratios.map(({ figure, value, atMost, atLeast, reached }) => [
          figure,
          fixed(value, 2),
          `${atMost === undefined ? '≥' : '≤'}${fixed(atMost ?? atLeast, 2)}`,
          reached ? 'reached' : 'missed',
        ]),
      ),
      ratios.length,
    ),
  ].join('\n')
}
