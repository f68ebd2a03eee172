import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** What became of a Node process. */
export interface Ended {
  exitCode: number
  stdout: string
  /** Lines of stderr with the seconds from the start at which they came. */
  lines: { at: number; text: string }[]
  seconds: number
  /** Peak resident memory of the process itself, in MB of 2^20 bytes. */
  peakMb: number
}

/**
 * Runs at the end of the process, inside it. On Linux `maxRSS` holds what the process had before it became Node as
 * well, which is this one's memory; VmHWM does not.
 */
const tellPeak = `
  import { readFileSync, writeSync } from 'node:fs'
  process.on('exit', () => {
    let peak = process.resourceUsage().maxRSS
    try { peak = Number(/VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) } catch {}
    writeSync(3, String(peak))
  })`

const root = path.resolve(import.meta.dirname, '..')

/** The options that npm's scripts give to Node: `node …options scripts/cli.ts migrate`. */
const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  scripts: { migrate: string }
}
const options = scripts.migrate.split(' ').slice(1, -2)

/**
 * Runs a TypeScript file in a process of its own, as npm's scripts do, and waits for its end.
 * @throws Error with the last words of a process that ends with another exit code than 0 or 2
 */
export function runNode(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1000
  const preload = `data:text/javascript,${encodeURIComponent(tellPeak)}`
  const child = spawn(process.execPath, ['--import', preload, ...options, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const ended: Ended = { exitCode: 1, stdout: '', lines: [], seconds: 0, peakMb: 0 }
  let rest = ''
  let peak = ''
  child.stdio[1]?.on('data', (data) => {
    ended.stdout += data
  })
  child.stdio[2]?.on('data', (data) => {
    const lines = `${rest}${data}`.split('\n')
    rest = lines.pop() ?? ''
    ended.lines.push(...lines.map((text) => ({ at: elapsed(), text })))
  })
  child.stdio[3]?.on('data', (data) => {
    peak += data
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => {
      ended.seconds = elapsed()
    })
    child.once('close', (code) => {
      process.removeListener('exit', kill)
      const words = [...ended.lines.map(({ text }) => text), rest].slice(-3).join(' | ')
      if (code !== 0 && code !== 2) reject(new Error(`${args.join(' ')} ended with ${code}: ${words}`))
      else resolve({ ...ended, exitCode: code, peakMb: Number(peak) / 1024 })
    })
  })
}
