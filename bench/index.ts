import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { duration } from '../scripts/terminal/words.ts'
import type { Bench } from './bench.ts'
import { contenders } from './contenders/index.ts'
import { bulk } from './contenders/sluice.ts'
import { dirt } from './figures/dirt.ts'
import { growth } from './figures/growth.ts'
import { proof } from './figures/proof.ts'
import { reads } from './figures/reads.ts'
import { sync } from './figures/sync.ts'
import { legacies } from './legacies.ts'
import { runNode } from './node.ts'
import { type Options, type Part, readOptions } from './options.ts'
import { ratiosOf } from './ratios.ts'
import { svg } from './report/svg.ts'
import { text } from './report/text.ts'
import type { Results } from './results.ts'
import { runner } from './runner.ts'
import { type Database, startServer } from './server.ts'

type Measured = Omit<Results, 'ratios'>

const startedAt = performance.now()
const note = (words: string) =>
  process.stderr.write(`[${duration((performance.now() - startedAt) / 1000).padStart(10)}] ${words}\n`)

function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const changed = git('status', '--porcelain', '--untracked-files=no', '../scripts', '../schema', '../drizzle')
    return git('rev-parse', '--short', 'HEAD').trim() + (changed ? ' and changes' : '')
  } catch {
    return 'unknown'
  }
}

async function measure(bench: Bench, options: Options, results: Measured): Promise<void> {
  const wanted = (part: Part) => options.only.includes(part)
  // an older Node compiles a command when it is first run after an installation: not while a clock runs
  await runNode(['scripts/cli.ts', 'migrate', '--help'], {})
  const run = runner(bench)
  const onMigrated = async (clone: Database) => {
    if (wanted('proof')) results.proof = await proof(bench, clone)
    if (wanted('reads')) results.reads = await reads(bench, clone)
  }
  for (const contender of contenders) {
    const needed = contender === bulk && (wanted('proof') || wanted('reads'))
    if (!wanted(contender.name) && !needed) continue
    const after = contender === bulk ? onMigrated : undefined
    const done = await run(contender, options.rows, contender.takesDirt ? options.dirt : 0, after)
    if (wanted(contender.name)) results.runs.push(done)
  }
  if (wanted('sync')) results.sync = await sync(bench, Math.min(options.rows, 200_000))
  if (wanted('dirt')) results.dirt = await dirt(run, options.rows)
  if (wanted('growth')) results.growth = await growth(run, options.growth)
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  const server = await startServer()
  let stopping: Promise<void> | undefined
  const stop = (exitCode: number) => {
    stopping ??= server
      .stop()
      .catch(() => {})
      .then(() => process.exit(exitCode))
    return stopping
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop(130))
  const { version, cpus, settings } = server
  const { rows } = options
  const measured: Measured = {
    ...{ commit: commit(), rows, server: { version, cpus, settings } },
    ...{ runs: [], proof: [], reads: [], sync: [], dirt: [], growth: [] },
  }
  try {
    await measure({ server, legacy: legacies(server, note), note }, options, measured)
    const results: Results = { ...measured, ratios: ratiosOf(measured) }
    process.stdout.write(`${text(results)}\n`)
    mkdirSync(options.out, { recursive: true })
    writeFileSync(path.join(options.out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
    writeFileSync(path.join(options.out, 'results.svg'), svg(results))
    await stop(0)
  } catch (error) {
    if (stopping) return stop(130) // what failed had its database dropped
    process.stdout.write(`${text({ ...measured, ratios: ratiosOf(measured) })}\n\nNot finished:\n`)
    console.error(error)
    await stop(1)
  }
}

await main()
